//! `--env-file`: variables from a file, in docker's format.

use std::path::PathBuf;

use crate::spec::SpecError;
use crate::sys::files;

/// More than the kernel passes to a command in all, in bytes (execve(2)).
const MAX_BYTES: u64 = 8 << 20;

/// The `KEY=VALUE` and `KEY` lines of every file, in order. Empty lines and those that begin with
/// `#` say nothing; quotes are kept as they are, as docker does.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<String>, SpecError> {
    let mut pairs = Vec::new();
    for file in files {
        let wrong = |why: String| SpecError::new("env-file", format!("{}: {why}", file.display()));
        let text =
            files::read(file, MAX_BYTES).map_err(|e| wrong(format!("cannot read it: {e}")))?;
        let text = String::from_utf8(text).map_err(|_| wrong("it is not UTF-8".into()))?;
        pairs.extend(parse(text.trim_start_matches('\u{feff}')).map_err(wrong)?);
    }
    Ok(pairs)
}

fn parse(text: &str) -> Result<Vec<String>, String> {
    let mut pairs = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = line.split_once('=').map_or(line, |(key, _)| key);
        if key.is_empty() || key.contains(char::is_whitespace) || line.contains('\0') {
            return Err(format!(
                "line {}: {key:?} is not the name of a variable",
                number + 1
            ));
        }
        pairs.push(line.to_owned());
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_pairs_keys_or_nothing() {
        let pairs = parse("# said\n\nA=1\n  B=two words \nC=\"x\"\r\nLANG\nE=\n").unwrap();
        assert_eq!(pairs, ["A=1", "B=two words ", "C=\"x\"", "LANG", "E="]);
        assert_eq!(
            parse("A=1\nnot a name=2").unwrap_err(),
            "line 2: \"not a name\" is not the name of a variable"
        );
        assert!(parse("=x").is_err() && parse("A=\0").is_err());
    }
}
