//! The door: what comes in is asked for its host (against DNS rebinding), its origin (against other sites), its token, in this order;
//! only then is there a route. What goes out is told to stay where it is.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, HeaderName, HeaderValue, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;

use super::api::Refusal;
use super::context::Context;
use super::page;

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
pub async fn keep(State(context): State<Arc<Context>>, request: Request, next: Next) -> Response {
    let mut response = match admit(&context, &request) {
        Ok(()) => next.run(request).await,
        Err(response) => *response,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

fn admit(context: &Context, request: &Request) -> Result<(), Box<Response>> {
    let refuse = |status, error: &str, hint: &str| Err(Box::new(Refusal::new(status, error, Some(hint)).response()));
    let headers = request.headers();
    let host = one(headers, &HOST).filter(|host| answers_to(host, context));
    let Some(host) = host else {
        return refuse(StatusCode::FORBIDDEN, "this server does not go by that host name", "use its address, or start it with --host NAME");
    };
    if headers.contains_key(ORIGIN) && one(headers, &ORIGIN) != Some(&format!("{}://{host}", context.scheme())) {
        return refuse(StatusCode::FORBIDDEN, "a request from another site", "open the link that `minic-tui web` printed");
    }
    if holds_token(context, request.method(), request.uri(), headers) {
        return Ok(());
    }
    if *request.method() == Method::GET && request.uri().path() == "/" {
        return Err(Box::new(page::stranger()));
    }
    refuse(
        StatusCode::UNAUTHORIZED,
        "no token, or not this one",
        "send `Authorization: Bearer TOKEN` with the token that `minic-tui web` printed",
    )
}

/// The value of a header that is there exactly once.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    all.next().filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok())
}

/// An address needs no name server, so that nobody can make it mean something else; names are those that we know of.
fn answers_to(host: &str, context: &Context) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse().ok()),
        _ => (host, Some(if context.tls { 443 } else { 80 })),
    };
    if port != Some(context.address.port()) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let ip = name.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(&name).parse::<IpAddr>();
    match ip {
        Ok(ip) => ip == context.address.ip() || context.address.ip().is_unspecified(),
        Err(_) => name == "localhost" || context.names.contains(&name),
    }
}

/// The token of the link counts for the page alone: an address is kept in histories.
fn holds_token(context: &Context, method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let bearer = one(headers, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    if bearer.is_some_and(|token| context.token.is(token.trim())) {
        return true;
    }
    let name = context.cookie_name();
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    if cookies.filter_map(|cookie| cookie.trim().split_once('=')).any(|(key, value)| key == name && context.cookie.is(value)) {
        return true;
    }
    *method == Method::GET && uri.path() == "/" && link_token(uri).is_some_and(|token| context.token.is(token))
}

/// The token in the address, as the link has it.
pub fn link_token(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("token="))
}
