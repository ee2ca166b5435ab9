//! The screen in a browser, and the same facts for programs: pages, WebSockets, a JSON API,
//! metrics.
//!
//! [`serve`] is its front door. Nothing comes in but through [`door`]: host, origin, token, and
//! only then a place and a route. One [`hub::Hub`] observes for everybody; a viewer is a thread
//! with a model of its own ([`screen`]), drawn on a page instead of a terminal. The asynchronous
//! runtime lives in this process alone.

mod answer;
pub mod api;
mod context;
mod door;
mod hub;
mod inbox;
mod listen;
mod metrics;
mod page;
mod patient;
mod places;
pub mod routes;
pub mod screen;
mod socket;
mod tls;
mod token;

use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::{Listen, Web};
use crate::manager::Engine;
use crate::tui::theme::{ColorDepth, Symbols, Theme};
use crate::tui::{Reload, Settings};
use context::{Address, Context};
use listen::Listener;
use socket::Socket;

/// The most threads that carry requests out: those that change something, and as many that ask.
const MAX_THREADS: usize = 128;

/// Serves `engine` as `wanted` says until SIGINT, SIGTERM or SIGHUP. `say` tells the person the
/// link. Containers keep running.
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
    let tls = door
        .tls
        .as_ref()
        .map(|(cert, key)| tls::acceptor(cert, key))
        .transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(std::time::Duration::from_secs(5))
        .max_blocking_threads(MAX_THREADS)
        .build()
        .context("start the runtime")?;
    let result = runtime.block_on(async {
        let (listener, address) = match &door.listen {
            Listen::Port(bind) => {
                let listener = tokio::net::TcpListener::bind(bind).await;
                let listener = listener
                    .with_context(|| format!("listen on {bind} (choose another --bind)"))?;
                let address = listener.local_addr().context("ask for the port")?;
                (Listener::Port(listener, tls), Address::Port(address))
            }
            Listen::Socket(path) => (
                Listener::Socket(Socket::listen(path)?),
                Address::Socket(path.clone()),
            ),
        };
        let hub = hub::Hub::start(Arc::clone(&engine), settings.tick, reload)?;
        let context = Arc::new(Context::new(engine, hub, wanted, address, settings)?);
        let ends = listen::Ends::listen()?;
        say(&context.greeting()).context("say the link")?;
        listen::serve(listener, routes::router(context), ends).await;
        Ok(())
    });
    // a viewer's thread may be waiting for a container to stop: that goes on without us
    runtime.shutdown_background();
    result
}
