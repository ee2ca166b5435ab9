//! The screen in a browser, and the same facts for programs: pages, WebSockets, a JSON API, metrics.
//!
//! [`serve`] is its front door. Nothing comes in but through [`door`]: host, origin, token, and only then a route. One [`hub::Hub`]
//! observes for everybody; a viewer is a thread with a model of its own ([`screen`]), drawn on a page instead of a terminal.
//! The asynchronous runtime lives in this process alone.

pub mod api;
mod context;
mod door;
mod hub;
mod listen;
mod metrics;
mod page;
pub mod routes;
pub mod screen;
mod tls;
mod token;

use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::Web;
use crate::manager::Engine;
use crate::tui::theme::{ColorDepth, Symbols, Theme};
use crate::tui::{Reload, Settings};
use context::Context;

/// Serves `engine` as `wanted` says until SIGINT, SIGTERM or SIGHUP. `say` tells the person the link. Containers keep running.
///
/// # Errors
/// When the certificate cannot be read, the address is taken, or a thread cannot be started.
pub fn serve(
    engine: Arc<dyn Engine>,
    wanted: &Web,
    mut settings: Settings,
    say: &dyn Fn(&str) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let (door, theme) = (&wanted.door, wanted.config.theme.as_str());
    settings.read_only = !door.allow_control;
    // a page shows every colour and symbol, whatever the terminal does from which it is served
    settings.theme = Theme::named(theme, ColorDepth::True, Symbols::UNICODE)?;
    settings.fixed_theme = true;
    let reload = Reload::new(wanted.flags.clone(), &settings);
    let tls = door.tls.as_ref().map(|(cert, key)| tls::acceptor(cert, key)).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(std::time::Duration::from_secs(5))
        .max_blocking_threads(listen::MOST_CONNECTIONS)
        .build()
        .context("start the runtime")?;
    let result = runtime.block_on(async {
        let listener =
            tokio::net::TcpListener::bind(door.bind).await.with_context(|| format!("listen on {} (choose another --bind)", door.bind))?;
        let address = listener.local_addr().context("ask for the port")?;
        let hub = hub::Hub::start(Arc::clone(&engine), settings.tick, reload)?;
        let context = Arc::new(Context::new(engine, hub, wanted, address, settings)?);
        let ends = listen::Ends::listen()?;
        say(&context.greeting()).context("say the link")?;
        listen::serve(listener, tls, routes::router(context), ends).await;
        Ok(())
    });
    // a viewer's thread may be waiting for a container to stop: that goes on without us
    runtime.shutdown_background();
    result
}
