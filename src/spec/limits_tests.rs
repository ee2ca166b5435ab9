use super::super::{CpuLimit, Limits, Preset, SpecError};

#[test]
fn caps() {
    assert_eq!(
        CpuLimit::from_shares(512),
        CpuLimit {
            quota_usec: 50_000,
            period_usec: 100_000
        }
    );
    assert_eq!(CpuLimit::from_shares(256).cores(), 0.25);
    assert_eq!(CpuLimit::from_millicores(1500).cores(), 1.5);
    assert_eq!(
        CpuLimit::from_shares(2).quota_usec,
        1_000,
        "the kernel refuses less than 1 ms"
    );
    assert!(
        CpuLimit::from_shares(u64::MAX).quota_usec > 0,
        "no overflow"
    );
}

fn limits(request: &Preset) -> Result<Limits, SpecError> {
    request.limits()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn everything_finer_is_parsed() {
    let parsed = limits(&Preset {
        cpus: some("1"),
        cpu_burst: some("20ms"),
        cpuset: some("0-2,4"),
        memory_high: some("64M"),
        oom_policy: some("group"),
        io_weight: some("200"),
        device_read_bps: vec!["/dev/sda:10M".into()],
        device_write_iops: vec!["/dev/sda:50".into(), "/dev/sdb:7".into()],
        ..Preset::default()
    })
    .unwrap();
    assert_eq!(
        (
            parsed.cpu_burst_usec,
            parsed.cpuset.as_deref(),
            parsed.memory_high
        ),
        (Some(20_000), Some("0-2,4"), Some(64 << 20))
    );
    assert_eq!(
        (parsed.oom_group, parsed.io_weight, parsed.io.len()),
        (Some(true), Some(200), 2)
    );
    assert_eq!(
        (parsed.io[0].read_bps, parsed.io[0].write_iops),
        (Some(10 << 20), Some(50))
    );
}

#[test]
fn each_wrong_field_is_named() {
    let field = |preset: Preset| limits(&preset).unwrap_err().field;
    assert_eq!(
        field(Preset {
            cpu_burst: some("soon"),
            ..Preset::default()
        }),
        "cpu-burst"
    );
    for cpus in ["a", "3-1", "0-", "9999", "0;1", ","] {
        assert_eq!(
            field(Preset {
                cpuset: some(cpus),
                ..Preset::default()
            }),
            "cpuset",
            "{cpus}"
        );
    }
    assert_eq!(
        field(Preset {
            oom_policy: some("none"),
            ..Preset::default()
        }),
        "oom-policy"
    );
    assert_eq!(
        field(Preset {
            io_weight: some("0"),
            ..Preset::default()
        }),
        "io-weight"
    );
    assert_eq!(
        field(Preset {
            device_read_bps: vec!["sda:1M".into()],
            ..Preset::default()
        }),
        "device-read-bps"
    );
    assert_eq!(
        field(Preset {
            device_read_iops: vec!["/dev/sda:0".into()],
            ..Preset::default()
        }),
        "device-read-iops"
    );
}
