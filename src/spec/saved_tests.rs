//! What a container was made from, found again in its spec.

use crate::spec::{ContainerId, ContainerRequest, ContainerSpec, Preset, preview_request};

fn made(request: &ContainerRequest) -> ContainerSpec {
    let id = ContainerId::from_random([7; 6]);
    preview_request(id, request, &mut ContainerId::new).unwrap()
}

/// Another of the same spec.
fn again(spec: &ContainerSpec) -> ContainerRequest {
    let named = |id: &ContainerId| id.to_string();
    let request = ContainerRequest::of_spec(spec, &spec.limits, &named, "/profile.json");
    ContainerRequest {
        name: Some(spec.name.to_string()),
        ..request
    }
}

fn request(settings: &str) -> ContainerRequest {
    let mut settings: Preset = toml::from_str(settings).unwrap();
    settings
        .command
        .get_or_insert_with(|| vec!["sleep".into(), "9".into()]);
    ContainerRequest {
        name: Some("web".into()),
        settings,
        ..ContainerRequest::default()
    }
}

#[test]
fn another_of_it_is_the_same() {
    for settings in [
        "",
        r#"command = ["sh", "-c", "echo 'a b'; exit 3"]"#,
        "command = [\"sh\", \"-c\", \"true\"]\ninit = false",
        "init = true",
        "health_command = \"true\"",
        "health_command = \"true\"\nhealth_interval = \"1500ms\"\nhealth_retries = 7\ninit = false",
        "memory = \"1048577b\"\ncpus = 0.5\npids = \"unlimited\"\nswap = 0",
        "net = \"container:db\"\npid = \"container:db\"\nipc = \"container:db\"",
        "net = \"host\"\npid = \"host\"\nipc = \"host\"\nuts = \"host\"\ncgroupns = \"host\"",
        "time_offsets = [\"boottime=24h\", \"monotonic=-1500ms\"]",
        "env = [\"A=1\", \"B=two words\", \"PATH=/bin\", \"EMPTY=\"]",
        "user = \"1000:1001\"\nworkdir = \"/tmp\"\nhostname = \"other\"",
        "user = 1000",
        "volumes = [\"/a:/b\", \"/srv/web:/c:ro,z\", \"/srv/x:/d:Z,noidmap\"]",
        "tmpfs = [\"/t\", \"/u:size=64M\"]\nstorage = \"tmpfs:65537b\"",
        "devices = [\"/dev/null\", \"/dev/zero:/dev/z\", \"/dev/full:r\", \"/dev/fuse:/dev/f:rw\"]",
        "root = \"/srv/root\"\noverlay = true\nread_only = true\nmount_propagation = \"slave\"",
        "labels = [\"minic.group=shop\", \"a=b=c\"]\nrestart = \"on-failure:3\"",
        "restart = \"always\"\nstop_signal = \"HUP\"\nstop_timeout = \"2500ms\"",
        "stop_signal = \"40\"\nnice = -5\noom_score_adj = 300",
        "ulimits = [\"nofile=64:128\", \"core=0:unlimited\"]\nbest_effort = true",
        "log_size = \"70001b\"\nlog_files = 7\nlog_rate = \"1M\"",
        "add_hosts = [\"db:10.0.0.1\", \"six:::1\"]\ndns = [\"1.1.1.1\", \"::1\"]",
        "sysctls = [\"net.core.somaxconn=1024\", \"kernel.shmmax=1\"]",
        "cap_add = [\"NET_RAW\", \"CHOWN\"]\ncap_drop = [\"KILL\"]",
        "cap_drop = [\"ALL\"]",
        "cap_drop = [\"ALL\"]\ncap_add = [\"CHOWN\", \"SYS_TIME\"]",
        "cap_add = [\"ALL\"]\ncap_drop = [\"SYS_ADMIN\"]",
        "cap_add = [\"ALL\"]",
        "seccomp = \"unconfined\"\napparmor = \"unconfined\"\nselinux = \"spc_t\"",
        "seccomp = \"/profile.json\"\napparmor = \"mine\"\nselinux = \"unconfined\"",
        "no_new_privileges = false\nuserns = \"host\"",
        "privileged = true",
        "privileged = true\napparmor = \"default\"\nselinux = \"default\"",
    ] {
        for (tty, interactive, remove) in [(false, false, false), (true, true, true)] {
            let spec = made(&ContainerRequest {
                tty,
                interactive,
                remove,
                ..request(settings)
            });
            let second = again(&spec);
            assert_eq!(made(&second), spec, "{settings}\n{second:?}");
        }
    }
}

#[test]
fn defaults_are_left_out() {
    let spec = made(&request("userns = \"auto\""));
    assert_eq!(again(&spec), request(""), "ids of its own are the usual");
}

#[test]
fn users_that_are_the_hosts_by_rule_are_not_asked_for() {
    let mut spec = made(&request("userns = \"host\""));
    assert_eq!(again(&spec).settings.userns.as_deref(), Some("host"));
    spec.host_users = Some(crate::spec::HostUsers::Network);
    assert_eq!(again(&spec).settings.userns, None);
}

#[test]
fn it_takes_the_names_and_the_limits_that_are_now() {
    let mut spec = made(&request("net = \"container:db\"\nmemory = \"64M\""));
    spec.preset = Some("small".into());
    let mut limits = spec.limits.clone();
    limits.memory = Some(128 << 20);
    let named = |id: &ContainerId| format!("{id}-new");
    let request = ContainerRequest::of_spec(&spec, &limits, &named, "");
    assert_eq!(request.name, None);
    assert_eq!(request.preset.as_deref(), Some("small"));
    assert_eq!(request.settings.memory.as_deref(), Some("128M"));
    let net = request.settings.net.unwrap().to_string();
    assert_eq!(net, "container:db-new");
}
