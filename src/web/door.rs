//! The door: what comes in is asked for its host (against DNS rebinding), its origin (against other
//! sites), its token, in this order; only then does it get a place and a route. What goes out is
//! told to stay where it is.
//!
//! There is no cookie: a browser sends those to every port of a host, and unasked. The page keeps
//! the token in storage that belongs to its origin and sends it by itself.

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
use super::places::Place;
use super::{page, screen};

/// The most bytes of a request's body.
const MAX_BODY: usize = 64 << 10;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(5);
/// What browsers alone send, and no page can leave out (Fetch Metadata).
const BROWSERS: &str = "sec-fetch-site";

/// What a browser must not do with anything of ours.
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

/// Lets `request` in, or says why not.
pub(super) async fn keep(
    State(context): State<Arc<Context>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match through(&context, request, next).await {
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

async fn through(context: &Context, request: Request, next: Next) -> Result<Response, Refusal> {
    let Some(place) = request.extensions().get::<Arc<Place>>().cloned() else {
        return Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "a connection without a place",
            Some("please report it"),
        ));
    };
    admit(context, &request)?;
    if is_public(&request) {
        return Ok(next.run(request).await);
    }
    let busy = || {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests at once",
            Some("try again when some are answered"),
        )
    };
    place.know().map_err(|_| busy())?;
    let answer = async {
        let change = if changes_something(request.method()) {
            may_change(context)?;
            Some(context.changes.try_acquire().map_err(|_| busy())?)
        } else {
            None
        };
        let request = whole(request, &place).await?;
        let response = next.run(request).await;
        drop(change);
        Ok(response)
    };
    let answer = answer.await;
    place.answered();
    answer
}

fn admit(context: &Context, request: &Request) -> Result<(), Refusal> {
    let headers = request.headers();
    let Some(host) = one(headers, &HOST).filter(|host| context.answers_to(host)) else {
        let (error, hint) = (
            "this server does not go by that host name",
            "use its address, or start it with --host NAME",
        );
        return Err(Refusal::new(StatusCode::FORBIDDEN, error, Some(hint)));
    };
    let own = format!("{}://{host}", context.scheme());
    if headers.contains_key(ORIGIN) && one(headers, &ORIGIN) != Some(&own) {
        let hint = "open the link that `minic-tui web` printed";
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "a request from another site",
            Some(hint),
        ));
    }
    let shows_screen = request.uri().path() == screen::PATH;
    if (changes_something(request.method()) || shows_screen) && !headers.contains_key(ORIGIN) {
        let hint = format!("send `Origin: {own}`");
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "no origin: who changes something says from where",
            Some(&hint),
        ));
    }
    // whom the kernel knows needs no token, but a browser sends what any page asks it to
    let known = context.knows_peers() && !shows_screen && !headers.contains_key(BROWSERS);
    if is_public(request) || known || holds_token(context, request) {
        return Ok(());
    }
    let hint = "send `Authorization: Bearer TOKEN` with the token that `minic-tui web` printed";
    Err(Refusal::new(
        StatusCode::UNAUTHORIZED,
        "no token, or not this one",
        Some(hint),
    ))
}

/// The value of a header that is there exactly once.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    all.next()
        .filter(|_| all.next().is_none())
        .and_then(|value| value.to_str().ok())
}

/// The page and what it is made of are the same for everybody, and say nothing.
fn is_public(request: &Request) -> bool {
    is_read(request.method()) && page::PATHS.contains(&request.uri().path())
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn changes_something(method: &Method) -> bool {
    !(is_read(method) || *method == Method::OPTIONS)
}

/// Refused before the body is waited for.
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

/// In a header of the request's own. A page cannot give a WebSocket any but the list of protocols
/// (RFC 6455, section 1.9).
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

/// The request with all of its body, which has to be small and to come soon.
async fn whole(request: Request, place: &Place) -> Result<Request, Refusal> {
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
    place.await_body();
    let read = tokio::time::timeout(PATIENCE, to_bytes(body, MAX_BODY)).await;
    place.work();
    match read {
        Ok(Ok(bytes)) => Ok(Request::from_parts(head, Body::from(bytes))),
        Ok(Err(_)) if length.is_none() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "the body broke off",
            None,
        )),
        Err(_) => {
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not come", None).closing())
        }
    }
}
