//! The attributes that server and client spans share.
//!
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/>

use http::{Method, StatusCode, Version};
use opentelemetry::KeyValue;

use super::settings::Settings;
use crate::instrumentation::{RequestSpan, Scope};

/// The scope of server and client spans.
pub(super) const SCOPE: Scope = Scope {
    name: "otel_auto::http",
    schema_url: "https://opentelemetry.io/schemas/1.37.0",
};

pub(super) const CLIENT_ADDRESS: &str = "client.address";
pub(super) const HTTP_REQUEST_METHOD: &str = "http.request.method";
pub(super) const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
pub(super) const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
pub(super) const HTTP_ROUTE: &str = "http.route";
pub(super) const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
pub(super) const URL_FULL: &str = "url.full";
pub(super) const URL_PATH: &str = "url.path";
pub(super) const URL_QUERY: &str = "url.query";
pub(super) const URL_SCHEME: &str = "url.scheme";
pub(super) const USER_AGENT_ORIGINAL: &str = "user_agent.original";

/// The method, if it is known: by default those of RFC 9110, PATCH, and QUERY. Case matters.
fn known_method(method: &Method) -> Option<&'static str> {
    const DEFAULT: [&str; 10] = [
        "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "PATCH", "TRACE", "QUERY",
    ];
    let is_it = |known: &&str| *known == method.as_str();
    match Settings::get().and_then(|settings| settings.known_methods.as_ref()) {
        None => DEFAULT.into_iter().find(is_it),
        Some(methods) => methods.iter().map(String::as_str).find(is_it),
    }
}

/// Adds the method. An unknown one becomes `_OTHER`, so that clients cannot make up an unlimited
/// number of names.
pub(super) fn add_method(attributes: &mut Vec<KeyValue>, method: &Method) {
    if let Some(known) = known_method(method) {
        attributes.push(KeyValue::new(HTTP_REQUEST_METHOD, known));
    } else {
        let original = method.as_str().to_owned();
        attributes.push(KeyValue::new(HTTP_REQUEST_METHOD, "_OTHER"));
        attributes.push(KeyValue::new(HTTP_REQUEST_METHOD_ORIGINAL, original));
    }
}

/// The method in the form used in span names.
pub(super) fn method_in_name(method: &Method) -> &'static str {
    known_method(method).unwrap_or("HTTP")
}

pub(super) fn protocol_version(version: Version) -> Option<&'static str> {
    Some(match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

/// Records the status of the response. `failed` is true if the conventions count it as an error.
pub(super) fn answer(span: &mut RequestSpan, status: StatusCode, failed: bool) {
    let code = i64::from(status.as_u16());
    span.answer(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, code));
    if failed {
        // The description stays empty, since the code is enough.
        span.fail(status.as_str().to_owned(), "");
    }
}
