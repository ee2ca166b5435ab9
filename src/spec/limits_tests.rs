//! Every row of the table of limits is parsed, saved and restored.

use super::super::{ContainerId, CpuLimit, Preset, SpecError, preview};
use super::*;

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
fn every_other_limit_is_parsed() {
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
fn a_burst_needs_a_cap() {
    let mut limits = Limits {
        cpu_burst_usec: Some(1),
        ..Limits::default()
    };
    assert_eq!(limits.check().unwrap_err().field, "cpu-burst");
    limits.cpu = Some(CpuLimit::from_millicores(500));
    assert_eq!(limits.check(), Ok(()));
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

#[test]
fn io_rates_are_those_that_the_kernel_keeps() {
    let parsed = |field: &str, rate: &str| {
        let key = LimitKey::all().find(|key| key.field == field).unwrap();
        let mut limits = Limits::default();
        key.set(&mut limits, &format!("/dev/sda:{rate}"))
            .map_err(|error| error.to_string())
    };
    for field in ["device-read-iops", "device-write-iops"] {
        assert_eq!(parsed(field, "4294967295"), Ok(()));
        for rate in ["4294967296", "4294967301", "18446744073709551615"] {
            let error = parsed(field, rate).unwrap_err();
            assert!(error.contains("at most 4294967295"), "{error}");
        }
        assert!(parsed(field, "0").unwrap_err().contains("1 or more"));
    }
    for field in ["device-read-bps", "device-write-bps"] {
        assert_eq!(parsed(field, "4294967301"), Ok(()));
        assert!(parsed(field, "0").unwrap_err().contains("1 or more"));
    }
}

/// A request for a container with `texts`.
fn asking(texts: &[(&LimitKey, &str)]) -> Preset {
    let mut request = Preset {
        command: some("true").map(|word| vec![word]),
        ..Preset::default()
    };
    for (key, text) in texts {
        request.ask(key, (*text).to_owned());
    }
    // a burst needs a cap
    if request.cpu_burst.is_some() && request.cpu.is_none() {
        request.cpus = some("0.5");
    }
    request
}

/// The limits of a container created from `request`.
fn launched(request: &Preset) -> Limits {
    let id = ContainerId::from_random([0; 6]);
    preview(id, None, request).unwrap().limits
}

/// The limits of a container created from the preset that `limits` are saved as.
fn saved_and_launched(limits: &Limits) -> Limits {
    let preset = Preset {
        command: some("true").map(|word| vec![word]),
        ..Preset::of_limits(limits)
    };
    let file = toml::to_string(&preset).unwrap();
    launched(&toml::from_str(&file).unwrap_or_else(|error| panic!("{file}: {error}")))
}

#[test]
fn every_limit_is_the_same_when_saved_as_a_preset_and_launched() {
    let mut tried: Vec<Vec<(&LimitKey, &str)>> = LimitKey::all()
        .map(|key| vec![(key, key.example)])
        .collect();
    tried.push(LimitKey::all().map(|key| (key, key.example)).collect());
    let key = |name: &str| LimitKey::all().find(|key| key.key == name).unwrap();
    for (name, text) in [
        ("pids", "unlimited"),
        ("swap", "0"),
        ("oom_policy", "process"),
        ("memory", "1048577b"),
        ("cpu_burst", "20.123ms"),
        ("device_read_bps", "/dev/a:b:7b"),
    ] {
        tried.push(vec![(key(name), text)]);
    }
    let shares: Vec<String> = (2..2000).map(|shares| shares.to_string()).collect();
    tried.extend(shares.iter().map(|text| vec![(key("cpu"), text.as_str())]));
    tried.push(vec![(key("cpu"), "333"), (key("cpu_shares"), "512")]);
    tried.push(Vec::new());
    for texts in tried {
        let limits = launched(&asking(&texts));
        let texts: Vec<_> = texts.iter().map(|(key, text)| (key.flag, text)).collect();
        assert_eq!(saved_and_launched(&limits), limits, "{texts:?}");
    }
}

#[test]
fn what_bounds_it_beside_the_cgroups_is_saved_too() {
    let request: Preset = toml::from_str(
        r#"command = ["true"]
        storage = "tmpfs:65537b"
        ulimits = ["nofile=64:128", "core=0:unlimited"]
        oom_score_adj = 300
        nice = -5
        log_size = "70001b"
        log_files = 7
        log_rate = "1000001b""#,
    )
    .unwrap();
    let id = ContainerId::from_random([0; 6]);
    let spec = preview(id.clone(), None, &request).unwrap();
    let file = toml::to_string(&Preset::of_spec(&spec, &spec.limits)).unwrap();
    let saved = preview(id, None, &toml::from_str(&file).unwrap()).unwrap();
    assert_eq!(saved, spec, "{file}");
}

#[test]
fn each_key_sets_its_limit_and_nothing_of_the_rest_of_the_table() {
    for limit in LIMITS {
        for key in limit.keys {
            let mut limits = Limits::default();
            key.set(&mut limits, key.example).unwrap();
            let set: Vec<&str> = limits.amounts().map(|(limit, _)| limit.name).collect();
            // shares that also set a cap
            let also = if key.key == "cpu" {
                &["cpu shares"][..]
            } else {
                &[]
            };
            assert_eq!(set, [&[limit.name][..], also].concat(), "--{}", key.flag);
        }
    }
}

#[test]
fn json_has_every_limit_whether_it_is_set_or_not() {
    let json = |limits: &Limits| serde_json::to_value(crate::spec::LimitsJson(limits)).unwrap();
    let none = json(&Limits::default());
    let all = json(&launched(&asking(
        &LimitKey::all()
            .map(|key| (key, key.example))
            .collect::<Vec<_>>(),
    )));
    for limit in LIMITS {
        let unset = &none[limit.json];
        assert!(
            unset.is_null() || unset == &serde_json::json!([]),
            "{unset}"
        );
        let (value, of) = (&all[limit.json], limit.unit.json_type());
        let is = match of {
            "integer" => value.is_u64(),
            "number" => value.is_f64(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            _ => value.is_array(),
        };
        assert!(is, "{}: {value} is not {of}", limit.json);
    }
    assert_eq!(none.as_object().unwrap().len(), LIMITS.len());
}

#[test]
fn requested_limits_replace_current_ones() {
    let request = |name: &str, text: &str| {
        let mut request = Preset::default();
        request.ask(
            LimitKey::all().find(|key| key.key == name).unwrap(),
            text.to_owned(),
        );
        request
    };
    let current = launched(&asking(
        &LimitKey::all()
            .map(|key| (key, key.example))
            .collect::<Vec<_>>(),
    ));
    assert_eq!(Preset::default().limits_over(&current), Ok(current.clone()));
    let over = |request: Preset| request.limits_over(&current).unwrap();
    assert_eq!(over(request("pids", "unlimited")).pids, None);
    let io = |current: &Limits, name: &str, text: &str| {
        let limits = request(name, text).limits_over(current).unwrap();
        limits.io.iter().map(IoLimit::words).collect::<Vec<_>>()
    };
    let kept = "wbps=20971520 riops=100 wiops=200";
    assert_eq!(
        io(&current, "device_read_bps", "/dev/sda:1M"),
        [format!("/dev/sda rbps=1048576 {kept}")],
        "the other rates stay"
    );
    assert_eq!(
        io(&current, "device_write_bps", "/dev/sdb:1M"),
        [
            format!("/dev/sda rbps=10485760 {kept}"),
            "/dev/sdb wbps=1048576".to_owned()
        ],
        "the other device stays"
    );
    assert_eq!(
        io(&current, "device_read_bps", "/dev/sda:unlimited"),
        [format!("/dev/sda {kept}")]
    );
    let one = request("device_read_iops", "/dev/sda:5").limits().unwrap();
    assert!(io(&one, "device_read_iops", "/dev/sda:unlimited").is_empty());
}

#[test]
fn unlimited_takes_a_limit_away() {
    let current = launched(&asking(
        &LimitKey::all()
            .map(|key| (key, key.example))
            .collect::<Vec<_>>(),
    ));
    let key = |name: &str| LimitKey::all().find(|key| key.key == name).unwrap();
    let without = |name: &str, text: &str| {
        let mut limits = current.clone();
        key(name).set(&mut limits, text).unwrap();
        assert_eq!(limits.check(), Ok(()), "{name}");
        let gone = LIMITS.iter().filter(|limit| limit.of(&limits).is_none());
        gone.map(|limit| limit.json).collect::<Vec<_>>()
    };
    for (name, text, gone) in [
        ("memory", "unlimited", &["memory", "swap"][..]),
        (
            "cpu",
            "unlimited",
            &["cpus", "cpu_shares", "cpu_burst_usec"],
        ),
        ("cpus", "unlimited", &["cpus", "cpu_burst_usec"]),
        ("cpu_shares", "unlimited", &["cpu_shares"]),
        ("pids", "unlimited", &["pids"]),
        ("cpu_burst", "0", &["cpu_burst_usec"]),
        ("cpuset", "all", &["cpuset"]),
        ("cpuset", "unlimited", &["cpuset"]),
        ("memory_high", "unlimited", &["memory_high"]),
        ("memory_low", "0", &["memory_low"]),
        ("memory_min", "0", &["memory_min"]),
    ] {
        assert_eq!(without(name, text), gone, "{name}");
    }
    let swap = key("swap").set(&mut current.clone(), "unlimited");
    assert!(swap.unwrap_err().reason.contains("--memory unlimited"));
}

#[test]
fn an_empty_amount_is_refused() {
    for key in LimitKey::all() {
        for text in ["", " "] {
            let mut request = Preset::default();
            request.ask(key, text.to_owned());
            let error = request.limits().unwrap_err();
            assert_eq!(error.field, key.field);
            assert!(error.reason.starts_with("empty; "), "{error}");
        }
    }
}
