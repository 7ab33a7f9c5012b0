//! The variables of the Jaeger exporters.

use super::TlsVariables;
use crate::variable::Variable;

pub(crate) static JAEGER_PROTOCOL: Variable = Variable::new(
    "OTEL_EXPORTER_JAEGER_PROTOCOL",
    "http/thrift.binary; of jaeger_proto always grpc",
    "http/thrift.binary, grpc, udp/thrift.compact or udp/thrift.binary",
    "the default is used",
);

pub(crate) static JAEGER_ENDPOINT: Variable = Variable::new(
    "OTEL_EXPORTER_JAEGER_ENDPOINT",
    "http://localhost:14268/api/traces, or http://localhost:14250 for grpc",
    "an http or https URL, used as it stands; for grpc also host:port",
    "the default is used",
);

pub(crate) static JAEGER_GRPC_INSECURE: Variable = Variable::new(
    "OTEL_EXPORTER_JAEGER_GRPC_INSECURE",
    "false",
    "true or false; true means no TLS for a gRPC endpoint without a scheme",
    "false is used",
)
.boolean();

pub(crate) static JAEGER_TIMEOUT: Variable = Variable::new(
    "OTEL_EXPORTER_JAEGER_TIMEOUT",
    "10000",
    "milliseconds, from 0 to 2147483647; 0 means no limit",
    "10000 is used",
);

pub(crate) static JAEGER_USER: Variable = Variable::new(
    "OTEL_EXPORTER_JAEGER_USER",
    "none",
    "the user of HTTP basic authentication",
    "nothing is sent",
);

pub(crate) static JAEGER_PASSWORD: Variable = Variable::new(
    "OTEL_EXPORTER_JAEGER_PASSWORD",
    "none",
    "the password of HTTP basic authentication",
    "nothing is sent",
)
.secret();

pub(crate) static JAEGER_TLS: TlsVariables = TlsVariables::new([
    "OTEL_EXPORTER_JAEGER_CERTIFICATE",
    "OTEL_EXPORTER_JAEGER_CLIENT_KEY",
    "OTEL_EXPORTER_JAEGER_CLIENT_CERTIFICATE",
]);

pub(crate) static JAEGER_AGENT_HOST: Variable = Variable::new(
    "OTEL_EXPORTER_JAEGER_AGENT_HOST",
    "localhost",
    "the name or address of the UDP agent",
    "nothing is sent",
);

pub(crate) static JAEGER_AGENT_PORT: Variable = Variable::new(
    "OTEL_EXPORTER_JAEGER_AGENT_PORT",
    "6831, or 6832 for udp/thrift.binary",
    "a port from 1 to 65535",
    "the default is used",
);
