//! minic-tui: forks the launcher before any thread; picks cli, tui or web. Nothing else.

use std::process::ExitCode;

use minic_tui::cli::{self, Next};

fn main() -> ExitCode {
    cli::install_panic_hook();
    match cli::main(std::env::args_os()) {
        Next::Exit(code) => code,
        Next::Screen(_) => cli::refuse("this build has no screen (`minic-tui --help` shows the verbs)"),
    }
}
