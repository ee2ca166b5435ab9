//! The finer limits of a request: burst, cpuset, memory protection, OOM policy, block I/O.
//! [`Preset::limits`](super::Preset::limits) begins here.

use super::{IoLimit, Limits, Preset, SpecError, parse_bytes, parse_duration, parse_memory};

/// Parses them into `limits`.
///
/// # Errors
/// [`SpecError`] naming the first wrong field.
pub(super) fn parse_finer(request: &Preset, limits: &mut Limits) -> Result<(), SpecError> {
    let text = |value: &Option<String>| {
        value
            .as_deref()
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    };
    let bytes = |field, value| text(value).map(|t| parse_memory(field, &t)).transpose();
    limits.memory_high = bytes("memory-high", &request.memory_high)?;
    limits.memory_low = bytes("memory-low", &request.memory_low)?;
    limits.memory_min = bytes("memory-min", &request.memory_min)?;
    limits.cpu_burst_usec = text(&request.cpu_burst)
        .map(|t| parse_duration("cpu-burst", &t))
        .transpose()?
        .map(|time| time.as_micros() as u64);
    limits.cpuset = text(&request.cpuset)
        .map(|list| cpu_list(&list))
        .transpose()?;
    limits.oom_group = match text(&request.oom_policy).as_deref() {
        None => None,
        Some("group") => Some(true),
        Some("process") => Some(false),
        Some(other) => {
            return Err(SpecError::new(
                "oom-policy",
                format!("{other:?} is not an OOM policy; use group or process"),
            ));
        }
    };
    limits.io_weight = match text(&request.io_weight) {
        None => None,
        Some(weight) => match weight.parse() {
            Ok(weight @ 1..=10_000) => Some(weight),
            _ => {
                return Err(SpecError::new(
                    "io-weight",
                    format!("{weight:?} is not a weight; use 1 to 10000, 100 being usual"),
                ));
            }
        },
    };
    for (field, values, set) in io_fields(request) {
        for value in values {
            let (device, rate) = device_rate(field, value)?;
            match limits.io.iter_mut().find(|limit| limit.device == device) {
                Some(limit) => set(limit, rate),
                None => {
                    let mut limit = IoLimit {
                        device,
                        ..IoLimit::default()
                    };
                    set(&mut limit, rate);
                    limits.io.push(limit);
                }
            }
        }
    }
    Ok(())
}

type SetRate = fn(&mut IoLimit, u64);

fn io_fields(request: &Preset) -> [(&'static str, &[String], SetRate); 4] {
    [
        (
            "device-read-bps",
            &request.device_read_bps,
            |limit, rate| limit.read_bps = Some(rate),
        ),
        (
            "device-write-bps",
            &request.device_write_bps,
            |limit, rate| limit.write_bps = Some(rate),
        ),
        (
            "device-read-iops",
            &request.device_read_iops,
            |limit, rate| limit.read_iops = Some(rate),
        ),
        (
            "device-write-iops",
            &request.device_write_iops,
            |limit, rate| limit.write_iops = Some(rate),
        ),
    ]
}

/// `PATH:RATE`; bytes take units as memory does, operations are a plain number.
fn device_rate(field: &'static str, value: &str) -> Result<(String, u64), SpecError> {
    let wrong = || {
        SpecError::new(
            field,
            format!(
                "{value:?} is not PATH:RATE, such as /dev/sda:{}",
                if field.ends_with("iops") {
                    "100"
                } else {
                    "10M"
                }
            ),
        )
    };
    let (device, rate) = value.rsplit_once(':').ok_or_else(wrong)?;
    if !device.starts_with("/dev/") || device.contains('\0') {
        return Err(wrong());
    }
    let rate = if field.ends_with("iops") {
        rate.parse().ok().filter(|r| *r > 0).ok_or_else(wrong)?
    } else {
        parse_bytes(field, rate)?
    };
    Ok((device.to_owned(), rate))
}

/// A list of CPUs as the kernel writes it (cpuset(7), "List format").
fn cpu_list(text: &str) -> Result<String, SpecError> {
    let number = |t: &str| t.parse::<u32>().ok().filter(|n| *n < 8192);
    let part = |p: &str| match p.split_once('-') {
        Some((first, last)) => number(first)
            .zip(number(last))
            .is_some_and(|(first, last)| first <= last),
        None => number(p).is_some(),
    };
    if text.split(',').all(part) {
        return Ok(text.to_owned());
    }
    Err(SpecError::new(
        "cpuset",
        format!("{text:?} is not a list of CPUs; write numbers and ranges such as 0-2,4"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
