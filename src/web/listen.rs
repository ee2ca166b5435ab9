//! [`serve`]: connections, each bounded in number, in the size of what it says first, and in the
//! time that it may take for it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_rustls::TlsAcceptor;

use super::patient::Patient;
use super::places::{Peer, Place, Places};
use super::socket::Socket;

/// How long a TLS handshake, the head of a request or the pause before the next request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of a request's head.
const MAX_HEAD: usize = 16 << 10;
/// How long it waits when no connection can be taken: file descriptors have run out, and come back.
const PAUSE: Duration = Duration::from_millis(200);

/// The signals that end the server. Listen for them before anybody is told that it is there.
pub(super) struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Ends {
    /// Listens for SIGINT, SIGTERM and SIGHUP.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("wait for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    async fn come(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

/// Where connections come from.
pub(super) enum Listener {
    /// A port, with TLS or without.
    Port(TcpListener, Option<TlsAcceptor>),
    /// A unix socket.
    Socket(Socket),
}

/// Serves `router` on `listener` until one of `ends` comes.
pub(super) async fn serve(listener: Listener, router: Router, mut ends: Ends) {
    let places = Arc::new(Places::default());
    loop {
        tokio::select! {
            () = take(&listener, &places, &router) => {}
            () = ends.come() => return,
        }
        // whose place was taken goes before the next comes, and who came is heard before the next:
        // neither piles up
        tokio::task::yield_now().await;
    }
}

/// Takes one connection and serves it in a task of its own.
async fn take(listener: &Listener, places: &Arc<Places>, router: &Router) {
    let router = router.clone();
    match listener {
        Listener::Port(listener, tls) => {
            let Ok((stream, address)) = listener.accept().await else {
                return tokio::time::sleep(PAUSE).await;
            };
            // a key's answer is a small packet: it must not wait for a larger one
            let _ = stream.set_nodelay(true);
            let place = places.enter(Peer::at(address.ip()));
            tokio::spawn(port(stream, tls.clone(), router, place));
        }
        Listener::Socket(socket) => match socket.accept().await {
            Ok((stream, peer)) => {
                let place = places.enter(peer);
                tokio::spawn(async move { connection(stream, router, place).await });
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        },
    }
}

async fn port(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router, place: Arc<Place>) {
    let Some(tls) = tls else {
        return connection(stream, router, place).await;
    };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(PATIENCE, tls.accept(stream)) => shaken,
        () = place.lost() => return,
    };
    if let Ok(Ok(stream)) = shaken {
        connection(stream, router, place).await;
    }
}

/// Serves one connection until it ends or its place is lost.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    place: Arc<Place>,
) {
    let router = TowerToHyperService::new(router);
    let own = Arc::clone(&place);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&own));
        router.call(request.map(Body::new))
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Patient::new(stream)), service)
        .with_upgrades();
    tokio::select! {
        // a connection that breaks is nothing to tell anybody of
        _ = served => {}
        () = place.lost() => {}
    }
}
