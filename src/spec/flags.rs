//! A request as the flags of `run` and `create`, which `cli/request.rs` reads.

use super::{ContainerRequest, DEFAULT_IMAGE, Preset};

impl ContainerRequest {
    /// The same container as flags can ask for it: with its preset, which is `base`, where flags
    /// laid over that give its settings; otherwise without a preset.
    #[must_use]
    pub fn as_flags_can(mut self, base: Option<&Preset>) -> Self {
        if self.beyond(base).is_some() {
            return self;
        }
        self.preset = None;
        let settings = &mut self.settings;
        settings.description = None;
        settings.image = settings.image.take().filter(|image| image != DEFAULT_IMAGE);
        for switch in [
            &mut settings.best_effort,
            &mut settings.overlay,
            &mut settings.read_only,
            &mut settings.privileged,
        ] {
            *switch = switch.filter(|on| *on);
        }
        self
    }

    /// What flags must add to the preset `base`; `None` when they cannot, or it has no preset.
    fn beyond(&self, base: Option<&Preset>) -> Option<Preset> {
        self.preset.as_ref()?;
        let own = self.settings.beyond(base?)?;
        let switches = [own.best_effort, own.overlay, own.read_only, own.privileged];
        // no flag says these
        let unsaid =
            own.description.is_some() || own.image.is_some() || switches.contains(&Some(false));
        (!unsaid).then_some(own)
    }

    /// The arguments of `run` that ask for it. `base` is what its preset has in it; where requests
    /// without a preset get a `default_preset`, one is named in any case.
    #[must_use]
    pub fn flags(&self, base: Option<&Preset>, default_preset: bool) -> Vec<String> {
        let asked = self.clone().as_flags_can(base);
        let own = asked.beyond(base).unwrap_or_else(|| asked.settings.clone());
        let mut flags = Flags(Vec::new());
        match &asked.preset {
            Some(name) => flags.value("preset", name),
            None if default_preset => flags.value("preset", "none"),
            None => {}
        }
        flags.option("name", asked.name.as_deref());
        flags.switch("rm", asked.remove);
        flags.switch("interactive", asked.interactive);
        flags.switch("tty", asked.tty);
        for (key, texts) in own.asked_limits() {
            flags.list(key.flag, texts);
        }
        flags.settings(&own);
        if let Some(command) = own.command.filter(|words| !words.is_empty()) {
            flags.0.push("--".into());
            flags.0.extend(command);
        }
        flags.0
    }
}

struct Flags(Vec<String>);

impl Flags {
    fn value(&mut self, flag: &str, value: &str) {
        // a word of its own would be taken for a flag
        if value.is_empty() || value.starts_with('-') {
            self.0.push(format!("--{flag}={value}"));
        } else {
            self.0.extend([format!("--{flag}"), value.to_owned()]);
        }
    }

    fn option(&mut self, flag: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.value(flag, value);
        }
    }

    fn list(&mut self, flag: &str, values: &[String]) {
        values.iter().for_each(|value| self.value(flag, value));
    }

    fn switch(&mut self, flag: &str, on: bool) {
        if on {
            self.0.push(format!("--{flag}"));
        }
    }

    /// All that is neither a limit of the table nor the command.
    fn settings(&mut self, own: &Preset) {
        let yes = |switch: Option<bool>| switch == Some(true);
        self.switch("best-effort", yes(own.best_effort));
        self.list("ulimit", &own.ulimits);
        self.option("oom-score-adj", own.oom_score_adj.as_deref());
        self.option("nice", own.nice.as_deref());
        self.option("root", own.root.as_deref());
        self.switch("overlay", yes(own.overlay));
        self.switch("read-only", yes(own.read_only));
        self.list("volume", &own.volumes);
        self.list("tmpfs", &own.tmpfs);
        self.list("device", &own.devices);
        self.option("storage", own.storage.as_deref());
        self.option("mount-propagation", own.mount_propagation.as_deref());
        self.list("env", &own.env);
        self.option("workdir", own.workdir.as_deref());
        self.option("user", own.user.as_deref());
        self.option("hostname", own.hostname.as_deref());
        self.list("label", &own.labels);
        match own.init {
            Some(true) => self.switch("init", true),
            Some(false) => self.switch("no-init", true),
            None => {}
        }
        let net = own.net.as_ref().map(ToString::to_string);
        self.option("net", net.as_deref());
        self.list("dns", &own.dns);
        self.list("add-host", &own.add_hosts);
        self.list("sysctl", &own.sysctls);
        let pid = own.pid.as_ref().map(ToString::to_string);
        self.option("pid", pid.as_deref());
        self.option("ipc", own.ipc.as_deref());
        self.option("uts", own.uts.as_deref());
        self.option("cgroupns", own.cgroupns.as_deref());
        self.option("userns", own.userns.as_deref());
        self.list("time-offset", &own.time_offsets);
        let restart = own.restart.map(String::from);
        self.option("restart", restart.as_deref());
        self.option("stop-signal", own.stop_signal.as_deref());
        self.option("stop-timeout", own.stop_timeout.as_deref());
        self.option("health-cmd", own.health_command.as_deref());
        self.option("health-interval", own.health_interval.as_deref());
        self.option("health-retries", own.health_retries.as_deref());
        self.option("log-size", own.log_size.as_deref());
        self.option("log-files", own.log_files.as_deref());
        self.option("log-rate", own.log_rate.as_deref());
        self.list("cap-add", &own.cap_add);
        self.list("cap-drop", &own.cap_drop);
        self.option("seccomp", own.seccomp.as_deref());
        self.option("apparmor", own.apparmor.as_deref());
        self.option("selinux", own.selinux.as_deref());
        if let Some(no_new) = own.no_new_privileges {
            self.value("security-opt", &format!("no-new-privileges={no_new}"));
        }
        self.switch("privileged", yes(own.privileged));
    }
}
