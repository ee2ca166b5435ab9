//! What the pure parts cost: frames between client and supervisor, the figures of a sample, a
//! request resolved, a record read, the settings.
//!
//! `cargo bench --bench pure` (no root needed). The figures that matter beside a launch are in
//! `tests/bench/README.md`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a measuring tool, not the product"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use minic_tui::config::{Config, Overrides};
use minic_tui::internals::Reply;
use minic_tui::internals::parse;
use minic_tui::spec::{ContainerId, ContainerSpec, Preset, preview};

fn frames(criterion: &mut Criterion) {
    let data = vec![b'x'; 4096];
    let reply = Reply::Stdout(&data);
    let frame = reply.encode();
    assert_eq!(Reply::decode(&frame), Some(reply.clone()));
    let mut group = criterion.benchmark_group("frame of 4 KiB");
    group.throughput(Throughput::Bytes(4096));
    group.bench_function("encode", |b| b.iter(|| black_box(&reply).encode()));
    group.bench_function("decode", |b| {
        b.iter(|| Reply::decode(black_box(&frame)).is_some())
    });
    group.finish();
}

fn figures(criterion: &mut Criterion) {
    let stat = b"nr_periods 1200\nnr_throttled 34\nthrottled_time 5678901234\n";
    let pressure = b"some avg10=1.23 avg60=4.56 avg300=7.89 total=123456\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
    let io = b"8:0 rbytes=1024 wbytes=2048 rios=3 wios=4 dbytes=0 dios=0\n8:16 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n";
    let mut group = criterion.benchmark_group("sample");
    group.bench_function("number", |b| {
        b.iter(|| parse::number(black_box(b"123456789\n")))
    });
    group.bench_function("field", |b| {
        b.iter(|| parse::field(black_box(stat), "throttled_time"))
    });
    group.bench_function("pressure", |b| {
        b.iter(|| parse::some_avg10(black_box(pressure)))
    });
    group.bench_function("io.stat", |b| b.iter(|| parse::io_v2(black_box(io))));
    group.finish();
}

fn specs(criterion: &mut Criterion) {
    let request = Preset {
        command: Some(vec!["sh".into(), "-c".into(), "sleep 1000".into()]),
        memory: Some("128".into()),
        cpu: Some("512".into()),
        ..Preset::default()
    };
    let resolved = || preview(ContainerId::from_random([7; 6]), Some("web"), &request).unwrap();
    let json = serde_json::to_vec_pretty(&resolved()).unwrap();
    let mut group = criterion.benchmark_group("spec");
    group.bench_function("resolve", |b| b.iter(resolved));
    group.bench_function("read", |b| {
        b.iter(|| serde_json::from_slice::<ContainerSpec>(black_box(&json)).unwrap())
    });
    group.bench_function("settings", |b| {
        b.iter(|| Config::load(&Overrides::default(), |_| None).unwrap())
    });
    group.finish();
}

criterion_group!(benches, frames, figures, specs);
criterion_main!(benches);
