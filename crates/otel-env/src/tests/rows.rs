//! Compares each row of the table with what is read.

use super::*;

/// The promises of a row.
struct Row {
    name: &'static str,
    /// Other variables, without which this one has no effect.
    with: &'static [(&'static str, &'static str)],
    /// The part of the configuration's text when the variable is unset.
    default: &'static str,
    /// An accepted value, and the part of the configuration's text for it.
    accepted: (&'static str, &'static str),
    /// A refused value, for which the default is used.
    refused: Option<&'static str>,
}

const fn row(
    name: &'static str,
    default: &'static str,
    accepted: (&'static str, &'static str),
    refused: Option<&'static str>,
) -> Row {
    Row {
        name,
        with: &[],
        default,
        accepted,
        refused,
    }
}

impl Row {
    const fn with(mut self, with: &'static [(&'static str, &'static str)]) -> Self {
        self.with = with;
        self
    }

    /// Reads the row with `value`; returns the configuration as text, and the problems.
    fn read(&self, value: Option<&'static str>) -> (String, String) {
        let mut variables = self.with.to_vec();
        variables.extend(value.map(|value| (self.name, value)));
        let (config, problems) = read(&variables);
        (format!("{config:?}"), problems)
    }
}

const LOGS: (&str, &str) = ("OTEL_LOGS_EXPORTER", "otlp");
const NO_TRACES: (&str, &str) = ("OTEL_TRACES_EXPORTER", "none");
const GRPC: (&str, &str) = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
const BARE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "h:1");
const HTTPS: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://h");
const RATIO: (&str, &str) = ("OTEL_TRACES_SAMPLER", "traceidratio");
const JAEGER: (&str, &str) = ("OTEL_TRACES_EXPORTER", "jaeger");
const JAEGER_GRPC: (&str, &str) = ("OTEL_EXPORTER_JAEGER_PROTOCOL", "grpc");
const JAEGER_BARE: (&str, &str) = ("OTEL_EXPORTER_JAEGER_ENDPOINT", "h:1");
const JAEGER_HTTPS: (&str, &str) = ("OTEL_EXPORTER_JAEGER_ENDPOINT", "https://h");
const JAEGER_UDP: (&str, &str) = ("OTEL_EXPORTER_JAEGER_PROTOCOL", "udp/thrift.compact");

