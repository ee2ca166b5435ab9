//! Splitting a typed command into its words and writing words back, with the quoting of sh but
//! nothing else of it: no variables, no globs, no pipes. A command that needs a shell is typed as
//! `sh -c '…'`.

/// Splits `text` as POSIX sh would split it into words (Shell Command Language, 2.2 Quoting).
///
/// # Errors
/// The quote that is missing, in one line.
pub fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => quoted(&mut chars, word.get_or_insert_default())?,
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => match chars.next() {
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err("it ends in a backslash; write \\\\ for one".into()),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), String> {
    for c in chars {
        match c {
            '\'' => return Ok(()),
            c => word.push(c),
        }
    }
    Err("a ' is never closed".into())
}

fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), String> {
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok(()),
            '\\' => match chars.next() {
                Some(c @ ('$' | '`' | '"' | '\\')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => break,
            },
            c => word.push(c),
        }
    }
    Err("a \" is never closed".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_a_shell_splits_them() {
        let words = |text: &str| split(text).unwrap();
        assert_eq!(words("sleep 1000"), ["sleep", "1000"]);
        assert_eq!(
            words("sh -c 'while true; do :; done'"),
            ["sh", "-c", "while true; do :; done"]
        );
        assert_eq!(
            words(r#"a"b c"d '' "\"x\" \n""#),
            ["ab cd", "", r#""x" \n"#]
        );
        assert_eq!(words(r"a\ b \'"), ["a b", "'"]);
        assert!(words("   ").is_empty());
    }

    #[test]
    fn what_is_open_is_said() {
        assert!(split("sh -c 'oops").unwrap_err().contains('\''));
        assert!(split("echo \"oops").unwrap_err().contains('"'));
        assert!(split("echo \\").unwrap_err().contains("backslash"));
    }

    #[test]
    fn joined_words_split_back() {
        let words: Vec<String> = ["sh", "-c", "x='a b'; echo \"$x\" \\", "", "é*", "a=b"]
            .map(String::from)
            .to_vec();
        assert_eq!(split(&crate::spec::quote_command(&words)).unwrap(), words);
        assert_eq!(
            crate::spec::quote_command(&["sleep".into(), "10".into()]),
            "sleep 10"
        );
    }
}
