//! Headers that are configured to be recorded.
//!
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/>

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use super::redact::REDACTED;
use crate::config::Http;

/// The recorded headers of each side and direction.
#[derive(Debug, Default)]
pub(super) struct Captures {
    server_request: Vec<Capture>,
    server_response: Vec<Capture>,
    client_request: Vec<Capture>,
    client_response: Vec<Capture>,
}

/// The side and the direction of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    ServerRequest,
    ServerResponse,
    ClientRequest,
    ClientResponse,
}

/// A header and its attribute.
#[derive(Debug)]
struct Capture {
    header: HeaderName,
    key: Key,
    is_secret: bool,
}

impl Captures {
    pub(super) fn new(http: &Http) -> Self {
        let captures = |names: &[HeaderName], message: &str| {
            let capture = |header: &HeaderName| Capture {
                key: Key::from(format!("http.{message}.header.{header}")),
                is_secret: http.sanitized_headers.contains(header),
                header: header.clone(),
            };
            names.iter().map(capture).collect()
        };
        Self {
            server_request: captures(&http.server_request_headers, "request"),
            server_response: captures(&http.server_response_headers, "response"),
            client_request: captures(&http.client_request_headers, "request"),
            client_response: captures(&http.client_response_headers, "response"),
        }
    }

    /// The attributes of the configured headers of a message.
    pub(super) fn read(&self, of: Of, headers: &HeaderMap) -> impl Iterator<Item = KeyValue> {
        let captures = match of {
            Of::ServerRequest => &self.server_request,
            Of::ServerResponse => &self.server_response,
            Of::ClientRequest => &self.client_request,
            Of::ClientResponse => &self.client_response,
        };
        captures
            .iter()
            .filter_map(|capture| attribute(capture, headers))
    }
}

/// The conventions require an array of strings, one for each line of the header.
fn attribute(capture: &Capture, headers: &HeaderMap) -> Option<KeyValue> {
    let text = |value: &HeaderValue| -> StringValue {
        if capture.is_secret {
            return REDACTED.into();
        }
        String::from_utf8_lossy(value.as_bytes())
            .into_owned()
            .into()
    };
    let values: Vec<_> = headers.get_all(&capture.header).iter().map(text).collect();
    let attribute = || KeyValue::new(capture.key.clone(), Value::Array(Array::String(values)));
    (headers.contains_key(&capture.header)).then(attribute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_an_array_and_a_secret_one_is_not_shown() {
        let header = |name| HeaderName::from_static(name);
        let captures = Captures::new(&Http {
            client_response_headers: vec![header("x-a"), header("x-b"), header("set-cookie")],
            sanitized_headers: vec![header("set-cookie")],
            ..Http::default()
        });
        let mut headers = HeaderMap::new();
        headers.append("x-a", HeaderValue::from_static("1, 2"));
        headers.append("x-a", HeaderValue::from_static("3"));
        headers.append("x-other", HeaderValue::from_static("4"));
        headers.append("set-cookie", HeaderValue::from_static("secret"));
        let attributes: Vec<_> = captures
            .read(Of::ClientResponse, &headers)
            .map(|attribute| format!("{}={}", attribute.key, attribute.value))
            .collect();
        assert_eq!(
            attributes,
            [
                r#"http.response.header.x-a=["1, 2","3"]"#,
                r#"http.response.header.set-cookie=["REDACTED"]"#,
            ]
        );
    }
}
