//! Responses of the routes: JSON or a [`Refusal`]. Engine calls run in a blocking thread.

use std::sync::Arc;

use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::json::to_json;
use crate::manager::{Engine, Error};

/// Why a request was refused or failed: `{"error": …, "hint": …}`.
#[derive(Debug, Serialize)]
pub struct Refusal {
    #[serde(skip)]
    status: StatusCode,
    pub(super) error: String,
    hint: Option<String>,
    /// Whether the connection is closed after it.
    #[serde(skip)]
    closes: bool,
}

impl Refusal {
    /// A refusal with this status.
    #[must_use]
    pub fn new(status: StatusCode, error: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            status,
            error: error.into(),
            hint: hint.map(str::to_owned),
            closes: false,
        }
    }

    /// The HTTP response.
    #[must_use]
    pub fn response(self) -> Response {
        let mut response = json(self.status, &self);
        if self.closes {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Closes the connection after this response.
    #[must_use]
    pub fn closing(self) -> Self {
        Self {
            closes: true,
            ..self
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.response()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Unknown(_) | Error::Destroyed(_) => StatusCode::NOT_FOUND,
            Error::Ambiguous { .. }
            | Error::NameInUse(_)
            | Error::NotUndone(_)
            | Error::WrongState { .. } => StatusCode::CONFLICT,
            Error::Spec(_) => StatusCode::UNPROCESSABLE_ENTITY,
            // no such program in the image, or not executable: the request's fault
            Error::Launch {
                code: 126 | 127, ..
            } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Launch { .. } | Error::System { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self {
            status,
            hint: error.hint(),
            error: error.to_string(),
            closes: false,
        }
    }
}

/// The result of a route.
pub(super) type Answer = Result<Response, Refusal>;

/// `value` as a JSON response.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match to_json(value) {
        Ok(text) => (
            status,
            [(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
            text + "\n",
        )
            .into_response(),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("cannot write JSON: {error}\n"),
        )
            .into_response(),
    }
}

/// Calls the engine in a blocking thread.
pub(super) async fn ask<T: Send + 'static>(
    engine: &Arc<dyn Engine>,
    question: impl FnOnce(&dyn Engine) -> Result<T, Error> + Send + 'static,
) -> Result<T, Refusal> {
    let engine = Arc::clone(engine);
    match tokio::task::spawn_blocking(move || question(&*engine)).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "a bug in minic-tui",
            Some("please report it"),
        )),
    }
}
