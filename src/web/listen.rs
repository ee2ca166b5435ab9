//! [`serve`]: connections, each bounded in number, in the size of what it says first, and in the time that it may take for it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// The most connections at once; more wait.
pub const MOST_CONNECTIONS: usize = 256;
/// How long a TLS handshake or the head of a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of a request's head.
const MOST_HEAD: usize = 16 << 10;
/// How long it waits when no connection can be taken: file descriptors have run out, and come back.
const PAUSE: Duration = Duration::from_millis(200);

/// The signals that end the server. Listen for them before anybody is told that it is there.
pub struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Ends {
    /// Listens for SIGINT, SIGTERM and SIGHUP.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn listen() -> anyhow::Result<Self> {
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

/// Serves `router` on `listener` until one of `ends` comes.
pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, router: Router, mut ends: Ends) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let taken = tokio::select! {
            taken = take(&listener, &places) => taken,
            () = ends.come() => return,
        };
        let Some((stream, place)) = taken else { continue };
        let (tls, router) = (tls.clone(), router.clone());
        tokio::spawn(async move {
            let _place = place;
            match tls {
                None => connection(stream, router).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
                        connection(stream, router).await;
                    }
                }
            }
        });
    }
}

async fn take(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // a key's answer is a small packet: it must not wait for a larger one
            let _ = stream.set_nodelay(true);
            Some((stream, place))
        }
        Err(_) => {
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    // a connection that breaks is nothing to tell anybody of
    let _ = served.await;
}
