//! The environment of a command, as `KEY=value` each.

/// Sets `pair` in `env`, replacing a pair with the same key.
pub(crate) fn set_variable(env: &mut Vec<String>, pair: &str) {
    let key = |pair: &str| pair.split_once('=').map_or(pair, |(key, _)| key).to_owned();
    let new = key(pair);
    env.retain(|old| key(old) != new);
    env.push(pair.to_owned());
}
