//! [`Session`]: the settings and the manager that a verb works with.

use super::arguments::Globals;
use super::failure::Failure;
use crate::config::{Config, Overrides};
use crate::manager::{Error, Manager, StateDir};
use crate::record::Record;

/// The settings and the manager.
pub(super) struct Session {
    pub config: Config,
    pub manager: Manager,
}

impl Session {
    /// Reads the settings and opens the state folder. `verb` is what sudo has to be put before.
    pub(super) fn open(globals: &Globals, verb: &str) -> Result<Self, Failure> {
        Self::open_with(globals, verb, Manager::open)
    }

    /// As [`Session::open`], leaving what crashes left as it is: for verbs that look for it
    /// themselves.
    pub(super) fn open_without_gc(globals: &Globals, verb: &str) -> Result<Self, Failure> {
        Self::open_with(globals, verb, Manager::open_without_gc)
    }

    fn open_with(
        globals: &Globals,
        verb: &str,
        open: impl FnOnce(&StateDir) -> Result<Manager, Error>,
    ) -> Result<Self, Failure> {
        let config = load_config(globals)?;
        need_root(verb)?;
        let manager = open(&StateDir(config.state.clone()))?
            .with_users(config.userns, config.ids)
            .with_warnings(warn);
        Ok(Self { config, manager })
    }

    /// Does `verb` to each container that `words` mean. Each failure is reported as one line; the
    /// worst code is the verb's.
    pub(super) fn each(
        &self,
        verb: &str,
        words: &[String],
        mut act: impl FnMut(&Record) -> Result<(), Failure>,
    ) -> Result<i32, Failure> {
        let mut worst = 0;
        for word in words {
            let done = self
                .manager
                .find(word)
                .map_err(Failure::from)
                .and_then(|record| act(&record));
            if let Err(failure) = done {
                worst = worst.max(failure.code);
                failure.about(word).report(verb);
            }
        }
        Ok(worst)
    }
}

fn warn(sentence: &str) {
    Failure::ours(format!("warning: {sentence}")).report("");
}

/// The settings as file, environment and flags make them.
pub(super) fn load_config(globals: &Globals) -> Result<Config, Failure> {
    Ok(Config::load(&overrides(globals), |name| {
        std::env::var_os(name)
    })?)
}

/// What the flags say of the settings.
pub(super) fn overrides(globals: &Globals) -> Overrides {
    Overrides {
        file: globals.config.clone(),
        state: globals.state.clone(),
    }
}

/// Everything but help needs root: namespaces, cgroups and the state folder do.
pub(super) fn need_root(verb: &str) -> Result<(), Failure> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let command = if verb.is_empty() {
        String::new()
    } else {
        format!(" {verb} …")
    };
    Err(Failure::ours(format!(
        "needs root: run `sudo minic-tui{command}`"
    )))
}
