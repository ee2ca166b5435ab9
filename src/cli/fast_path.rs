//! The way past most of clap's work: a line whose verb scripts call often is parsed with that
//! verb's definition alone. To build those of all two dozen verbs takes longer than anything else
//! that `list` does. Whatever is not parsed here, wrong or not, takes the long way, which alone
//! writes errors and help.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Args, Command, FromArgMatches};

use super::arguments::{Arguments, Globals, ScreenOptions};
use super::{create, destroy, exec, info, list, logs, run, start, stop};

type Define = fn(Command) -> Command;

const VERBS: [(&str, Define); 9] = [
    ("run", run::Run::augment_args),
    ("exec", exec::Exec::augment_args),
    ("list", list::List::augment_args),
    ("create", create::Create::augment_args),
    ("start", start::Start::augment_args),
    ("stop", stop::Stop::augment_args),
    ("destroy", destroy::Destroy::augment_args),
    ("info", info::InfoArguments::augment_args),
    ("logs", logs::Logs::augment_args),
];

/// The line, when its verb is one of [`VERBS`] and nothing is wrong with it.
pub(super) fn parse(arguments: &[OsString]) -> Option<Arguments> {
    let (name, define) = VERBS
        .iter()
        .find(|(name, _)| Some(name.as_ref()) == verb(arguments))?;
    let command = ScreenOptions::augment_args(Globals::augment_args(Command::new("minic-tui")))
        .arg(Arg::new("demo").long("demo").action(ArgAction::SetTrue))
        .subcommand(define(Command::new(*name)));
    let mut matches = command.try_get_matches_from(arguments).ok()?;
    Arguments::from_arg_matches_mut(&mut matches).ok()
}

/// The first word that is neither an option nor, as far as can be told without clap, the value of
/// one.
fn verb(arguments: &[OsString]) -> Option<&std::ffi::OsStr> {
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        match word.to_str()? {
            "--state" | "--config" => drop(words.next()),
            option if option.starts_with("--state=") || option.starts_with("--config=") => {}
            option if option.starts_with('-') => return None,
            _ => return Some(word),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn quick(line: &[&str]) -> Option<String> {
        let words: Vec<OsString> = std::iter::once("minic-tui")
            .chain(line.iter().copied())
            .map(OsString::from)
            .collect();
        parse(&words).map(|parsed| format!("{parsed:?}"))
    }

    #[test]
    fn both_ways_lead_to_the_same() {
        for line in [
            &["run", "--rm", "--memory", "64", "sh", "-c", "x", "--rm"][..],
            &["--state", "/s", "run", "-d", "true"],
            &["--config=/c", "exec", "-it", "web", "sh", "-c", "exit 3"],
            &["list", "--json", "--state=/s"],
            &["create", "--name", "a", "true"],
            &["start", "-a", "a"],
            &["stop", "-t", "0", "a", "b"],
            &["destroy", "-f", "a"],
            &["info", "--json", "a"],
            &["logs", "-f", "-n", "3", "a"],
        ] {
            let whole = Arguments::try_parse_from([&["minic-tui"], line].concat()).unwrap();
            assert_eq!(quick(line), Some(format!("{whole:?}")), "{line:?}");
        }
    }

    #[test]
    fn what_is_wrong_or_rare_takes_the_long_way() {
        for line in [
            &["run", "--memroy", "1"][..],
            &["run", "--help"],
            &["stop"],
            &["prune"],
            &["--demo"],
            &[],
            &["--version"],
            &["ls"],
        ] {
            assert_eq!(quick(line), None, "{line:?}");
        }
    }
}
