//! Helpers for parsing the fields of a request.

use std::ops::RangeInclusive;
use std::str::FromStr;

use super::SpecError;

/// The text of a field, trimmed; `None` when it is blank.
pub(super) fn given(value: &Option<String>) -> Option<&str> {
    value
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// Parses every text of a list.
pub(super) fn parse_all<T: FromStr<Err = SpecError>>(
    texts: &[String],
) -> Result<Vec<T>, SpecError> {
    texts.iter().map(|text| text.parse()).collect()
}

/// Parses a whole number of `range`; `None` when the field is blank.
pub(super) fn number(
    field: &'static str,
    value: &Option<String>,
    range: RangeInclusive<i64>,
) -> Result<Option<i64>, SpecError> {
    let Some(text) = given(value) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(value) if range.contains(&value) => Ok(Some(value)),
        _ => Err(SpecError::new(
            field,
            format!(
                "{text:?} is not a number from {} to {}",
                range.start(),
                range.end()
            ),
        )),
    }
}

/// Refuses a NUL byte: execve(2) takes strings that end at one.
pub(super) fn no_nul(field: &'static str, words: &[String]) -> Result<(), SpecError> {
    match words.iter().find(|word| word.contains('\0')) {
        Some(word) => Err(SpecError::new(
            field,
            format!("{word:?} has a NUL byte, which no argument can contain"),
        )),
        None => Ok(()),
    }
}
