//! [`Namespaces`]: the namespace settings of a request other than network, checked against each
//! other.

use super::{ClockOffsets, IpcMode, Own, PidMode, Preset, SpecError, Userns};

/// The namespace settings other than network.
pub(super) struct Namespaces {
    pub pid: PidMode<String>,
    pub ipc: IpcMode<String>,
    pub uts: Own,
    pub cgroupns: Own,
    pub userns: Userns,
    pub clocks: Option<ClockOffsets>,
}

impl Namespaces {
    /// Parses them, and refuses combinations that the kernel refuses.
    ///
    /// # Errors
    /// [`SpecError`] naming the first wrong field.
    pub(super) fn of(request: &Preset) -> Result<Self, SpecError> {
        let own = |field, text: &Option<String>| {
            text.as_deref()
                .map_or(Ok(Own::Own), |text| Own::parse(field, text))
        };
        let asked = Self {
            pid: request.pid.clone().unwrap_or_default(),
            ipc: match request.ipc.as_deref() {
                None | Some("private") => IpcMode::Own,
                Some(text) => text.parse()?,
            },
            uts: own("uts", &request.uts)?,
            cgroupns: own("cgroupns", &request.cgroupns)?,
            userns: request
                .userns
                .as_deref()
                .map_or(Ok(Userns::Host), str::parse)?,
            clocks: ClockOffsets::parse(&request.time_offsets)?,
        };
        if asked.uts == Own::Host && request.hostname.is_some() {
            return Err(SpecError::new(
                "hostname",
                "with --uts host it would change the host's name; leave one of the two out",
            ));
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_that_the_kernel_refuses_are_refused() {
        let field = |request: Preset| Namespaces::of(&request).err().map(|error| error.field);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            field(Preset {
                uts: some("host"),
                hostname: some("a"),
                ..Preset::default()
            }),
            Some("hostname")
        );
        for (key, request) in [
            (
                "ipc",
                Preset {
                    ipc: some("none"),
                    ..Preset::default()
                },
            ),
            (
                "uts",
                Preset {
                    uts: some("container:a"),
                    ..Preset::default()
                },
            ),
            (
                "cgroupns",
                Preset {
                    cgroupns: some("x"),
                    ..Preset::default()
                },
            ),
            (
                "userns",
                Preset {
                    userns: some("keep-id"),
                    ..Preset::default()
                },
            ),
            (
                "time-offset",
                Preset {
                    time_offsets: vec!["x".into()],
                    ..Preset::default()
                },
            ),
        ] {
            assert_eq!(field(request), Some(key));
        }
    }
}
