//! minic-tui: forks the launcher before any thread; picks cli or tui. Nothing else.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use minic_tui::cli::{self, Next, Screen};
use minic_tui::config::Config;
use minic_tui::manager::{Demo, Engine, Manager, StateDir};
use minic_tui::tui::theme::Symbols;
use minic_tui::tui::{self, Reload, Settings};

fn main() -> ExitCode {
    cli::install_panic_hook();
    match cli::main(std::env::args_os()) {
        Next::Exit(code) => code,
        Next::Screen(screen) => open(&screen).unwrap_or_else(|error| cli::refuse(&format!("{error:#}"))),
    }
}

fn open(screen: &Screen) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::from_config(&screen.config)?;
    settings.config_file = Some(Config::file(&screen.flags, |name| std::env::var_os(name)));
    settings.read_only = screen.looks.read_only;
    if screen.looks.ascii {
        settings.theme.symbols = Symbols::ASCII;
    }
    let state = StateDir(screen.config.state.clone());
    if state != StateDir::default() {
        settings.program.extend(["--state".into(), state.0.display().to_string()]);
    }
    let engine: Arc<dyn Engine> = if screen.demo {
        settings.badge = Some("DEMO".into());
        Arc::new(Demo::new(1, Arc::new(Timestamp::now)))
    } else {
        Arc::new(Manager::open(&state)?.with_ids(screen.config.ids).with_launcher()?)
    };
    if screen.looks.plain {
        return Ok(cli::plain(&engine));
    }
    let reload = Reload::new(screen.flags.clone(), &settings);
    tui::run(engine, settings, Some(reload)).map(|()| ExitCode::SUCCESS)
}
