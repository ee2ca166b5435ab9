//! [`serve`]: accepts connections, bounded in number, in the size of a request's head, and in the
//! time that one may take.

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

use super::slots::{Peer, Slot, Slots};
use super::socket::Socket;
use super::write_timeout::WriteTimeout;

/// How long a TLS handshake, a request's head or the pause between two requests may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum size of a request's head, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// How long to wait when accept fails, usually for lack of file descriptors.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// The signals that end the server. Register them before the link is printed.
pub(super) struct ShutdownSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl ShutdownSignals {
    /// Registers SIGINT, SIGTERM and SIGHUP.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("register signal handlers");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    async fn recv(&mut self) {
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

/// Serves `router` on `listener` until one of `signals` arrives.
pub(super) async fn serve(listener: Listener, router: Router, mut signals: ShutdownSignals) {
    let slots = Arc::new(Slots::default());
    loop {
        tokio::select! {
            () = accept(&listener, &slots, &router) => {}
            () = signals.recv() => return,
        }
        // let closed connections end and the new one start before the next is accepted
        tokio::task::yield_now().await;
    }
}

/// Accepts one connection and serves it in its own task.
async fn accept(listener: &Listener, slots: &Arc<Slots>, router: &Router) {
    let router = router.clone();
    match listener {
        Listener::Port(listener, tls) => {
            let Ok((stream, address)) = listener.accept().await else {
                return tokio::time::sleep(RETRY_DELAY).await;
            };
            // frames are small packets and must not be delayed
            let _ = stream.set_nodelay(true);
            let slot = slots.open(Peer::at(address.ip()));
            tokio::spawn(port(stream, tls.clone(), router, slot));
        }
        Listener::Socket(socket) => match socket.accept().await {
            Ok((stream, peer)) => {
                let slot = slots.open(peer);
                tokio::spawn(async move { connection(stream, router, slot).await });
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
            Err(_) => tokio::time::sleep(RETRY_DELAY).await,
        },
    }
}

async fn port(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router, slot: Arc<Slot>) {
    let Some(tls) = tls else {
        return connection(stream, router, slot).await;
    };
    let handshake = tokio::select! {
        handshake = tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)) => handshake,
        () = slot.closed() => return,
    };
    if let Ok(Ok(stream)) = handshake {
        connection(stream, router, slot).await;
    }
}

/// Serves one connection until it ends or its slot is closed.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    slot: Arc<Slot>,
) {
    let router = TowerToHyperService::new(router);
    let own = Arc::clone(&slot);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&own));
        router.call(request.map(Body::new))
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(WriteTimeout::new(stream)), service)
        .with_upgrades();
    tokio::select! {
        // a broken connection is not an error of ours
        _ = served => {}
        () = slot.closed() => {}
    }
}
