//! What a request becomes beside other containers, on a host that is made up.

use std::collections::HashSet;

use super::*;
use crate::spec::{Categories, IdRange};

/// Its containers are called a to f and have ids of these letters; h has the host's users.
struct Host {
    maps_users: bool,
    mounts: bool,
}

const HOST: Host = Host {
    maps_users: true,
    mounts: false,
};

fn letter(word: &str) -> u8 {
    word.as_bytes()[0]
}

fn ids_of(letter: u8) -> IdRange {
    IdRange {
        first: u32::from(letter) << 16,
        count: 1 << 16,
    }
}

fn categories_of(letter: u8) -> Categories {
    Categories::free(u32::from(letter), &HashSet::new()).unwrap()
}

fn sh(change: impl FnOnce(&mut Preset)) -> Preset {
    let mut settings = Preset {
        command: Some(vec!["sh".into()]),
        ..Preset::default()
    };
    change(&mut settings);
    settings
}

impl Lookup for Host {
    type Error = SpecError;

    fn new_id(&self) -> Result<ContainerId, SpecError> {
        Ok(ContainerId::from_random([0; 6]))
    }

    fn container(&self, word: &str) -> Result<ContainerSpec, SpecError> {
        let id = ContainerId::from_random([letter(word); 6]);
        let settings = sh(|settings| {
            if self.mounts {
                settings.cap_add = vec!["SYS_ADMIN".into()];
            }
        });
        let mut spec = preview(id, Some(word), &settings)?;
        spec.categories = Some(categories_of(letter(word)));
        if word != "h" {
            (spec.userns, spec.ids) = (Userns::Auto, Some(ids_of(letter(word))));
        }
        Ok(spec)
    }

    fn cannot_map_users(&self) -> Option<String> {
        (!self.maps_users).then(|| "too old".into())
    }

    fn prepare(&self, _: &mut ContainerSpec) -> Result<(), SpecError> {
        Ok(())
    }

    fn ids(&self, _: &ContainerSpec, joined: Option<IdRange>) -> Result<IdRange, SpecError> {
        Ok(joined.unwrap_or(ids_of(b'0')))
    }

    fn sharing_processes(&self, with: &ContainerId) -> Result<Vec<ContainerSpec>, SpecError> {
        let all = ["a", "b"].map(|word| self.container(word));
        let all: Vec<_> = all.into_iter().collect::<Result<_, _>>()?;
        Ok(all.into_iter().filter(|one| one.id == *with).collect())
    }

    fn categories(
        &self,
        _: &ContainerSpec,
        joined: Option<Categories>,
    ) -> Result<Option<Categories>, SpecError> {
        Ok(Some(joined.unwrap_or(categories_of(b'0'))))
    }
}

const AUTO: Defaults = Defaults {
    userns: Userns::Auto,
};

fn resolved(host: &Host, defaults: Defaults, settings: Preset) -> Result<ContainerSpec, SpecError> {
    let asked = ContainerRequest {
        settings,
        ..ContainerRequest::default()
    };
    resolve(&asked, &defaults, host)
}

#[test]
fn who_shares_processes_or_memory_has_the_ids_and_categories_of_that_one() {
    for (net, ipc, pid, of) in [
        ("none", "own", "own", b'0'),
        // only a network is shared with it
        ("container:a", "own", "own", b'0'),
        ("container:a", "own", "container:b", b'b'),
        ("container:a", "container:b", "own", b'b'),
        ("none", "container:a", "container:b", b'b'),
    ] {
        let settings = sh(|settings| {
            settings.net = Some(net.parse().unwrap());
            settings.ipc = Some(ipc.parse().unwrap());
            settings.pid = Some(pid.parse().unwrap());
        });
        let spec = resolved(&HOST, AUTO, settings).unwrap();
        let had = (spec.ids, spec.categories);
        let expected = (Some(ids_of(of)), Some(categories_of(of)));
        assert_eq!(had, expected, "{net} {ipc} {pid}");
    }
}

#[test]
fn users_are_the_hosts_where_something_needs_that() {
    let host = Defaults {
        userns: Userns::Host,
    };
    let old = Host {
        maps_users: false,
        ..HOST
    };
    let nothing = || sh(|_| ());
    let joined = || sh(|settings| settings.net = Some("container:h".parse().unwrap()));
    let asks = |userns: Userns| sh(|settings| settings.userns = Some(userns.as_str().into()));
    for (host, defaults, settings, userns, why) in [
        (&HOST, AUTO, nothing(), Userns::Auto, None),
        (
            &HOST,
            host,
            nothing(),
            Userns::Host,
            Some(HostUsers::Config),
        ),
        (
            &old,
            AUTO,
            nothing(),
            Userns::Host,
            Some(HostUsers::Kernel("too old".into())),
        ),
        (
            &HOST,
            AUTO,
            joined(),
            Userns::Host,
            Some(HostUsers::Joined("h".into())),
        ),
        (&HOST, AUTO, asks(Userns::Host), Userns::Host, None),
        (&HOST, host, asks(Userns::Auto), Userns::Auto, None),
    ] {
        let spec = resolved(host, defaults, settings).unwrap();
        assert_eq!((spec.userns, &spec.host_users), (userns, &why));
        assert_eq!(spec.ids.is_some(), userns == Userns::Auto, "{why:?}");
    }
}

#[test]
fn own_users_beside_processes_of_the_hosts_users_are_refused() {
    let asking = |pid: &str, net: &str| {
        let settings = sh(|settings| {
            settings.userns = Some("auto".into());
            settings.pid = Some(pid.parse().unwrap());
            settings.net = Some(net.parse().unwrap());
        });
        resolved(&HOST, AUTO, settings).map_err(|error| error.field)
    };
    assert_eq!(asking("container:h", "none").unwrap_err(), "pid");
    assert!(asking("container:a", "none").is_ok());
    assert!(asking("own", "container:h").is_ok());
}

#[test]
fn a_read_only_mount_is_checked_against_all_who_share_its_processes() {
    let mounts = Host {
        mounts: true,
        ..HOST
    };
    let settings = |pid: &str| {
        sh(|settings| {
            settings.volumes = vec!["/a:/b:ro".into()];
            settings.pid = Some(pid.parse().unwrap());
        })
    };
    let refused = |host: &Host, pid| resolved(host, AUTO, settings(pid)).map_err(|e| e.field);
    assert_eq!(refused(&mounts, "container:a").unwrap_err(), "pid");
    assert!(refused(&mounts, "own").is_ok());
    assert!(refused(&HOST, "container:a").is_ok());
}
