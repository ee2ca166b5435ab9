//! `web`: the screen in a browser. Only what the command line says of it; `crate::web` serves it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;

const MORE: &str = "\
It prints a link with a token that is new at every start; the page keeps it for as long as its tab is open. Scripts send the token
as `Authorization: Bearer TOKEN`, and with what changes something also `Origin: http://127.0.0.1:7070`. GET /api/openapi.json
describes the API, GET /metrics is for Prometheus. Containers keep running when the server ends.

Over ssh: `ssh -L 7070:127.0.0.1:7070 HOST` on the machine with the browser, then open the link there.

With --socket, root's programs on this host need no token: `curl --unix-socket PATH http://localhost/api/containers`. A browser comes
in through `ssh -L 7070:PATH HOST` and needs the link. Whoever reaches a forwarded port is root's program too: forward it on a
machine that is yours alone.";

/// Serve the screen to browsers, and an API to programs: JSON, events, metrics
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(super) struct WebArguments {
    /// Listen here; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7070))]
    bind: SocketAddr,

    /// Listen on this unix socket instead: mode 0600, only for root on this host
    #[arg(long, value_name = "PATH", conflicts_with_all = ["bind", "cert", "insecure"], value_hint = clap::ValueHint::FilePath)]
    socket: Option<PathBuf>,

    /// Let viewers and programs change containers; otherwise access is read-only
    #[arg(long)]
    allow_control: bool,

    /// Serve TLS with this certificate chain (PEM)
    #[arg(long, value_name = "FILE", requires = "key", value_hint = clap::ValueHint::FilePath)]
    cert: Option<PathBuf>,

    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = clap::ValueHint::FilePath)]
    key: Option<PathBuf>,

    /// Also accept this host name, beside addresses and localhost; may be repeated
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,

    /// Listen beyond this machine without TLS: anyone who can intercept the connection can become
    /// root
    #[arg(long)]
    insecure: bool,

    /// Serve sample data: nothing is run, root is not needed
    #[arg(long)]
    demo: bool,
}

/// Where connections come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// This address and port.
    Port(SocketAddr),
    /// This unix socket.
    Socket(PathBuf),
}

/// Who is let in, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOptions {
    /// Where it listens.
    pub listen: Listen,
    /// Whether those who come in may change something.
    pub allow_control: bool,
    /// Certificate chain and private key, PEM files.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Names that it answers to, beside addresses and `localhost`.
    pub hosts: Vec<String>,
    /// On sample data.
    pub demo: bool,
}

impl WebArguments {
    /// What was asked for, unless it would let the network read along.
    pub(super) fn options(self) -> Result<WebOptions, Failure> {
        if !(self.bind.ip().is_loopback() || self.cert.is_some() || self.insecure) {
            return Err(Failure::ours(format!(
                "--bind {}: others could read the token and become root here (give --cert and --key, or bind 127.0.0.1 and use ssh -L; \
                 --insecure does it all the same)",
                self.bind
            )));
        }
        let listen = self.socket.map_or(Listen::Port(self.bind), Listen::Socket);
        Ok(WebOptions {
            listen,
            allow_control: self.allow_control,
            tls: self.cert.zip(self.key),
            hosts: self.hosts,
            demo: self.demo,
        })
    }
}
