//! The routes: one table, from which the router is built. A test compares the API's description
//! with it.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};

use super::answer::Refusal;
use super::api::{containers, events, system, verbs};
use super::context::Context;
use super::{access, metrics, page, screen};

type Route = MethodRouter<Arc<Context>>;

/// Method, path, handler.
fn table() -> Vec<(&'static str, &'static str, Route)> {
    vec![
        ("GET", "/", get(page::index)),
        ("GET", "/page.css", get(page::style)),
        ("GET", "/page.js", get(page::script)),
        ("GET", "/canvas.js", get(page::canvas)),
        ("GET", "/boxes.js", get(page::boxes)),
        ("GET", "/icon.svg", get(page::icon)),
        ("GET", screen::PATH, get(screen::upgrade)),
        ("GET", "/healthz", get(system::health)),
        ("GET", "/metrics", get(metrics::metrics)),
        ("GET", "/api/openapi.json", get(system::description)),
        ("GET", "/api/system", get(system::system)),
        ("GET", "/api/events", get(events::events)),
        ("GET", "/api/containers", get(containers::list)),
        ("POST", "/api/containers", post(verbs::run)),
        ("GET", "/api/containers/{id}", get(containers::one)),
        ("DELETE", "/api/containers/{id}", delete(verbs::destroy)),
        ("POST", "/api/containers/{id}/start", post(verbs::start)),
        ("POST", "/api/containers/{id}/stop", post(verbs::stop)),
        ("POST", "/api/containers/{id}/restart", post(verbs::restart)),
        ("POST", "/api/containers/{id}/pause", post(verbs::pause)),
        ("POST", "/api/containers/{id}/resume", post(verbs::resume)),
        ("POST", "/api/containers/{id}/kill", post(verbs::kill)),
    ]
}

/// Every method and path that is answered.
#[must_use]
pub fn all() -> Vec<(&'static str, &'static str)> {
    table()
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect()
}

/// Every route, behind the access checks.
pub(super) fn router(context: Arc<Context>) -> Router {
    let routes = table()
        .into_iter()
        .fold(Router::new(), |router, (_, path, route)| {
            router.route(path, route)
        });
    routes
        .fallback(async || {
            Refusal::new(
                StatusCode::NOT_FOUND,
                "no such route",
                Some("GET /api/openapi.json lists the routes"),
            )
            .response()
        })
        .method_not_allowed_fallback(async || {
            Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method not allowed on this route",
                None,
            )
            .response()
        })
        .layer(from_fn_with_state(Arc::clone(&context), access::check))
        .with_state(context)
}
