//! What `run` and `create` take: limits, preset, environment; and how it becomes a request.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::Args;

use super::failure::Failure;
use super::supervision::Supervision;
use super::surroundings::Surroundings;
use crate::config::{Config, NO_PRESET};
use crate::manager::{CreateOptions, Created};
use crate::spec::{NetworkMode, Preset, SpecError};

/// A container as the command line asks for it.
#[derive(Debug, Args)]
pub(super) struct Request {
    /// Name it; by default it is called by its id
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Destroy it when it ends
    #[arg(long)]
    rm: bool,

    /// Keep its standard input open
    #[arg(short, long)]
    interactive: bool,

    /// Give it a terminal
    #[arg(short, long)]
    tty: bool,

    /// Begin with a preset of the config file; every other flag goes over it ("none" for no preset)
    #[arg(long, value_name = "NAME", help_heading = "Limits")]
    preset: Option<String>,

    /// Hard memory limit: MB as a number (128), or with a unit (64M, 1.5G)
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    memory: Option<String>,

    /// Swap beyond memory, as --memory; 0 allows none
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    swap: Option<String>,

    /// CPU shares and a cap of SHARES/1024 of a core: 512 is half a core
    #[arg(long, value_name = "SHARES", help_heading = "Limits")]
    cpu: Option<String>,

    /// Only the cap, in cores: 0.5
    #[arg(long, value_name = "CORES", help_heading = "Limits")]
    cpus: Option<String>,

    /// Only the weight against other containers, 1024 being usual
    #[arg(long, value_name = "SHARES", help_heading = "Limits")]
    cpu_shares: Option<String>,

    /// Most processes and threads
    #[arg(long, value_name = "COUNT", help_heading = "Limits")]
    pids_limit: Option<String>,

    /// The network it sees: "none" (its own, with only lo), "host" or "container:ID"
    #[arg(long, value_name = "MODE", value_parser = net)]
    net: Option<NetworkMode>,

    /// Set a variable of its environment; a bare KEY takes its value from ours
    #[arg(short, long, value_name = "KEY[=VALUE]")]
    env: Vec<String>,

    /// Its working directory, an absolute path inside
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,

    /// Its host name; by default its name
    #[arg(long, value_name = "NAME")]
    hostname: Option<String>,

    #[command(flatten)]
    surroundings: Surroundings,

    #[command(flatten)]
    supervision: Supervision,

    /// The command and its arguments; by default the preset's
    #[arg(value_name = "CMD", trailing_var_arg = true)]
    command: Vec<String>,
}

fn net(text: &str) -> Result<NetworkMode, String> {
    text.parse().map_err(|error: SpecError| error.reason)
}

impl Request {
    /// Lays the flags over their preset.
    pub fn resolve(self, config: &Config) -> Result<(Created, CreateOptions), Failure> {
        let options = CreateOptions { tty: self.tty, interactive: self.interactive, remove: self.rm };
        let preset = self.preset.or_else(|| config.preset.clone()).filter(|name| name != NO_PRESET);
        let mut own = Preset {
            command: Some(self.command).filter(|words| !words.is_empty()),
            memory: self.memory,
            swap: self.swap,
            cpu: self.cpu,
            cpus: self.cpus,
            cpu_shares: self.cpu_shares,
            pids: self.pids_limit,
            net: self.net,
            env: environment(&self.env, |name| std::env::var_os(name))?,
            workdir: self.workdir,
            hostname: self.hostname,
            ..Preset::default()
        };
        self.surroundings.put_into(&mut own);
        self.supervision.put_into(&mut own);
        let request = match &preset {
            Some(name) => own.over(config.preset(name)?),
            None => own,
        };
        let name = self.name;
        Ok((Created { name, request, preset }, options))
    }
}

/// `KEY=value` stays; a bare `KEY` takes the value that `ours` has, and is left out when it has none, as docker does.
pub(super) fn environment(asked: &[String], ours: impl Fn(&str) -> Option<OsString>) -> Result<Vec<String>, SpecError> {
    let mut pairs = Vec::new();
    for word in asked {
        if word.contains('=') {
            pairs.push(word.clone());
        } else if word.is_empty() || word.contains('\0') {
            return Err(SpecError::new("env", format!("{word:?} is not KEY=value or KEY")));
        } else if let Some(value) = ours(word) {
            let text = value.into_string();
            let text = text.map_err(|_| SpecError::new("env", format!("the value of {word} in our environment is not UTF-8")))?;
            pairs.push(format!("{word}={text}"));
        }
    }
    Ok(pairs)
}

/// A terminal inside that is typed into needs one outside.
pub(super) fn need_terminal(tty: bool, interactive: bool) -> Result<(), Failure> {
    if tty && interactive && !io::stdin().is_terminal() {
        return Err(Failure::ours("-it needs a terminal, and standard input is none (use -i alone)"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        request: Request,
    }

    fn resolved(words: &[&str]) -> Result<(Created, CreateOptions), Failure> {
        let line = Line::try_parse_from([&["run"], words].concat()).unwrap();
        line.request.resolve(&Config::defaults().unwrap())
    }

    #[test]
    fn options_after_the_command_are_the_commands() {
        let (what, options) = resolved(&["-i", "--memory", "64", "sh", "-c", "x", "--memory", "1", "-t"]).unwrap();
        assert_eq!(what.request.command.unwrap(), ["sh", "-c", "x", "--memory", "1", "-t"]);
        assert_eq!(what.request.memory.as_deref(), Some("64"));
        assert!(options.interactive && !options.tty);
        let (what, _) = resolved(&["--", "-odd", "name"]).unwrap();
        assert_eq!(what.request.command.unwrap(), ["-odd", "name"]);
        assert!(Line::try_parse_from(["run", "--memroy", "1", "sh"]).is_err(), "before it they are ours");
    }

    #[test]
    fn flags_go_over_their_preset() {
        let (what, _) = resolved(&["--preset", "cpu-quarter"]).unwrap();
        assert_eq!((what.preset.as_deref(), what.request.cpu.as_deref()), (Some("cpu-quarter"), Some("256")));
        assert_eq!(what.request.command.unwrap()[0], "sh");
        let (what, _) = resolved(&["--preset", "cpu-quarter", "--cpus", "2", "true"]).unwrap();
        assert_eq!((what.request.cpu, what.request.cpus.as_deref()), (None, Some("2")));
        assert_eq!(what.request.command.unwrap(), ["true"]);
        let (what, _) = resolved(&["--preset", "none", "true"]).unwrap();
        assert_eq!(what.preset, None);
        let line = resolved(&["--preset", "nosuch", "true"]).unwrap_err().line.unwrap();
        assert!(line.starts_with("--preset: there is no preset \"nosuch\"; there are tiny, "), "{line}");
    }

    #[test]
    fn a_bare_key_takes_our_value() {
        let ours = |name: &str| (name == "LANG").then(|| "C".into());
        let asked = ["A=1", "LANG", "NOT_SET", "B="].map(str::to_owned);
        assert_eq!(environment(&asked, ours).unwrap(), ["A=1", "LANG=C", "B="]);
        assert_eq!(environment(&[String::new()], ours).unwrap_err().field, "env");
    }
}
