//! What one sample of every running container costs beside the bare preads of the very files that
//! the sampler keeps open.
//!
//! `tests/bench/scale` runs it beside a thousand containers; `--state DIR` as for `minic-tui`.
//! Prints one line of ratios.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring tool, not the product"
)]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use minic_tui::manager::{Manager, StateDir};

const ROUNDS: usize = 21;

fn main() {
    let state = std::env::args()
        .nth(2)
        .map_or(StateDir::default(), |folder| {
            StateDir(PathBuf::from(folder))
        });
    let manager = Manager::open(&state).unwrap();
    let mut sampler = manager.sampler().unwrap();
    let containers = sampler.sample().samples.len();
    let descriptors = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let ours = descriptors
        .filter(|fd| fs::read_link(fd.path()).is_ok_and(|to| to.starts_with("/sys/fs/cgroup")));
    // opened anew by path: reading the sampler's own descriptors by number would take unsafe code,
    // and costs the same
    let files: Vec<File> = ours
        .filter_map(|fd| File::open(fs::read_link(fd.path()).ok()?).ok())
        .collect();
    let mut buffer = vec![0; 4096];
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(|| {
            files
                .iter()
                .for_each(|file| drop(file.read_at(&mut buffer, 0)))
        }));
        whole.push(timed(|| drop(sampler.sample())));
    }
    let middle = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let (bare, whole) = (middle(&mut bare), middle(&mut whole));
    let ratio = whole.as_secs_f64() / bare.as_secs_f64();
    println!(
        "{containers} containers, {} files: one sample is {ratio:.2} times the bare preads ({bare:.2?}), median of {ROUNDS}",
        files.len()
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}
