//! The variables of HTTP spans. The specification has the first; the others are those of the
//! instrumentations of other languages.

use crate::variable::Variable;

pub(crate) static HTTP_KNOWN_METHODS: Variable = Variable::new(
    "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
    "GET,POST,PUT,DELETE,HEAD,OPTIONS,CONNECT,PATCH,TRACE,QUERY",
    "the HTTP methods that are no _OTHER, all of them, with commas between",
    "",
);

pub(crate) static HTTP_SERVER_REQUEST: Variable = Variable::new(
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST",
    "none",
    "names of headers to record, with commas between; no patterns",
    "it is left out",
);

pub(crate) static HTTP_SERVER_RESPONSE: Variable = Variable::new(
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE",
    "none",
    "names of headers to record, with commas between; no patterns",
    "it is left out",
);

pub(crate) static HTTP_CLIENT_REQUEST: Variable = Variable::new(
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
    "none",
    "names of headers to record, with commas between; no patterns",
    "it is left out",
);

pub(crate) static HTTP_CLIENT_RESPONSE: Variable = Variable::new(
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE",
    "none",
    "names of headers to record, with commas between; no patterns",
    "it is left out",
);

pub(crate) static HTTP_SANITIZE: Variable = Variable::new(
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS",
    "none",
    "names of headers of which REDACTED is recorded for the value, with commas between; no patterns",
    "it is left out",
);
