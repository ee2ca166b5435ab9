//! [`Context`]: the state that all routes share.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::Semaphore;

use super::hub::Hub;
use super::token::Token;
use crate::cli::Web;
use crate::manager::Engine;
use crate::tui::Settings;

/// Maximum number of changes in progress: each holds a thread, and a stop may take an hour.
const MAX_CHANGES: usize = 64;
/// The port printed in the link of a socket, where `ssh -L` chooses it.
const FORWARDED_PORT: u16 = 7070;

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// On a port.
    Port(SocketAddr),
    /// On a unix socket.
    Socket(PathBuf),
}

impl Address {
    /// Whether `ip` and `port` of a Host header can mean this server. A socket may be forwarded to
    /// any port.
    fn has(&self, ip: IpAddr, port: u16) -> bool {
        match self {
            Self::Port(own) => port == own.port() && (ip == own.ip() || own.ip().is_unspecified()),
            Self::Socket(_) => ip.is_loopback(),
        }
    }

    fn has_port(&self, port: u16) -> bool {
        matches!(self, Self::Socket(_)) || matches!(self, Self::Port(own) if own.port() == port)
    }
}

/// The state that all routes share.
pub struct Context {
    pub engine: Arc<dyn Engine>,
    pub hub: Arc<Hub>,
    /// The settings of the viewers' screens.
    pub settings: Settings,
    /// The theme's name: the page around the cells follows it.
    pub theme: &'static str,
    /// Permits for requests that change something.
    pub changes: Semaphore,
    /// Cells of all pages together.
    pub cells: AtomicUsize,
    /// The token that requests must carry.
    pub token: Token,
    /// Host names accepted beside addresses, lower case.
    names: Vec<String>,
    address: Address,
    tls: bool,
}

impl Context {
    /// A context with a new token.
    ///
    /// # Errors
    /// When the kernel gives no random numbers.
    pub fn new(
        engine: Arc<dyn Engine>,
        hub: Arc<Hub>,
        wanted: &Web,
        address: Address,
        settings: Settings,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            engine,
            hub,
            settings,
            theme: wanted.config.theme.as_str(),
            changes: Semaphore::new(MAX_CHANGES),
            cells: AtomicUsize::new(0),
            token: Token::random()?,
            names: wanted
                .options
                .hosts
                .iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            address,
            tls: wanted.options.tls.is_some(),
        })
    }

    /// Whether authenticated clients may change something.
    pub fn may_change(&self) -> bool {
        !self.settings.read_only
    }

    /// Whether the kernel has authenticated the peers (a unix socket).
    pub fn knows_peers(&self) -> bool {
        matches!(self.address, Address::Socket(_))
    }

    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// Whether `host`, a Host header's value, is this server. Addresses are safe against DNS
    /// rebinding; of names, only the configured ones are accepted.
    pub fn answers_to(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, port.parse().ok()),
            _ => (host, Some(if self.tls { 443 } else { 80 })),
        };
        let Some(port) = port else { return false };
        let name = name.to_ascii_lowercase();
        let ip = name
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'))
            .unwrap_or(&name)
            .parse::<IpAddr>();
        match ip {
            Ok(ip) => self.address.has(ip, port),
            Err(_) => {
                self.address.has_port(port) && (name == "localhost" || self.names.contains(&name))
            }
        }
    }

    /// The text printed at the start: the link, and what it allows.
    pub fn greeting(&self) -> String {
        let what = if self.may_change() {
            "whoever has this link can control containers"
        } else {
            "read-only; --allow-control lets it change containers"
        };
        let (host, more) = match &self.address {
            Address::Port(own) => {
                let host = match (self.names.first(), own.ip()) {
                    (Some(name), _) => format!("{name}:{}", own.port()),
                    (None, ip) if ip.is_unspecified() => format!("localhost:{}", own.port()),
                    _ => own.to_string(),
                };
                (host, String::new())
            }
            Address::Socket(path) => {
                let path = crate::spec::sanitize(&path.display().to_string()).into_owned();
                let more = format!(
                    "In a browser, through: ssh -L {FORWARDED_PORT}:{path} HOST\nHere: curl --unix-socket {path} http://localhost/api/containers\n"
                );
                (format!("localhost:{FORWARDED_PORT}"), more)
            }
        };
        format!(
            "minic-tui web: {}://{host}/#token={}\n{more}({what}; Ctrl-C ends the server, not the containers)",
            self.scheme(),
            self.token.text()
        )
    }
}
