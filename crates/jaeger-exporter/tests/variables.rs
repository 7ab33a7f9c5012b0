//! Checks that the exporter reads its variables as `otel-env` does. It does not depend on that
//! crate, to keep the programs that use it small.

use std::cell::RefCell;

use jaeger_exporter::{BuildError, SpanExporter};
use otel_env::{Config, ProblemKind, variables};

const PROTOCOL: &str = "OTEL_EXPORTER_JAEGER_PROTOCOL";
const ENDPOINT: &str = "OTEL_EXPORTER_JAEGER_ENDPOINT";

/// Returns whether the exporter can be built with these variables, and whether `otel-env` accepts
/// them all.
fn both(variables: &[(&str, &str)]) -> (bool, bool) {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let built = match SpanExporter::from_lookup(lookup) {
        Err(error) => matches!(error, BuildError::Tls { .. }),
        Ok(_) => true,
    };
    let (_, problems) = Config::read(&|name| match name {
        "OTEL_TRACES_EXPORTER" => Some("jaeger".to_owned()),
        name => lookup(name),
    });
    let refused = |kind| matches!(kind, ProblemKind::Refused);
    (built, !problems.iter().any(|problem| refused(problem.kind)))
}

#[test]
fn every_variable_of_the_table_is_read() {
    let read = RefCell::new(Vec::new());
    let lookup = |name: &str| {
        read.borrow_mut().push(name.to_owned());
        None
    };
    SpanExporter::from_lookup(lookup).unwrap();
    let read = read.into_inner();
    for variable in variables().filter(|variable| variable.name.contains("_JAEGER_")) {
        assert!(
            read.iter().any(|name| name == variable.name),
            "{variable:?}"
        );
    }
}

#[test]
fn the_same_values_are_accepted() {
    let cases: [(&str, &[&str], &[&str]); 4] = [
        (
            "OTEL_EXPORTER_JAEGER_TIMEOUT",
            &["http/thrift.binary", "grpc"],
            &[
                "0",
                "1",
                " 7 ",
                "+7",
                "2147483647",
                "2147483648",
                "-1",
                "10s",
                "1.5",
                "",
            ],
        ),
        (
            "OTEL_EXPORTER_JAEGER_AGENT_PORT",
            &["udp/thrift.compact", "udp/thrift.binary"],
            &["0", "1", "65535", "65536", "-1", "x", ""],
        ),
        (
            "OTEL_EXPORTER_JAEGER_GRPC_INSECURE",
            &["grpc"],
            &["true", "TRUE", "False", "1", "yes", ""],
        ),
        (
            ENDPOINT,
            &["http/thrift.binary", "grpc"],
            &[
                "http://h",
                "HTTP://h:1",
                "http://[::1]:4",
                "ftp://h",
                "http://",
                "http://h h",
                "//h",
            ],
        ),
    ];
    for (name, protocols, values) in cases {
        for protocol in protocols {
            for value in values {
                let (exporter, table) = both(&[(PROTOCOL, protocol), (name, value)]);
                assert_eq!(exporter, table, "{protocol} {name}={value:?}");
            }
        }
    }
    for protocol in ["GRPC", "udp", "http/thrift", "UDP/Thrift.Compact"] {
        let (exporter, table) = both(&[(PROTOCOL, protocol)]);
        assert_eq!(exporter, table, "{protocol}");
    }
}

#[test]
fn a_bare_host_and_port_is_for_grpc_only() {
    for protocol in ["http/thrift.binary", "grpc"] {
        let (exporter, table) = both(&[(PROTOCOL, protocol), (ENDPOINT, "h:1")]);
        assert_eq!((exporter, table), (protocol == "grpc", protocol == "grpc"));
    }
}
