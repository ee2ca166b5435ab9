//! minic-tui: forks the launcher before any thread; picks cli or tui. Nothing else.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use minic_tui::cli::{self, Next, Screen};
use minic_tui::manager::{Demo, Engine, Manager, StateDir};
use minic_tui::tui::{self, Settings};

fn main() -> ExitCode {
    cli::install_panic_hook();
    match cli::main(std::env::args_os()) {
        Next::Exit(code) => code,
        Next::Screen(screen) => open(&screen).map_or_else(|error| cli::refuse(&format!("{error:#}")), |()| ExitCode::SUCCESS),
    }
}

fn open(screen: &Screen) -> anyhow::Result<()> {
    let mut settings = Settings::from_config(&screen.config)?;
    let state = StateDir(screen.config.state.clone());
    if state != StateDir::default() {
        settings.program.extend(["--state".into(), state.0.display().to_string()]);
    }
    let engine: Arc<dyn Engine> = if screen.demo {
        settings.badge = Some("DEMO".into());
        Arc::new(Demo::new(1, Arc::new(Timestamp::now)))
    } else {
        Arc::new(Manager::open(&state)?.with_launcher()?)
    };
    tui::run(engine, settings)
}
