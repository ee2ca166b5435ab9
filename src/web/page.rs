//! The page and what it is made of, embedded: no build step, nobody else's script.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::context::Context;
use super::door::link_token;

const HTML: &str = include_str!("../../assets/web/index.html");
const STRANGER: &str = include_str!("../../assets/web/stranger.html");

macro_rules! asset {
    ($name:ident, $file:literal, $kind:literal, $about:literal) => {
        #[doc = $about]
        pub async fn $name() -> Response {
            ([(CONTENT_TYPE, $kind)], include_str!(concat!("../../assets/web/", $file))).into_response()
        }
    };
}

asset!(style, "page.css", "text/css; charset=utf-8", "How the page looks.");
asset!(script, "page.js", "text/javascript; charset=utf-8", "The page: connection, keys, mouse.");
asset!(canvas, "canvas.js", "text/javascript; charset=utf-8", "Draws cells.");
asset!(boxes, "boxes.js", "text/javascript; charset=utf-8", "Draws lines, blocks and dots so that they meet.");
asset!(icon, "icon.svg", "image/svg+xml", "The icon.");

/// The page. Opened through the link, it leaves a cookie in place of the token: the answer is the page itself, not a redirection, after
/// which a browser would keep a SameSite=Strict cookie back when the link was clicked elsewhere.
pub async fn index(State(context): State<Arc<Context>>, uri: Uri) -> Response {
    let mut response = html(StatusCode::OK, HTML);
    if link_token(&uri).is_some_and(|token| context.token.is(token)) {
        let secure = if context.tls { "; Secure" } else { "" };
        let cookie = format!("{}={}; HttpOnly; SameSite=Strict; Path=/{secure}", context.cookie_name(), context.cookie.text());
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
    }
    response
}

/// For whoever comes without a token.
pub fn stranger() -> Response {
    html(StatusCode::UNAUTHORIZED, STRANGER)
}

fn html(status: StatusCode, text: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}
