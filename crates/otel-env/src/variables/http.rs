//! The variables of HTTP spans. The first is in the specification; the others are those of
//! instrumentations in other languages.

use crate::variable::Variable;

pub(crate) static HTTP_KNOWN_METHODS: Variable = Variable::new(
    "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
    "GET,POST,PUT,DELETE,HEAD,OPTIONS,CONNECT,PATCH,TRACE,QUERY",
    "all known HTTP methods, separated by commas; others are recorded as _OTHER",
    "",
);

pub(crate) static HTTP_SERVER_REQUEST: Variable =
    captured("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST");

pub(crate) static HTTP_SERVER_RESPONSE: Variable =
    captured("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE");

pub(crate) static HTTP_CLIENT_REQUEST: Variable =
    captured("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST");

pub(crate) static HTTP_CLIENT_RESPONSE: Variable =
    captured("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE");

pub(crate) static HTTP_SANITIZE: Variable = Variable::new(
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS",
    "none",
    "names of headers whose value is recorded as REDACTED, separated by commas; no patterns",
    "it is left out",
);

const fn captured(name: &'static str) -> Variable {
    Variable::new(
        name,
        "none",
        "names of headers to record, separated by commas; no patterns",
        "it is left out",
    )
}
