//! JSON whose text cannot drive a terminal.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

use crate::spec::is_unsafe;

/// Indented JSON with a newline.
///
/// # Errors
/// When `value` cannot be JSON.
pub fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(write(value, Safe(serde_json::ser::PrettyFormatter::new()))? + "\n")
}

/// JSON on one line, with its newline.
///
/// # Errors
/// When `value` cannot be JSON.
pub fn line(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(to_json(value)? + "\n")
}

/// JSON on one line, without a newline.
///
/// # Errors
/// When `value` cannot be JSON.
pub fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    write(value, Safe(serde_json::ser::CompactFormatter))
}

fn write(value: &impl Serialize, formatter: impl Formatter) -> serde_json::Result<String> {
    let mut text = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut text, formatter,
    ))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// JSON escapes the control characters of ASCII, but not DEL nor C1, which terminals obey too
/// (ECMA-48), nor what reorders or hides text: those are escaped here.
struct Safe<F>(F);

macro_rules! pass_on {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(fn $method<W: ?Sized + io::Write>(&mut self, writer: &mut W $(, $argument: $type)*) -> io::Result<()> {
            self.0.$method(writer $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Safe<F> {
    pass_on! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_unsafe) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let c = from.chars().next().unwrap_or_default();
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &from[c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_comes_out_and_the_value_stays() {
        let text = "\u{1b}[31m\u{7f}\u{9b}2J\u{85}é\n".to_owned();
        let written = line(&[&text]).unwrap();
        assert!(
            written.trim_end().chars().all(|c| !c.is_control()),
            "{written:?}"
        );
        assert_eq!(
            serde_json::from_str::<Vec<String>>(&written).unwrap(),
            [text]
        );
    }

    #[test]
    fn it_is_laid_out_as_serde_json_does() {
        let value = serde_json::json!({"a": [1, {"b": null}], "c": []});
        assert_eq!(
            pretty(&value).unwrap(),
            serde_json::to_string_pretty(&value).unwrap() + "\n"
        );
    }
}
