//! minic-tui: forks the launcher before any thread is started, then runs cli, tui or web.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use minic_tui::cli::{self, Next, Screen, Web};
use minic_tui::config::{Config, Overrides};
use minic_tui::demo::Demo;
use minic_tui::manager::{Engine, Manager, StateDir};
use minic_tui::tui::theme::Symbols;
use minic_tui::tui::{self, Reload, Settings, remembered};
use minic_tui::web;

fn main() -> ExitCode {
    cli::install_panic_hook();
    match cli::main(std::env::args_os()) {
        Next::Exit(code) => code,
        Next::Screen(screen) => {
            open(&screen).unwrap_or_else(|error| cli::refuse(&format!("{error:#}")))
        }
        Next::Web(web) => serve(&web).unwrap_or_else(|error| cli::refuse(&format!("{error:#}"))),
    }
}

fn open(screen: &Screen) -> anyhow::Result<ExitCode> {
    let mut settings = settings(&screen.config, &screen.flags)?;
    settings.read_only = screen.options.read_only;
    if screen.options.ascii {
        settings.theme.symbols = Symbols::ASCII;
    }
    let engine = engine(&screen.config, screen.demo, &mut settings)?;
    if screen.options.plain {
        return Ok(cli::plain(&engine));
    }
    settings.remembered_in = remembered::file(|name| std::env::var_os(name));
    let reload = Reload::new(screen.flags.clone(), &settings);
    tui::run(engine, settings, Some(reload)).map(|()| ExitCode::SUCCESS)
}

fn serve(web: &Web) -> anyhow::Result<ExitCode> {
    let mut settings = settings(&web.config, &web.flags)?;
    let engine = engine(&web.config, web.options.demo, &mut settings)?;
    web::serve(engine, web, settings, &cli::say).map(|()| ExitCode::SUCCESS)
}

fn settings(config: &Config, flags: &Overrides) -> anyhow::Result<Settings> {
    let mut settings = Settings::from_config(config)?;
    settings.config_file = Some(Config::file(flags, |name| std::env::var_os(name)));
    let state = StateDir(config.state.clone());
    if state != StateDir::default() {
        settings
            .program
            .extend(["--state".into(), state.0.display().to_string()]);
    }
    // where the presets are
    if let Some(file) = &flags.file {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        settings
            .program
            .extend(["--config".into(), file.display().to_string()]);
    }
    Ok(settings)
}

/// Forks the launcher: no thread may have been started before.
fn engine(config: &Config, demo: bool, settings: &mut Settings) -> anyhow::Result<Arc<dyn Engine>> {
    if demo {
        settings.badge = Some("DEMO".into());
        return Ok(Arc::new(Demo::new(1, Arc::new(Timestamp::now))));
    }
    Ok(Arc::new(
        Manager::open(&StateDir(config.state.clone()))?
            .with_users(config.userns, config.ids)
            .with_launcher()?,
    ))
}