#[rustfmt::skip]
static ROWS: &[Row] = &[
    row("OTEL_SDK_DISABLED", "disabled: false", ("TRUE", "disabled: true"), Some("yes")),
    row("OTEL_SERVICE_NAME", "service_name: None", ("shop", "service_name: Some(\"shop\")"), None),
    row("OTEL_RESOURCE_ATTRIBUTES", "attributes: []", ("a=b%2Cc", "attributes: [(\"a\", String(\"b,c\"))]"), Some("a")),
    row("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "detectors: []", ("host, OS,host", "detectors: [Host, Os]"), Some("gpu")),
    row("OTEL_LOG_LEVEL", "log_level: Off", ("Debug", "log_level: Debug"), Some("loud")),
    row("OTEL_PROPAGATORS", "[TraceContext, Baggage]", ("b3", "[B3]"), Some("xray")),
    row("OTEL_TRACES_SAMPLER", "ParentBased(AlwaysOn)", ("always_off", "sampler: AlwaysOff"), Some("xray")),
    row("OTEL_TRACES_SAMPLER_ARG", "TraceIdRatioBased(1.0)", ("0.5", "TraceIdRatioBased(0.5)"), Some("2")).with(&[RATIO]),
    row("OTEL_TRACES_EXPORTER", "processors: [Processor { exporter: Otlp(", ("console", "processors: [Processor { exporter: Console, batch: None }]"), Some("zipkin")),
    row("OTEL_LOGS_EXPORTER", "logs: Logs { processors: []", ("console,otlp", "logs: Logs { processors: [Processor { exporter: Console, batch: None }, Processor { exporter: Otlp("), Some("syslog")),
    row("OTEL_EXPORTER_OTLP_PROTOCOL", "protocol: HttpProtobuf", ("http/json", "protocol: HttpJson"), Some("thrift")),
    row("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "protocol: HttpProtobuf", ("GRPC", "protocol: Grpc"), Some("thrift")),
    row("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "protocol: HttpProtobuf", ("GRPC", "protocol: Grpc"), Some("thrift")).with(&[LOGS, NO_TRACES]),
    row("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/v1/traces", ("http://h:1", "\"http://h:1/v1/traces\""), Some("h:1")),
    row("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318/v1/traces", ("http://h:1", "\"http://h:1\""), Some("h:1")),
    row("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://localhost:4318/v1/logs", ("http://h:1", "\"http://h:1\""), Some("h:1")).with(&[LOGS, NO_TRACES]),
    row("OTEL_EXPORTER_OTLP_INSECURE", "https://h:1", ("true", "http://h:1"), Some("yes")).with(&[GRPC, BARE]),
    row("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "https://h:1", ("true", "http://h:1"), Some("yes")).with(&[GRPC, BARE]),
    row("OTEL_EXPORTER_OTLP_LOGS_INSECURE", "https://h:1", ("true", "http://h:1"), Some("yes")).with(&[LOGS, NO_TRACES, GRPC, BARE]),
    row("OTEL_EXPORTER_OTLP_TIMEOUT", "timeout: 10s", ("100", "timeout: 100ms"), Some("2147483648")),
    row("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "timeout: 10s", ("100", "timeout: 100ms"), Some("2147483648")),
    row("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "timeout: 10s", ("100", "timeout: 100ms"), Some("2147483648")).with(&[LOGS, NO_TRACES]),
    row("OTEL_EXPORTER_OTLP_HEADERS", "headers: []", ("a=b", "headers: [(\"a\", Sensitive)]"), Some("a")),
    row("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "headers: []", ("a=b", "headers: [(\"a\", Sensitive)]"), Some("a b=c")),
    row("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "headers: []", ("a=b", "headers: [(\"a\", Sensitive)]"), Some("a b=c")).with(&[LOGS, NO_TRACES]),
    row("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip: false", ("gzip", "gzip: true"), Some("zstd")),
    row("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip: false", ("gzip", "gzip: true"), Some("zstd")),
    row("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip: false", ("gzip", "gzip: true"), Some("zstd")).with(&[LOGS, NO_TRACES]),
    row("OTEL_EXPORTER_OTLP_CERTIFICATE", "certificate: None", ("/f", "certificate: Some"), None).with(&[HTTPS]),
    row("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "certificate: None", ("/f", "certificate: Some"), None).with(&[HTTPS]),
    row("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "certificate: None", ("/f", "certificate: Some"), None).with(&[LOGS, NO_TRACES, HTTPS]),
    row("OTEL_EXPORTER_OTLP_CLIENT_KEY", "client_key: None", ("/f", "client_key: Some"), None).with(&[HTTPS]),
    row("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "client_key: None", ("/f", "client_key: Some"), None).with(&[HTTPS]),
    row("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "client_key: None", ("/f", "client_key: Some"), None).with(&[LOGS, NO_TRACES, HTTPS]),
    row("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "client_certificate: None", ("/f", "client_certificate: Some"), None).with(&[HTTPS]),
    row("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "client_certificate: None", ("/f", "client_certificate: Some"), None).with(&[HTTPS]),
    row("OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", "client_certificate: None", ("/f", "client_certificate: Some"), None).with(&[LOGS, NO_TRACES, HTTPS]),
    row("OTEL_EXPORTER_JAEGER_PROTOCOL", "protocol: HttpThrift", ("udp/thrift.binary", "protocol: UdpBinary"), Some("udp")).with(&[JAEGER]),
    row("OTEL_EXPORTER_JAEGER_ENDPOINT", "endpoint: \"http://localhost:14268/api/traces\"", ("http://h:1", "endpoint: \"http://h:1\""), Some("h:1")).with(&[JAEGER]),
    row("OTEL_EXPORTER_JAEGER_GRPC_INSECURE", "https://h:1", ("true", "http://h:1"), Some("1")).with(&[JAEGER, JAEGER_GRPC, JAEGER_BARE]),
    row("OTEL_EXPORTER_JAEGER_TIMEOUT", "timeout: 10s", ("100", "timeout: 100ms"), Some("10s")).with(&[JAEGER]),
    row("OTEL_EXPORTER_JAEGER_USER", "user: None", ("u", "user: Some(\"u\")"), None).with(&[JAEGER]),
    row("OTEL_EXPORTER_JAEGER_PASSWORD", "password: None", ("p", "password: Some((not shown))"), None).with(&[JAEGER]),
    row("OTEL_EXPORTER_JAEGER_CERTIFICATE", "certificate: None", ("/f", "certificate: Some"), None).with(&[JAEGER, JAEGER_HTTPS]),
    row("OTEL_EXPORTER_JAEGER_CLIENT_KEY", "client_key: None", ("/f", "client_key: Some"), None).with(&[JAEGER, JAEGER_HTTPS]),
    row("OTEL_EXPORTER_JAEGER_CLIENT_CERTIFICATE", "client_certificate: None", ("/f", "client_certificate: Some"), None).with(&[JAEGER, JAEGER_HTTPS]),
    row("OTEL_EXPORTER_JAEGER_AGENT_HOST", "udp://localhost:6831", ("h", "udp://h:6831"), None).with(&[JAEGER, JAEGER_UDP]),
    row("OTEL_EXPORTER_JAEGER_AGENT_PORT", "udp://localhost:6831", ("1", "udp://localhost:1"), Some("0")).with(&[JAEGER, JAEGER_UDP]),
    row("OTEL_BSP_SCHEDULE_DELAY", "schedule_delay: 5s", ("100", "schedule_delay: 100ms"), Some("-1")),
    row("OTEL_BSP_EXPORT_TIMEOUT", "export_timeout: 30s", ("100", "export_timeout: 100ms"), Some("1s")),
    row("OTEL_BSP_MAX_QUEUE_SIZE", "max_queue_size: 2048", ("600", "max_queue_size: 600"), Some("-1")),
    row("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "max_export_batch_size: 512", ("100", "max_export_batch_size: 100"), Some("0")),
    row("OTEL_BLRP_SCHEDULE_DELAY", "schedule_delay: 1s", ("100", "schedule_delay: 100ms"), Some("1.5")).with(&[LOGS, NO_TRACES]),
    row("OTEL_BLRP_EXPORT_TIMEOUT", "schedule_delay: 1s, export_timeout: 30s", ("100", "schedule_delay: 1s, export_timeout: 100ms"), Some("1s")).with(&[LOGS, NO_TRACES]),
    row("OTEL_BLRP_MAX_QUEUE_SIZE", "schedule_delay: 1s, export_timeout: 30s, max_queue_size: 2048", ("600", "schedule_delay: 1s, export_timeout: 30s, max_queue_size: 600"), Some("-1")).with(&[LOGS, NO_TRACES]),
    row("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "schedule_delay: 1s, export_timeout: 30s, max_queue_size: 2048, max_export_batch_size: 512", ("100", "schedule_delay: 1s, export_timeout: 30s, max_queue_size: 2048, max_export_batch_size: 100"), Some("0")).with(&[LOGS, NO_TRACES]),
    row("OTEL_ATTRIBUTE_COUNT_LIMIT", "max_attributes_per_event: 128, max_attributes_per_link: 128", ("7", "max_attributes_per_event: 7, max_attributes_per_link: 7"), Some("-1")),
    row("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "max_attributes_per_span: 128", ("0", "max_attributes_per_span: 0"), Some("x")),
    row("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "max_attributes_per_event: 128", ("7", "max_attributes_per_event: 7"), Some("x")),
    row("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "max_attributes_per_link: 128", ("7", "max_attributes_per_link: 7"), Some("x")),
    row("OTEL_SPAN_EVENT_COUNT_LIMIT", "max_events_per_span: 128", ("7", "max_events_per_span: 7"), Some("x")),
    row("OTEL_SPAN_LINK_COUNT_LIMIT", "max_links_per_span: 128", ("7", "max_links_per_span: 7"), Some("x")),
    row("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "value_length: None", ("7", "value_length: Some(7)"), Some("x")),
    row("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "value_length: None", ("7", "value_length: Some(7)"), Some("x")),
    row("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "known_methods: None", ("GET,FOO", "Some([\"GET\", \"FOO\"])"), None),
    row("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST", "server_request_headers: []", ("X-A, x-b,x-a", "server_request_headers: [\"x-a\", \"x-b\"]"), Some("x-.*")),
    row("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE", "server_response_headers: []", ("X-A, x-b,x-a", "server_response_headers: [\"x-a\", \"x-b\"]"), Some("x-.*")),
    row("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", "client_request_headers: []", ("X-A, x-b,x-a", "client_request_headers: [\"x-a\", \"x-b\"]"), Some("x-.*")),
    row("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE", "client_response_headers: []", ("X-A, x-b,x-a", "client_response_headers: [\"x-a\", \"x-b\"]"), Some("x-.*")),
    row("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS", "sanitized_headers: []", ("X-A, x-b,x-a", "sanitized_headers: [\"x-a\", \"x-b\"]"), Some("x-.*")),
];

#[test]
fn every_row_of_the_table_is_true() {
    for row in ROWS {
        let name = row.name;
        let (unset, problems) = row.read(None);
        assert!(unset.contains(row.default), "{name} unset: {unset}");
        assert_eq!(problems, "", "{name} unset");

        let (value, shown) = row.accepted;
        let (set, problems) = row.read(Some(value));
        assert!(set.contains(shown), "{name}={value}: {set}");
        assert_eq!(problems, "", "{name}={value}");
        assert_ne!(set, unset, "{name}={value} changes nothing");

        if let Some(value) = row.refused {
            let (refused, problems) = row.read(Some(value));
            assert!(refused.contains(row.default), "{name}={value}: {refused}");
            assert!(problems.starts_with(name), "{name}={value}: {problems}");
            assert_eq!(problems.lines().count(), 1, "{problems}");
        }
    }
}

#[test]
fn every_variable_has_its_row() {
    let tested: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    // The variable of the configuration file has tests of its own.
    let variables = || variables().filter(|variable| variable.name != "OTEL_CONFIG_FILE");
    let table: Vec<_> = variables().map(|variable| variable.name).collect();
    assert_eq!(tested, table);
    for (row, variable) in ROWS.iter().zip(variables()) {
        let says_otherwise = variable.instead().is_some();
        assert!(row.refused.is_none() || says_otherwise, "{}", row.name);
    }
}
