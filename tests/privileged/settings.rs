//! Kernel settings apply only to namespaces of the container's own: a shared namespace belongs to
//! another container or the host, over any number of hops.

use std::fs;

use crate::fixture::Fixture;

/// A setting of the host's, restored when this is dropped.
struct Kept(&'static str, String);

impl Kept {
    fn new(file: &'static str) -> Self {
        Self(file, fs::read_to_string(file).unwrap())
    }

    #[track_caller]
    fn is_unchanged(&self, what: &str) {
        assert_eq!(
            fs::read_to_string(self.0).unwrap(),
            self.1,
            "{what}: {} was changed",
            self.0
        );
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::write(self.0, &self.1);
    }
}

#[test]
fn sysctls_of_a_joined_namespace_are_refused() {
    let fixture = Fixture::new();
    for (flag, file, setting, own) in [
        (
            "--net",
            "/proc/sys/net/ipv4/ip_default_ttl",
            "net.ipv4.ip_default_ttl=63",
            "none",
        ),
        (
            "--ipc",
            "/proc/sys/kernel/shmmni",
            "kernel.shmmni=4095",
            "own",
        ),
    ] {
        let kept = Kept::new(file);
        let sleeping =
            |name: &str, mode: &str| fixture.detached(name, &[flag, mode, "sleep", "1000"]);
        let (host, one, two) = (
            sleeping("host", "host"),
            sleeping("one", "container:host"),
            sleeping("two", "container:one"),
        );
        for hop in [&host, &one, &two] {
            let mode = format!("container:{}", hop.name);
            let refused = fixture
                .minic(&["run", "--rm", flag, &mode, "--sysctl", setting, "true"])
                .refused(125);
            kept.is_unchanged(&mode);
            assert!(
                refused.contains("the host")
                    && refused.contains(setting.split('=').next().unwrap()),
                "{mode}: {refused}"
            );
        }
        // nor is what is another container's
        let other = sleeping("other", own);
        let refused = fixture
            .minic(&[
                "run",
                "--rm",
                flag,
                "container:other",
                "--sysctl",
                setting,
                "true",
            ])
            .refused(125);
        assert!(refused.contains("other"), "{refused}");
        fixture
            .minic(&["run", "--rm", flag, own, "--sysctl", setting, "true"])
            .ok();
        kept.is_unchanged("its own");
        for container in [host, one, two, other] {
            container.verb(&["destroy", "-f"]).ok();
        }
    }
}

/// A record that was made before this was refused, or changed since.
#[test]
fn a_record_that_says_so_is_refused_at_the_start() {
    let fixture = Fixture::new();
    for (flag, file, name, value) in [
        (
            "--net",
            "/proc/sys/net/ipv4/ip_default_ttl",
            "net.ipv4.ip_default_ttl",
            "63",
        ),
        ("--ipc", "/proc/sys/kernel/shmmni", "kernel.shmmni", "4095"),
    ] {
        let kept = Kept::new(file);
        let host = fixture.detached("host", &[flag, "host", "sleep", "1000"]);
        let one = fixture.detached("one", &[flag, "container:host", "sleep", "1000"]);
        for mode in ["host", "container:host", "container:one"] {
            let id = fixture
                .minic(&["create", flag, mode, "true"])
                .ok()
                .trim()
                .to_owned();
            let spec = fixture
                .state()
                .join("containers")
                .join(&id)
                .join("spec.json");
            let text = fs::read_to_string(&spec).unwrap();
            let changed = text.replacen(
                '{',
                &format!("{{\"sysctls\": [{{\"name\": \"{name}\", \"value\": \"{value}\"}}],"),
                1,
            );
            fs::write(&spec, changed).unwrap();
            let refused = fixture.minic(&["start", &id]).refused(125);
            kept.is_unchanged(mode);
            assert!(refused.contains(name), "{refused}");
            fixture.minic(&["destroy", &id]).ok();
        }
        host.verb(&["destroy", "-f"]).ok();
        one.verb(&["destroy", "-f"]).ok();
    }
}
