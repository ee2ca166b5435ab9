//! minic-tui: forks the launcher before any thread; picks cli, tui or web. Nothing else.

fn main() {}
