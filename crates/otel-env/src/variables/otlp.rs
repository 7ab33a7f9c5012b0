//! The variables of the OTLP exporters, general and for traces and logs.

use crate::variable::Variable;

pub(crate) static OTLP_PROTOCOL: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "http/protobuf",
    "grpc, http/protobuf or http/json",
    "http/protobuf is used",
);

pub(crate) static OTLP_TRACES_PROTOCOL: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", &OTLP_PROTOCOL);

pub(crate) static OTLP_LOGS_PROTOCOL: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", &OTLP_PROTOCOL);

pub(crate) static OTLP_ENDPOINT: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "http://localhost:4318, or http://localhost:4317 for grpc",
    "an http or https URL, to which v1/traces or v1/logs is added for HTTP; for grpc also host:port",
    "the default is used",
);

pub(crate) static OTLP_TRACES_ENDPOINT: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &OTLP_ENDPOINT)
        .accepts("an http or https URL, used as it stands; for grpc also host:port");

pub(crate) static OTLP_LOGS_ENDPOINT: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &OTLP_ENDPOINT)
        .accepts("an http or https URL, used as it stands; for grpc also host:port");

pub(crate) static OTLP_INSECURE: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_INSECURE",
    "false",
    "true or false; true means no TLS for a gRPC endpoint without a scheme",
    "false is used",
)
.boolean();

pub(crate) static OTLP_TRACES_INSECURE: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_TRACES_INSECURE", &OTLP_INSECURE)
        .otherwise("false is used");

pub(crate) static OTLP_LOGS_INSECURE: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_LOGS_INSECURE", &OTLP_INSECURE)
        .otherwise("false is used");

pub(crate) static OTLP_TIMEOUT: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "10000",
    "milliseconds, from 0 to 2147483647; 0 means no limit",
    "10000 is used",
);

pub(crate) static OTLP_TRACES_TIMEOUT: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", &OTLP_TIMEOUT);

pub(crate) static OTLP_LOGS_TIMEOUT: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", &OTLP_TIMEOUT);

pub(crate) static OTLP_HEADERS: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_HEADERS",
    "none",
    "key=value pairs separated by commas, values percent-encoded; none of the exporter's own, such as content-type",
    "it is left out, and the others are sent",
)
.secret();

pub(crate) static OTLP_TRACES_HEADERS: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_TRACES_HEADERS", &OTLP_HEADERS)
        .otherwise("it is left out, and the others are sent");

pub(crate) static OTLP_LOGS_HEADERS: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_LOGS_HEADERS", &OTLP_HEADERS)
        .otherwise("it is left out, and the others are sent");

pub(crate) static OTLP_COMPRESSION: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "none",
    "gzip or none",
    "none is used",
);

pub(crate) static OTLP_TRACES_COMPRESSION: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", &OTLP_COMPRESSION);

pub(crate) static OTLP_LOGS_COMPRESSION: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", &OTLP_COMPRESSION);

pub(crate) static OTLP_CERTIFICATE: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "the authorities that the system trusts",
    "a PEM file of the authorities to trust",
    "nothing is sent",
);

pub(crate) static OTLP_TRACES_CERTIFICATE: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", &OTLP_CERTIFICATE)
        .otherwise("nothing is sent");

pub(crate) static OTLP_LOGS_CERTIFICATE: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", &OTLP_CERTIFICATE)
        .otherwise("nothing is sent");

pub(crate) static OTLP_CLIENT_KEY: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "none",
    "a PEM file of the client's private key, with a client certificate",
    "nothing is sent",
);

pub(crate) static OTLP_TRACES_CLIENT_KEY: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", &OTLP_CLIENT_KEY)
        .otherwise("nothing is sent");

pub(crate) static OTLP_LOGS_CLIENT_KEY: Variable =
    Variable::specific("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", &OTLP_CLIENT_KEY)
        .otherwise("nothing is sent");

pub(crate) static OTLP_CLIENT_CERTIFICATE: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "none",
    "a PEM file of the client's certificate chain, with a client key",
    "nothing is sent",
);

pub(crate) static OTLP_TRACES_CLIENT_CERTIFICATE: Variable = Variable::specific(
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    &OTLP_CLIENT_CERTIFICATE,
)
.otherwise("nothing is sent");

pub(crate) static OTLP_LOGS_CLIENT_CERTIFICATE: Variable = Variable::specific(
    "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
    &OTLP_CLIENT_CERTIFICATE,
)
.otherwise("nothing is sent");
