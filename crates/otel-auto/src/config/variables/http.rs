//! The variables of HTTP spans. The specification has the first; the others are those of the
//! instrumentations of other languages.

use crate::config::variable::Variable;

pub(in crate::config) static HTTP_KNOWN_METHODS: Variable = Variable {
    name: "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
    default: "GET,POST,PUT,DELETE,HEAD,OPTIONS,CONNECT,PATCH,TRACE,QUERY",
    accepts: "the HTTP methods that are no _OTHER, all of them, with commas between",
    otherwise: "",
};

pub(in crate::config) static HTTP_SERVER_REQUEST: Variable = Variable {
    name: "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST",
    default: "none",
    accepts: "names of headers to record, with commas between; no patterns",
    otherwise: "it is left out",
};

pub(in crate::config) static HTTP_SERVER_RESPONSE: Variable = Variable {
    name: "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE",
    default: "none",
    accepts: "names of headers to record, with commas between; no patterns",
    otherwise: "it is left out",
};

pub(in crate::config) static HTTP_CLIENT_REQUEST: Variable = Variable {
    name: "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
    default: "none",
    accepts: "names of headers to record, with commas between; no patterns",
    otherwise: "it is left out",
};

pub(in crate::config) static HTTP_CLIENT_RESPONSE: Variable = Variable {
    name: "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE",
    default: "none",
    accepts: "names of headers to record, with commas between; no patterns",
    otherwise: "it is left out",
};

pub(in crate::config) static HTTP_SANITIZE: Variable = Variable {
    name: "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS",
    default: "none",
    accepts: "names of headers of which REDACTED is recorded for the value, with commas between; no patterns",
    otherwise: "it is left out",
};
