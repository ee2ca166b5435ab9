//! Measuring, cutting and wrapping text by the columns it takes on a terminal. The text is
//! sanitised already.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that `text` takes.
#[must_use]
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.width()
    }
}

/// `text` in at most `columns` columns, ending in `ellipsis` when something was cut off.
#[must_use]
pub fn truncate(text: &str, columns: usize, ellipsis: char) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut cut = text[..fitting(text, room)].to_owned();
    cut.push(ellipsis);
    Cow::Owned(cut)
}

/// How many bytes of `text` fit into `columns` columns.
#[must_use]
pub fn fitting(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return at;
        }
    }
    text.len()
}

/// What is left of `text` after its first `columns` columns.
#[must_use]
pub fn after(text: &str, columns: usize) -> &str {
    &text[fitting(text, columns)..]
}

/// `text` cut into rows of `columns` columns, at the edge; at least one row.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<&str> {
    let columns = columns.max(2); // room for a character of double width, or it would never end
    let mut rows = Vec::new();
    let mut rest = text;
    loop {
        let end = fitting(rest, columns);
        rows.push(&rest[..end]);
        rest = &rest[end..];
        if rest.is_empty() {
            return rows;
        }
    }
}

/// `text` cut into at most `max_rows` rows of `columns` columns, between words where there are any; the
/// last row ends in `ellipsis` when something is left out.
#[must_use]
pub fn wrap_words(text: &str, columns: usize, max_rows: usize, ellipsis: char) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if rows.len() + 1 >= max_rows.max(1) {
            rows.push(truncate(rest, columns, ellipsis).into_owned());
            break;
        }
        let end = fitting(rest, columns.max(2));
        let at = if end == rest.len() {
            end
        } else {
            rest[..end].rfind(' ').filter(|at| *at > 0).unwrap_or(end)
        };
        rows.push(rest[..at].trim_end().to_owned());
        rest = rest[at..].trim_start();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_by_columns_not_bytes() {
        assert_eq!(truncate("hello", 5, '…'), "hello");
        assert_eq!(truncate("hello", 4, '…'), "hel…");
        assert_eq!(truncate("日本語", 5, '…'), "日本…");
        assert_eq!(truncate("日本語", 4, '…'), "日…");
        assert_eq!(truncate("hello", 0, '…'), "");
        assert_eq!(truncate("cafe\u{301}s", 5, '…'), "cafe\u{301}s");
    }

    #[test]
    fn wrapped_rows_hold_everything() {
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(wrap("日本語", 3), ["日", "本", "語"]);
        assert_eq!(wrap("日", 1), ["日"], "never stuck");
        assert_eq!(after("日本語", 2), "本語");
    }

    #[test]
    fn words_are_kept_whole_if_possible() {
        assert_eq!(
            wrap_words("the quick brown fox", 10, 5, '…'),
            ["the quick", "brown fox"]
        );
        assert_eq!(
            wrap_words("the quick brown fox jumps", 10, 2, '…'),
            ["the quick", "brown fox…"]
        );
        assert_eq!(
            wrap_words("incomprehensible", 8, 3, '…'),
            ["incompre", "hensible"]
        );
        assert!(wrap_words("", 8, 3, '…').is_empty());
    }
}
