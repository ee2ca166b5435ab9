//! The screen in a browser, and the same facts for programs: pages, WebSockets, a JSON API,
//! metrics.
//!
//! [`serve`] is the entry point. Every request passes [`access`] first: host, origin, token. One
//! [`hub::Hub`] observes for all viewers; a viewer is a thread with a model of its own
//! ([`screen`]), drawn on a page instead of a terminal. Only this process has an asynchronous
//! runtime.

mod access;
mod answer;
pub mod api;
mod context;
mod hub;
mod inbox;
mod listen;
mod metrics;
mod page;
pub mod routes;
pub mod screen;
mod slots;
mod socket;
mod tls;
mod token;
mod write_timeout;

use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::{Listen, Web};
use crate::manager::Engine;
use crate::tui::theme::{ColorDepth, Symbols, Theme};
use crate::tui::{Reload, Settings};
use context::{Address, Context};
use listen::Listener;
use socket::Socket;

/// Maximum number of threads that handle requests: half for changes, half for reads.
const MAX_THREADS: usize = 128;

/// Serves `engine` as `wanted` says until SIGINT, SIGTERM or SIGHUP. `say` prints the link.
/// Containers keep running.
///
/// # Errors
/// When the certificate cannot be read, the address is taken, or a thread cannot be started.
pub fn serve(
    engine: Arc<dyn Engine>,
    wanted: &Web,
    mut settings: Settings,
    say: &dyn Fn(&str) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let (options, theme) = (&wanted.options, wanted.config.theme.as_str());
    settings.read_only = !options.allow_control;
    // a page shows every colour and symbol, whatever the server's own terminal supports
    settings.theme = Theme::named(theme, ColorDepth::True, Symbols::UNICODE)?;
    settings.fixed_theme = true;
    let reload = Reload::new(wanted.flags.clone(), &settings);
    let tls = options
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
        let (listener, address) = match &options.listen {
            Listen::Port(bind) => {
                let listener = tokio::net::TcpListener::bind(bind).await;
                let listener = listener
                    .with_context(|| format!("listen on {bind} (choose another --bind)"))?;
                let address = listener.local_addr().context("get the local port")?;
                (Listener::Port(listener, tls), Address::Port(address))
            }
            Listen::Socket(path) => (
                Listener::Socket(Socket::listen(path)?),
                Address::Socket(path.clone()),
            ),
        };
        let hub = hub::Hub::start(Arc::clone(&engine), settings.tick, reload)?;
        let context = Arc::new(Context::new(engine, hub, wanted, address, settings)?);
        let ends = listen::ShutdownSignals::listen()?;
        say(&context.greeting()).context("print the link")?;
        listen::serve(listener, routes::router(context), ends).await;
        Ok(())
    });
    // a viewer's thread may be waiting for a container to stop; do not wait for it
    runtime.shutdown_background();
    result
}
