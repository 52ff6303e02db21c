//! An answer before it is framed: status, headers and body.

use std::sync::Arc;

use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
    /// Dump data, which the service may compress.
    pub(crate) is_data: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// These blocks one after the other, written without copying.
    Blocks(Vec<Arc<[u8]>>),
    /// The first once, then the second without end.
    Endless(Vec<u8>, Vec<u8>),
}

impl Answer {
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), kind.to_owned())],
            body: Body::Blocks(vec![Arc::from(body.into())]),
            is_data: false,
        }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    /// An error as the reference shows it.
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "status": { "code": status, "message": message } }))
    }

    pub(crate) fn not_found() -> Self {
        Self::error(404, "Not Found")
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Blocks(Vec::new()), is_data: false }
    }

    pub(crate) fn data(blocks: Vec<Arc<[u8]>>) -> Self {
        Self { body: Body::Blocks(blocks), is_data: true, ..Self::new(200, "application/octet-stream", "") }
    }

    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// The phrase beside a status code.
pub(crate) fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason()).unwrap_or("Unnamed")
}
