//! [`Context`]: what every route knows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::hub::Hub;
use super::token::Token;
use crate::cli::Web;
use crate::manager::Engine;
use crate::tui::Settings;

/// The most pages that are shown the screen at once: each is a thread.
const MOST_VIEWERS: usize = 100;

/// What every route knows.
pub struct Context {
    pub engine: Arc<dyn Engine>,
    pub hub: Arc<Hub>,
    /// What viewers' screens are made with.
    pub settings: Settings,
    /// The theme's name: the page around the cells follows it.
    pub theme: &'static str,
    /// The names it answers to, lower case, beside addresses.
    pub names: Vec<String>,
    pub address: SocketAddr,
    pub tls: bool,
    /// What the link holds.
    pub token: Token,
    /// What the cookie holds.
    pub cookie: Token,
    viewers: AtomicUsize,
}

/// The place of one viewer; free again when it is dropped.
pub struct Seat(Arc<Context>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Context {
    /// A context with new secrets.
    ///
    /// # Errors
    /// When the kernel gives no random numbers.
    pub fn new(engine: Arc<dyn Engine>, hub: Arc<Hub>, wanted: &Web, address: SocketAddr, settings: Settings) -> anyhow::Result<Self> {
        Ok(Self {
            engine,
            hub,
            settings,
            theme: wanted.config.theme.as_str(),
            names: wanted.door.hosts.iter().map(|name| name.to_ascii_lowercase()).collect(),
            address,
            tls: wanted.door.tls.is_some(),
            token: Token::random()?,
            cookie: Token::random()?,
            viewers: AtomicUsize::new(0),
        })
    }

    /// Whether those who came in may change something.
    pub fn may_change(&self) -> bool {
        !self.settings.read_only
    }

    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// The name of the cookie: cookies know no ports, so that two servers on one machine need two names.
    pub fn cookie_name(&self) -> String {
        format!("minic-{}", self.address.port())
    }

    /// What is said at the start: the link, and what can be done with it.
    pub fn greeting(&self) -> String {
        let host = match (self.names.first(), self.address.ip()) {
            (Some(name), _) => format!("{name}:{}", self.address.port()),
            (None, ip) if ip.is_unspecified() => format!("localhost:{}", self.address.port()),
            _ => self.address.to_string(),
        };
        let what = if self.may_change() {
            "whoever has this link can control containers"
        } else {
            "read-only; --allow-control lets it change containers"
        };
        format!(
            "minic-tui web: {}://{host}/?token={}\n({what}; Ctrl-C ends the server, not the containers)",
            self.scheme(),
            self.token.text()
        )
    }

    /// A place for one more viewer, unless there are too many.
    pub fn seat(self: &Arc<Self>) -> Option<Seat> {
        let taken = self.viewers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < MOST_VIEWERS).then_some(n + 1));
        taken.ok().map(|_| Seat(Arc::clone(self)))
    }
}
