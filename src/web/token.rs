//! [`Token`]: the secret of the link, new at each start.

use anyhow::anyhow;

/// Length of a token, in bytes.
const BYTES: usize = 32;

/// A secret, as hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new token from getrandom(2).
    ///
    /// # Errors
    /// When getrandom(2) fails.
    pub fn random() -> anyhow::Result<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| anyhow!("draw a random token: {error}"))?;
        Ok(Self(
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    /// The digits.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether `guess` is this token, compared in constant time.
    pub fn is(&self, guess: &str) -> bool {
        let (own, guess) = (self.0.as_bytes(), guess.as_bytes());
        own.len() == guess.len()
            && std::hint::black_box(
                own.iter()
                    .zip(guess)
                    .fold(0, |wrong, (a, b)| wrong | (a ^ b)),
            ) == 0
    }
}

/// Keeps the secret out of logs.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_matches() {
        let (one, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert_eq!(one.text().len(), 64);
        assert!(one.is(one.text()) && !one.is(other.text()));
        assert!(!one.is("") && !one.is(&one.text()[1..]) && !one.is(&format!("{}0", one.text())));
        let mut wrong = one.text().to_owned().into_bytes();
        wrong[63] = if wrong[63] == b'0' { b'1' } else { b'0' };
        assert!(!one.is(std::str::from_utf8(&wrong).unwrap()));
        assert!(!format!("{one:?}").contains(one.text()));
    }
}
