//! [`Failure`]: one line for people and an exit code.

use std::io;

use crate::config::ConfigError;
use crate::manager;
use crate::spec::{SpecError, sanitize};

/// Our own failure, as docker and podman number it.
pub(super) const OURS: i32 = 125;
/// What a shell sees of a program that SIGPIPE ended.
const BROKEN_PIPE: i32 = 128 + 13;

/// Why a verb did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The exit code, 1 to 255.
    pub code: i32,
    /// The container it is about, as the user called it.
    pub subject: Option<String>,
    /// The line, without the program's name; `None` when there is nothing (more) to say.
    pub line: Option<String>,
}

impl Failure {
    /// A failure of our own (125).
    pub(super) fn ours(line: impl Into<String>) -> Self {
        Self {
            code: OURS,
            subject: None,
            line: Some(line.into()),
        }
    }

    /// Exits with `code` without a word.
    pub(super) fn silent(code: i32) -> Self {
        Self {
            code,
            subject: None,
            line: None,
        }
    }

    /// The same, said of the container that the user called `word`.
    pub(super) fn about(mut self, word: &str) -> Self {
        self.subject = Some(word.to_owned());
        self
    }

    /// Writes `minic-tui: VERB WORD: line` to standard error, whatever it holds; `verb` is empty
    /// where there is none.
    pub(super) fn report(&self, verb: &str) {
        if let Some(line) = self.told(verb) {
            eprintln!("minic-tui: {}", sanitize(&line.replace('\n', " ")));
        }
    }

    fn told(&self, verb: &str) -> Option<String> {
        let line = self.line.as_deref()?;
        let words: Vec<&str> = [verb, self.subject.as_deref().unwrap_or_default()]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        Some(match words.is_empty() {
            true => line.to_owned(),
            false => format!("{}: {line}", words.join(" ")),
        })
    }
}

impl From<manager::Error> for Failure {
    fn from(error: manager::Error) -> Self {
        let what = match &error {
            manager::Error::Spec(wrong) => spec_line(wrong),
            other => other.to_string(),
        };
        Self {
            code: error.exit_code(),
            subject: None,
            line: Some(match error.hint() {
                Some(hint) => format!("{what} ({hint})"),
                None => what,
            }),
        }
    }
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        Self::ours(spec_line(&error))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::ours(format!("cannot write JSON: {error}"))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::ours(error.to_string())
    }
}

/// Writing to standard output failed. A reader that went away (`| head`) is no failure worth a
/// word.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::silent(BROKEN_PIPE),
            _ => Self::ours(format!("cannot write to standard output: {error}")),
        }
    }
}

/// The flag by which the command line knows a field.
fn spec_line(error: &SpecError) -> String {
    match error.field {
        "command" | "id" => error.to_string(),
        "pids" => format!("--pids-limit: {}", error.reason),
        field => format!("--{field}: {}", error.reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_flag_and_ends_in_the_hint() {
        let line = |failure: Failure| failure.line.unwrap();
        assert_eq!(
            line(SpecError::new("pids", "no").into()),
            "--pids-limit: no"
        );
        assert_eq!(line(SpecError::new("command", "no").into()), "command: no");
        let unknown = Failure::from(manager::Error::Unknown("web".into()));
        assert_eq!(unknown.code, 1);
        assert_eq!(
            unknown.about("web").told("stop").unwrap(),
            "stop web: no container \"web\" (`minic-tui list` shows all containers)"
        );
        assert_eq!(Failure::ours("x").told("").unwrap(), "x");
        assert_eq!(Failure::silent(1).told("stop"), None);
    }

    #[test]
    fn a_closed_pipe_is_quiet() {
        let quiet = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((quiet.code, quiet.line), (141, None));
        assert!(
            Failure::from(io::Error::from(io::ErrorKind::StorageFull))
                .line
                .is_some()
        );
    }
}
