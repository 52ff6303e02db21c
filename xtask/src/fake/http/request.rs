//! A request: as the server takes it apart, and as tests see it afterwards.

/// What a client asked, and how it was answered.
#[derive(Debug, Clone, Default)]
pub struct RequestLog {
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Names and values as sent, in order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The status answered; none where the connection ended before that.
    pub status: Option<u16>,
    /// The name of the fault that struck it.
    pub fault: Option<String>,
    /// Which connection it came in on, counted from 0.
    pub connection: usize,
}

impl RequestLog {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }
}

/// A request, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) sent: RequestLog,
    /// Decoded segments of the path.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) keep_alive: bool,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.sent.header(name)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn accepts_gzip(&self) -> bool {
        self.header("accept-encoding").is_some_and(|value| value.contains("gzip"))
    }

    /// Splits a target into its decoded parts.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                (percent_decode(key), percent_decode(value))
            })
            .collect();
        Self {
            sent: RequestLog { method: method.to_owned(), target: target.to_owned(), ..RequestLog::default() },
            path: path.trim_start_matches('/').split('/').map(percent_decode).collect(),
            query,
            keep_alive: true,
        }
    }
}

/// Decodes `%41`; what is no proper escape stays as it is.
fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
