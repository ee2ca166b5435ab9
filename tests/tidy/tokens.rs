//! Rust source as words and punctuation, with what is not code left out.

/// A word or one character of punctuation, and its line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Token<'a> {
    pub text: &'a str,
    pub line: usize,
}

/// The tokens of `source` without comments, attributes, and what stands in strings and character
/// literals.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let bytes = source.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let mut found: Vec<Token<'_>> = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < bytes.len() {
        let start = i;
        match at(i) {
            b'/' if at(i + 1) == b'/' => i += source[i..].find('\n').unwrap_or(bytes.len() - i),
            b'/' if at(i + 1) == b'*' => {
                let mut depth = 0;
                while i < bytes.len() {
                    match (at(i), at(i + 1)) {
                        (b'/', b'*') => (depth, i) = (depth + 1, i + 2),
                        (b'*', b'/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            b'"' => {
                i += 1;
                while i < bytes.len() && at(i) != b'"' {
                    i += if at(i) == b'\\' { 2 } else { 1 };
                }
                i += 1;
            }
            b'\'' if at(i + 1) == b'\\' => {
                i += 3
                    + source
                        .get(i + 3..)
                        .and_then(|rest| rest.find('\''))
                        .unwrap_or(0)
                    + 1
            }
            b'\'' => {
                let length = source[i + 1..].chars().next().map_or(0, char::len_utf8);
                i += if at(i + 1 + length) == b'\'' {
                    length + 2
                } else {
                    1
                };
            }
            b if word(b) => {
                while i < bytes.len() && word(at(i)) {
                    i += 1;
                }
                let hashes = bytes[i..].iter().take_while(|b| **b == b'#').count();
                if matches!(&source[start..i], "r" | "br" | "cr") && at(i + hashes) == b'"' {
                    let end = format!("\"{}", "#".repeat(hashes));
                    let body = i + hashes + 1;
                    i = body + source[body..].find(&end).unwrap_or(0) + end.len();
                } else {
                    found.push(Token {
                        text: &source[start..i],
                        line,
                    });
                }
            }
            b => {
                i += 1;
                if !b.is_ascii_whitespace() {
                    found.push(Token {
                        text: &source[start..i],
                        line,
                    });
                }
            }
        }
        i = i.min(bytes.len());
        line += source[start..i].matches('\n').count();
    }
    without_attributes(&found)
}

fn without_attributes<'a>(all: &[Token<'a>]) -> Vec<Token<'a>> {
    let text = |i: usize| all.get(i).map_or("", |token| token.text);
    let mut kept = Vec::new();
    let mut i = 0;
    while i < all.len() {
        let open = if text(i + 1) == "!" { i + 2 } else { i + 1 };
        if text(i) != "#" || text(open) != "[" {
            kept.push(all[i]);
            i += 1;
            continue;
        }
        let mut depth = 0;
        i = open;
        while i < all.len() {
            depth += i32::from(text(i) == "[") - i32::from(text(i) == "]");
            i += 1;
            if depth == 0 {
                break;
            }
        }
    }
    kept
}
