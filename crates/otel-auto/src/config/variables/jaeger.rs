//! The variables of the Jaeger exporters.

use crate::config::variable::Variable;

pub(in crate::config) static JAEGER_PROTOCOL: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_PROTOCOL",
    default: "http/thrift.binary; of jaeger_proto always grpc",
    accepts: "http/thrift.binary, grpc, udp/thrift.compact or udp/thrift.binary",
    otherwise: "the default is used",
};

pub(in crate::config) static JAEGER_ENDPOINT: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_ENDPOINT",
    default: "http://localhost:14268/api/traces, or http://localhost:14250 for grpc",
    accepts: "an http or https URL, used as it stands; for grpc also host:port",
    otherwise: "the default is used",
};

pub(in crate::config) static JAEGER_GRPC_INSECURE: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_GRPC_INSECURE",
    default: "false",
    accepts: "true or false; whether an endpoint of grpc without a scheme is reached without TLS",
    otherwise: "false is used",
};

pub(in crate::config) static JAEGER_TIMEOUT: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_TIMEOUT",
    default: "10000",
    accepts: "milliseconds, from 0 to 2147483647; 0 is without limit",
    otherwise: "10000 is used",
};

pub(in crate::config) static JAEGER_USER: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_USER",
    default: "none",
    accepts: "the user of HTTP basic authentication",
    otherwise: "nothing is sent",
};

pub(in crate::config) static JAEGER_PASSWORD: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_PASSWORD",
    default: "none",
    accepts: "the password of HTTP basic authentication",
    otherwise: "nothing is sent",
};

pub(in crate::config) static JAEGER_CERTIFICATE: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_CERTIFICATE",
    default: "the authorities that the system trusts",
    accepts: "a PEM file of the authorities to trust",
    otherwise: "nothing is sent",
};

pub(in crate::config) static JAEGER_CLIENT_KEY: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_CLIENT_KEY",
    default: "none",
    accepts: "a PEM file of the client's private key, with a client certificate",
    otherwise: "nothing is sent",
};

pub(in crate::config) static JAEGER_CLIENT_CERTIFICATE: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_CLIENT_CERTIFICATE",
    default: "none",
    accepts: "a PEM file of the client's certificate chain, with a client key",
    otherwise: "nothing is sent",
};

pub(in crate::config) static JAEGER_AGENT_HOST: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_AGENT_HOST",
    default: "localhost",
    accepts: "the name or address of the UDP agent",
    otherwise: "nothing is sent",
};

pub(in crate::config) static JAEGER_AGENT_PORT: Variable = Variable {
    name: "OTEL_EXPORTER_JAEGER_AGENT_PORT",
    default: "6831, or 6832 for udp/thrift.binary",
    accepts: "a port from 1 to 65535",
    otherwise: "the default is used",
};
