//! The variables of the OTLP exporters, general and for traces and logs.

use super::TlsVariables;
use crate::variable::Variable;

/// The variables of one signal, each of which inherits the one for all signals.
pub(crate) struct OtlpSignal {
    pub(crate) path: &'static str,
    pub(crate) protocol: Variable,
    pub(crate) endpoint: Variable,
    pub(crate) insecure: Variable,
    pub(crate) timeout: Variable,
    pub(crate) headers: Variable,
    pub(crate) compression: Variable,
    pub(crate) tls: TlsVariables,
}

pub(crate) static OTLP_PROTOCOL: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "http/protobuf",
    "grpc, http/protobuf or http/json",
    "http/protobuf is used",
);

pub(crate) static OTLP_ENDPOINT: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "http://localhost:4318, or http://localhost:4317 for grpc",
    "an http or https URL, to which v1/traces or v1/logs is added for HTTP; for grpc also host:port",
    "the default is used",
);

pub(crate) static OTLP_INSECURE: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_INSECURE",
    "false",
    "true or false; true means no TLS for a gRPC endpoint without a scheme",
    "false is used",
)
.boolean();

pub(crate) static OTLP_TIMEOUT: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "10000",
    "milliseconds, from 0 to 2147483647; 0 means no limit",
    "10000 is used",
);

pub(crate) static OTLP_HEADERS: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_HEADERS",
    "none",
    "key=value pairs separated by commas, values percent-encoded; none of the exporter's own, such as content-type",
    "it is left out, and the others are sent",
)
.secret();

pub(crate) static OTLP_COMPRESSION: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "none",
    "gzip or none",
    "none is used",
);

pub(crate) static OTLP_TLS: TlsVariables = TlsVariables::new([
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
]);

pub(crate) static OTLP_TRACES: OtlpSignal = OtlpSignal {
    path: "v1/traces",
    protocol: Variable::specific("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", &OTLP_PROTOCOL),
    endpoint: Variable::specific("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &OTLP_ENDPOINT)
        .accepts("an http or https URL, used as it stands; for grpc also host:port"),
    insecure: Variable::specific("OTEL_EXPORTER_OTLP_TRACES_INSECURE", &OTLP_INSECURE)
        .otherwise("false is used"),
    timeout: Variable::specific("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", &OTLP_TIMEOUT),
    headers: Variable::specific("OTEL_EXPORTER_OTLP_TRACES_HEADERS", &OTLP_HEADERS)
        .otherwise("it is left out, and the others are sent"),
    compression: Variable::specific("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", &OTLP_COMPRESSION),
    tls: TlsVariables::specific(
        [
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        ],
        &OTLP_TLS,
    ),
};

pub(crate) static OTLP_LOGS: OtlpSignal = OtlpSignal {
    path: "v1/logs",
    protocol: Variable::specific("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", &OTLP_PROTOCOL),
    endpoint: Variable::specific("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &OTLP_ENDPOINT)
        .accepts("an http or https URL, used as it stands; for grpc also host:port"),
    insecure: Variable::specific("OTEL_EXPORTER_OTLP_LOGS_INSECURE", &OTLP_INSECURE)
        .otherwise("false is used"),
    timeout: Variable::specific("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", &OTLP_TIMEOUT),
    headers: Variable::specific("OTEL_EXPORTER_OTLP_LOGS_HEADERS", &OTLP_HEADERS)
        .otherwise("it is left out, and the others are sent"),
    compression: Variable::specific("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", &OTLP_COMPRESSION),
    tls: TlsVariables::specific(
        [
            "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
        ],
        &OTLP_TLS,
    ),
};
