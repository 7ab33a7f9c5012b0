//! The reasons why a POST failed, worded so that the reader knows what to do.

use std::io;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};

use crate::endpoint::Endpoint;
use crate::retry::Retry;
use crate::tls;

/// The longest part of an answer that an error quotes, in bytes.
const SHOWN: usize = 200;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("connection refused: is the backend running and listening on {port}?")]
    Refused { port: u16 },
    #[error("the host {host} has no address: is the name right, and known on this machine?")]
    UnknownHost { host: String },
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("the connection broke ({error}): {hint}")]
    Broken {
        error: io::Error,
        hint: &'static str,
    },
    #[error("{0}")]
    Protocol(String),
    #[error("HTTP {status}{text}{hint}")]
    Status {
        status: StatusCode,
        text: String,
        hint: &'static str,
        retry: Retry,
    },
}

impl Failure {
    /// Returns when another request may succeed.
    pub(super) fn retry(&self) -> Retry {
        match self {
            Self::Refused { .. } | Self::UnknownHost { .. } | Self::Broken { .. } => Retry::Soon,
            // The timeout is that of the whole export, so no time is left.
            Self::Timeout(_) | Self::Protocol(_) => Retry::Never,
            Self::Status { retry, .. } => *retry,
        }
    }

    /// The failure of a request that got no answer. `limit` is the time limit of the export.
    pub(super) fn from_error(error: ureq::Error, endpoint: &Endpoint, limit: Duration) -> Self {
        match error {
            ureq::Error::Io(error) => Self::from_io(error, endpoint),
            ureq::Error::Timeout(_) => Self::Timeout(limit),
            ureq::Error::HostNotFound => Self::UnknownHost {
                host: endpoint.host().to_owned(),
            },
            #[cfg(feature = "tls")]
            ureq::Error::Rustls(error) => Self::Protocol(tls::explain(&error)),
            ureq::Error::Protocol(error) => Self::Protocol(not_http(&error.to_string(), endpoint)),
            other => Self::Protocol(other.to_string()),
        }
    }

    fn from_io(error: io::Error, endpoint: &Endpoint) -> Self {
        match tls::explained(&error) {
            Some(reason) => Self::Protocol(reason),
            None if error.kind() == io::ErrorKind::ConnectionRefused => Self::Refused {
                port: endpoint.port(),
            },
            None if is_lookup(&error) => Self::UnknownHost {
                host: endpoint.host().to_owned(),
            },
            None => {
                let hint = if endpoint.is_tls() {
                    "did the backend stop, or does the port not speak TLS?"
                } else {
                    "did the backend stop, or does the port speak TLS, which needs https://?"
                };
                Self::Broken { error, hint }
            }
        }
    }

    /// The failure of a request whose answer is not a success.
    pub(super) fn from_answer(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        endpoint: &Endpoint,
    ) -> Self {
        Self::Status {
            status,
            text: shown(body),
            hint: hint(status, endpoint),
            retry: retry(status, headers),
        }
    }
}

/// The standard library has no error kind for a failed lookup, only this text.
fn is_lookup(error: &io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address")
}

/// These are the statuses that OTLP exporters retry too.
fn retry(status: StatusCode, headers: &HeaderMap) -> Retry {
    match status.as_u16() {
        429 | 502 | 503 | 504 => headers
            .get(header::RETRY_AFTER)
            .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now()))
            .map_or(Retry::Later, Retry::After),
        _ => Retry::Never,
    }
}

/// `Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn hint(status: StatusCode, endpoint: &Endpoint) -> &'static str {
    match status.as_u16() {
        300..=399 => ": the endpoint moved, and spans do not follow; set its new URL",
        401 | 403 => ": check the user and password, or the headers",
        404 | 405 if endpoint.path() != "/api/traces" => {
            ": is the path right? Jaeger's collector takes spans at /api/traces"
        }
        404 | 405 => ": is this Jaeger's collector? It takes Thrift on port 14268",
        413 => ": the batch is too big; lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        _ => "",
    }
}

fn not_http(reason: &str, endpoint: &Endpoint) -> String {
    let cause = if endpoint.is_tls() {
        "is it a gRPC port?"
    } else {
        "is it a gRPC port, or one for TLS, which needs https://?"
    };
    format!("the port answers with something other than HTTP/1.1 ({reason}): {cause}")
}

/// The beginning of an answer's text, as one line without control characters.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(SHOWN)
        .collect();
    if text.is_empty() {
        text
    } else {
        format!(" ({text})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let seconds = |value| retry_after(value, now).map(|pause| pause.as_secs());
        assert_eq!(seconds(" 120 "), Some(120));
        // The date in RFC 9110's example, seven seconds later.
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        for nonsense in ["", "-1", "1.5", "soon"] {
            assert_eq!(seconds(nonsense), None);
        }
    }
}
