//! The variables of the OTLP exporters: for all signals, for traces and for logs.

use crate::config::variable::Variable;

pub(in crate::config) static OTLP_PROTOCOL: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_PROTOCOL",
    default: "http/protobuf",
    accepts: "grpc, http/protobuf or http/json",
    otherwise: "http/protobuf is used",
};

pub(in crate::config) static OTLP_TRACES_PROTOCOL: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    default: "OTEL_EXPORTER_OTLP_PROTOCOL",
    accepts: "grpc, http/protobuf or http/json",
    otherwise: "OTEL_EXPORTER_OTLP_PROTOCOL is used",
};

pub(in crate::config) static OTLP_LOGS_PROTOCOL: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    default: "OTEL_EXPORTER_OTLP_PROTOCOL",
    accepts: "grpc, http/protobuf or http/json",
    otherwise: "OTEL_EXPORTER_OTLP_PROTOCOL is used",
};

pub(in crate::config) static OTLP_ENDPOINT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: "http://localhost:4318, or http://localhost:4317 for grpc",
    accepts: "an http or https URL, to which v1/traces or v1/logs is added for HTTP; for grpc also host:port",
    otherwise: "the default is used",
};

pub(in crate::config) static OTLP_TRACES_ENDPOINT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    default: "OTEL_EXPORTER_OTLP_ENDPOINT",
    accepts: "an http or https URL, used as it stands; for grpc also host:port",
    otherwise: "OTEL_EXPORTER_OTLP_ENDPOINT is used",
};

pub(in crate::config) static OTLP_LOGS_ENDPOINT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    default: "OTEL_EXPORTER_OTLP_ENDPOINT",
    accepts: "an http or https URL, used as it stands; for grpc also host:port",
    otherwise: "OTEL_EXPORTER_OTLP_ENDPOINT is used",
};

pub(in crate::config) static OTLP_INSECURE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_INSECURE",
    default: "false",
    accepts: "true or false; whether an endpoint of grpc without a scheme is reached without TLS",
    otherwise: "false is used",
};

pub(in crate::config) static OTLP_TRACES_INSECURE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    default: "OTEL_EXPORTER_OTLP_INSECURE",
    accepts: "true or false; whether an endpoint of grpc without a scheme is reached without TLS",
    otherwise: "false is used",
};

pub(in crate::config) static OTLP_LOGS_INSECURE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_INSECURE",
    default: "OTEL_EXPORTER_OTLP_INSECURE",
    accepts: "true or false; whether an endpoint of grpc without a scheme is reached without TLS",
    otherwise: "false is used",
};

pub(in crate::config) static OTLP_TIMEOUT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TIMEOUT",
    default: "10000",
    accepts: "milliseconds, from 0 to 2147483647; 0 is without limit",
    otherwise: "10000 is used",
};

pub(in crate::config) static OTLP_TRACES_TIMEOUT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    default: "OTEL_EXPORTER_OTLP_TIMEOUT",
    accepts: "milliseconds, from 0 to 2147483647; 0 is without limit",
    otherwise: "OTEL_EXPORTER_OTLP_TIMEOUT is used",
};

pub(in crate::config) static OTLP_LOGS_TIMEOUT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
    default: "OTEL_EXPORTER_OTLP_TIMEOUT",
    accepts: "milliseconds, from 0 to 2147483647; 0 is without limit",
    otherwise: "OTEL_EXPORTER_OTLP_TIMEOUT is used",
};

pub(in crate::config) static OTLP_HEADERS: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    default: "none",
    accepts: "key=value pairs with commas between, values percent-encoded",
    otherwise: "none of them is used",
};

pub(in crate::config) static OTLP_TRACES_HEADERS: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    default: "OTEL_EXPORTER_OTLP_HEADERS",
    accepts: "key=value pairs with commas between, values percent-encoded",
    otherwise: "OTEL_EXPORTER_OTLP_HEADERS is used",
};

pub(in crate::config) static OTLP_LOGS_HEADERS: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    default: "OTEL_EXPORTER_OTLP_HEADERS",
    accepts: "key=value pairs with commas between, values percent-encoded",
    otherwise: "OTEL_EXPORTER_OTLP_HEADERS is used",
};

pub(in crate::config) static OTLP_COMPRESSION: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_COMPRESSION",
    default: "none",
    accepts: "gzip or none",
    otherwise: "none is used",
};

pub(in crate::config) static OTLP_TRACES_COMPRESSION: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    default: "OTEL_EXPORTER_OTLP_COMPRESSION",
    accepts: "gzip or none",
    otherwise: "OTEL_EXPORTER_OTLP_COMPRESSION is used",
};

pub(in crate::config) static OTLP_LOGS_COMPRESSION: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
    default: "OTEL_EXPORTER_OTLP_COMPRESSION",
    accepts: "gzip or none",
    otherwise: "OTEL_EXPORTER_OTLP_COMPRESSION is used",
};

pub(in crate::config) static OTLP_CERTIFICATE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_CERTIFICATE",
    default: "the authorities that the system trusts",
    accepts: "a PEM file of the authorities to trust",
    otherwise: "nothing is sent",
};

pub(in crate::config) static OTLP_TRACES_CERTIFICATE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    default: "OTEL_EXPORTER_OTLP_CERTIFICATE",
    accepts: "a PEM file of the authorities to trust",
    otherwise: "nothing is sent",
};

pub(in crate::config) static OTLP_LOGS_CERTIFICATE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
    default: "OTEL_EXPORTER_OTLP_CERTIFICATE",
    accepts: "a PEM file of the authorities to trust",
    otherwise: "nothing is sent",
};

pub(in crate::config) static OTLP_CLIENT_KEY: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    default: "none",
    accepts: "a PEM file of the client's private key, with a client certificate",
    otherwise: "nothing is sent",
};

pub(in crate::config) static OTLP_TRACES_CLIENT_KEY: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    default: "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    accepts: "a PEM file of the client's private key, with a client certificate",
    otherwise: "nothing is sent",
};

pub(in crate::config) static OTLP_LOGS_CLIENT_KEY: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
    default: "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    accepts: "a PEM file of the client's private key, with a client certificate",
    otherwise: "nothing is sent",
};

pub(in crate::config) static OTLP_CLIENT_CERTIFICATE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    default: "none",
    accepts: "a PEM file of the client's certificate chain, with a client key",
    otherwise: "nothing is sent",
};

pub(in crate::config) static OTLP_TRACES_CLIENT_CERTIFICATE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    default: "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    accepts: "a PEM file of the client's certificate chain, with a client key",
    otherwise: "nothing is sent",
};

pub(in crate::config) static OTLP_LOGS_CLIENT_CERTIFICATE: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
    default: "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    accepts: "a PEM file of the client's certificate chain, with a client key",
    otherwise: "nothing is sent",
};
