//! The page and its assets, embedded: no build step, no third-party script.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

const HTML: &str = include_str!("../../assets/web/index.html");

/// Their paths, which need no token.
pub(super) const PATHS: [&str; 6] = [
    "/",
    "/page.css",
    "/page.js",
    "/canvas.js",
    "/boxes.js",
    "/icon.svg",
];

macro_rules! asset {
    ($name:ident, $file:literal, $kind:literal, $about:literal) => {
        #[doc = $about]
        pub(super) async fn $name() -> Response {
            (
                [(CONTENT_TYPE, $kind)],
                include_str!(concat!("../../assets/web/", $file)),
            )
                .into_response()
        }
    };
}

asset!(
    style,
    "page.css",
    "text/css; charset=utf-8",
    "How the page looks."
);
asset!(
    script,
    "page.js",
    "text/javascript; charset=utf-8",
    "The page: connection, keys, mouse."
);
asset!(
    canvas,
    "canvas.js",
    "text/javascript; charset=utf-8",
    "Draws cells."
);
asset!(
    boxes,
    "boxes.js",
    "text/javascript; charset=utf-8",
    "Draws lines, blocks and dots so that they meet."
);
asset!(icon, "icon.svg", "image/svg+xml", "The icon.");

/// The page. It holds no secret: the token is in the fragment of the link, which is not sent.
pub(super) async fn index() -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], HTML).into_response()
}
