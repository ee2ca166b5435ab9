//! Access checks. Each request is checked for its host (against DNS rebinding), its origin (against
//! other sites) and its token, in this order. Responses carry headers that keep other sites from
//! using them.
//!
//! There is no cookie: a browser sends those to every port of a host, by itself. The page keeps
//! the token in the storage of its origin and sends it explicitly.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, ORIGIN, SEC_WEBSOCKET_PROTOCOL,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::answer::Refusal;
use super::context::Context;
use super::slots::Slot;
use super::{page, screen};

/// Maximum size of a request's body, in bytes.
const MAX_BODY: usize = 64 << 10;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);
/// Sent by browsers alone, and no page can suppress it (Fetch Metadata).
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Response headers that restrict what a browser does with our pages.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; manifest-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Passes `request` on if it is allowed, and adds the security headers to the response.
pub(super) async fn check(
    State(context): State<Arc<Context>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match handle(&context, request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

async fn handle(context: &Context, request: Request, next: Next) -> Result<Response, Refusal> {
    let Some(slot) = request.extensions().get::<Arc<Slot>>().cloned() else {
        return Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "bug: the connection has no slot",
            Some("please report it"),
        ));
    };
    authorize(context, &request)?;
    if is_public(&request) {
        return Ok(next.run(request).await);
    }
    let busy = || {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests at once",
            Some("try again later"),
        )
    };
    slot.authenticate().map_err(|_| busy())?;
    let response = async {
        let change = if changes_something(request.method()) {
            may_change(context)?;
            Some(context.changes.try_acquire().map_err(|_| busy())?)
        } else {
            None
        };
        let request = with_body(request, &slot).await?;
        let response = next.run(request).await;
        drop(change);
        Ok(response)
    };
    let response = response.await;
    slot.end_request();
    response
}

fn authorize(context: &Context, request: &Request) -> Result<(), Refusal> {
    let headers = request.headers();
    let Some(host) = one(headers, &HOST).filter(|host| context.answers_to(host)) else {
        let (error, hint) = (
            "unknown host name",
            "use its address, or start it with --host NAME",
        );
        return Err(Refusal::new(StatusCode::FORBIDDEN, error, Some(hint)));
    };
    let own = format!("{}://{host}", context.scheme());
    if headers.contains_key(ORIGIN) && one(headers, &ORIGIN) != Some(&own) {
        let hint = "open the link that `minic-tui web` printed";
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "cross-site request",
            Some(hint),
        ));
    }
    let shows_screen = request.uri().path() == screen::PATH;
    if (changes_something(request.method()) || shows_screen) && !headers.contains_key(ORIGIN) {
        let hint = format!("send `Origin: {own}`");
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "no Origin header: required for changes",
            Some(&hint),
        ));
    }
    // a peer that the kernel has authenticated needs no token, except a browser, which sends
    // whatever a page asks it to
    let known = context.knows_peers() && !shows_screen && !headers.contains_key(SEC_FETCH_SITE);
    if is_public(request) || known || holds_token(context, request) {
        return Ok(());
    }
    let hint = "send `Authorization: Bearer TOKEN` with the token that `minic-tui web` printed";
    Err(Refusal::new(
        StatusCode::UNAUTHORIZED,
        "missing or wrong token",
        Some(hint),
    ))
}

/// The value of a header that occurs exactly once.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    all.next()
        .filter(|_| all.next().is_none())
        .and_then(|value| value.to_str().ok())
}

/// The page and its assets are public: they hold no data.
fn is_public(request: &Request) -> bool {
    is_read(request.method()) && page::PATHS.contains(&request.uri().path())
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn changes_something(method: &Method) -> bool {
    !(is_read(method) || *method == Method::OPTIONS)
}

/// Checked before the body is read.
fn may_change(context: &Context) -> Result<(), Refusal> {
    if context.may_change() {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "this server is read-only",
        Some("start it with --allow-control"),
    ))
}

/// The token is in the Authorization header; for a WebSocket, of which a page can set nothing but
/// the list of protocols (RFC 6455, section 1.9), it is there.
fn holds_token(context: &Context, request: &Request) -> bool {
    let headers = request.headers();
    let bearer = one(headers, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    if bearer.is_some_and(|token| context.token.is(token.trim())) {
        return true;
    }
    let protocols =
        one(headers, &SEC_WEBSOCKET_PROTOCOL).filter(|_| request.uri().path() == screen::PATH);
    let mut tokens = protocols
        .into_iter()
        .flat_map(|list| list.split(','))
        .filter_map(|word| word.trim().strip_prefix(screen::TOKEN));
    tokens.any(|token| context.token.is(token))
}

/// Reads the whole body, bounded in size and time.
async fn with_body(request: Request, slot: &Slot) -> Result<Request, Refusal> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let too_large = || {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {} KiB", MAX_BODY >> 10),
            None,
        )
    };
    let length =
        one(request.headers(), &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(too_large());
    }
    let (head, body) = request.into_parts();
    slot.begin_body();
    let read = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY)).await;
    slot.end_body();
    match read {
        Ok(Ok(bytes)) => Ok(Request::from_parts(head, Body::from(bytes))),
        Ok(Err(_)) if length.is_none() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "the body is incomplete",
            None,
        )),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "timed out waiting for the body",
            None,
        )
        .closing()),
    }
}
