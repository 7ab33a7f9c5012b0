//! Tests declarative configuration against the schema and the examples of its authors.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod oracle;

use std::io::Write as _;

use otel_env::{Config, Exporter, Problem, ProblemKind, Value};
use tempfile::NamedTempFile;

const START: &str = "file_format: \"1.2\"\n";
const PROCESSORS: &str = "  processors:\n    - batch:\n        exporter:\n          console:\n";

/// Reads `text` as the file that `OTEL_CONFIG_FILE` names, together with other variables. Problems
/// call the file `FILE`.
fn read(text: &str, variables: &[(&str, &str)]) -> (Config, Vec<Problem>) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    let (config, mut problems) = Config::read(&|name| {
        if name == "OTEL_CONFIG_FILE" {
            return Some(path.to_owned());
        }
        let (_, value) = variables.iter().find(|(given, _)| *given == name)?;
        Some((*value).to_owned())
    });
    for problem in &mut problems {
        for text in [
            &mut problem.variable,
            &mut problem.value,
            &mut problem.message,
        ] {
            *text = text.replace(path, "FILE");
        }
    }
    (config, problems)
}

/// True if the file can be used.
fn is_accepted(problems: &[Problem]) -> bool {
    let mut problems = problems.iter();
    problems.all(|problem| problem.kind != ProblemKind::InFile)
}

fn told(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn accepted(text: &str, variables: &[(&str, &str)]) -> Config {
    let (config, problems) = read(text, variables);
    assert!(is_accepted(&problems), "{}", told(&problems));
    config
}

fn refused(text: &str) -> String {
    let (config, problems) = read(text, &[]);
    assert!(!is_accepted(&problems), "{text}");
    assert!(config.disabled && config.propagators.is_empty());
    told(&problems)
}

#[test]
fn the_official_examples_are_accepted_unchanged() {
    let examples = [
        include_str!("opentelemetry-configuration/otel-getting-started.yaml"),
        include_str!("opentelemetry-configuration/otel-sdk-config.yaml"),
        include_str!("opentelemetry-configuration/otel-sdk-migration-config.yaml"),
    ];
    for example in examples {
        let config = accepted(example, &[]);
        assert!(!config.disabled);
        assert_eq!(config.processors.len(), 1);
        let Exporter::Otlp(otlp) = &config.processors[0].exporter else {
            panic!("{config:?}");
        };
        assert_eq!(otlp.endpoint, "http://localhost:4318/v1/traces");
    }
}

#[test]
fn the_migration_example_takes_the_variables_that_it_refers_to() {
    let example = include_str!("opentelemetry-configuration/otel-sdk-migration-config.yaml");
    let (config, problems) = read(
        example,
        &[
            ("OTEL_SERVICE_NAME", "shop"),
            ("OTEL_PROPAGATORS", "b3"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "600"),
            ("OTEL_TRACES_SAMPLER", "always_off"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=SECRET"),
        ],
    );
    assert_eq!(config.resource.service_name.as_deref(), Some("shop"));
    assert_eq!(format!("{:?}", config.propagators), "[B3]");
    assert_eq!(config.processors[0].batch.unwrap().max_queue_size, 600);
    assert_eq!(format!("{:?}", config.sampler), "ParentBased(AlwaysOn)");
    let told = told(&problems);
    let unused = r#"OTEL_TRACES_SAMPLER="always_off": it is not used: FILE takes precedence, and does not refer to ${OTEL_TRACES_SAMPLER}"#;
    assert!(told.contains(unused), "{told}");
    assert!(!told.contains("SECRET"), "{told}");
}

#[test]
fn what_is_absent_is_off() {
    let config = accepted(START, &[]);
    assert!(config.processors.is_empty() && config.logs.processors.is_empty());
    assert!(config.propagators.is_empty());
    assert_eq!(config.resource.service_name, None);
}

#[test]
fn a_broken_file_is_answered_line_by_line() {
    let text = format!(
        "{START}tracer_provider:\n{PROCESSORS}\
         \x20   - batch:\n        schedule_delay: soon\n        exporter:\n          zipkin:\n\
         \x20 sampler:\n    trace_id_ratio_based:\n      ratio: 2\n  limit: 1\n\
         propagator:\n  composite: [{{xray: }}]\ntracer_providr:\n"
    );
    insta::assert_snapshot!(refused(&text), @r#"
    FILE:8: tracer_provider.processors[1].batch.schedule_delay="soon": accepted: a whole number from 0
    FILE:9: tracer_provider.processors[1].batch.exporter: there is no exporter zipkin here; accepted: otlp_http, otlp_grpc, console, jaeger_http, jaeger_grpc, jaeger_udp
    FILE:13: tracer_provider.sampler.trace_id_ratio_based.ratio="2": accepted: a number from 0 to 1
    FILE:14: tracer_provider.limit="1": there is no such key; accepted: processors, limits, sampler, id_generator, tracer_configurator/development
    FILE:16: propagator.composite[0]: there is no propagator xray; accepted: tracecontext, baggage, b3, b3multi, jaeger
    FILE:17: tracer_providr: there is no such key; it is passed over
    OTEL_CONFIG_FILE="FILE": it cannot be used, so there is no telemetry; correct the lines above
    "#);
}

#[test]
fn the_version_is_text_and_known() {
    for version in ["\"1.0\"", "'1.1'", "\"1.2\"", "\"1.3\"", "\"1.0-rc.2\""] {
        accepted(&format!("file_format: {version}\n"), &[]);
    }
    for version in ["1.0", "\"0.4\"", "\"2.0\"", "\"\"", "", "\"1\""] {
        refused(&format!("file_format: {version}\n"));
    }
    refused("disabled: true\n");
}

#[test]
fn a_file_that_is_not_there_leaves_no_telemetry() {
    let path = |name: &str| (name == "OTEL_CONFIG_FILE").then(|| "/no/such.yaml".to_owned());
    let (config, problems) = Config::read(&path);
    assert!(config.disabled);
    let told = told(&problems);
    assert!(
        told.starts_with("OTEL_CONFIG_FILE=\"/no/such.yaml\": it cannot be read"),
        "{told}"
    );
}

#[test]
fn every_exporter_of_this_workspace_is_a_component() {
    let cases = [
        ("otlp_http:\n            encoding: json", "HttpJson"),
        ("otlp_grpc:\n            endpoint: h:1", "https://h:1"),
        (
            "otlp_grpc:\n            endpoint: h:1\n            tls: {insecure: true}",
            "http://h:1",
        ),
        ("console:", "Console"),
        (
            "jaeger_http:\n            endpoint: http://h:1/api/traces",
            "HttpThrift",
        ),
        ("jaeger_grpc:", "http://localhost:14250"),
        (
            "jaeger_udp:\n            encoding: binary",
            "udp://localhost:6832",
        ),
    ];
    for (exporter, expected) in cases {
        let text = format!(
            "{START}tracer_provider:\n  processors:\n    - simple:\n        exporter:\n          {exporter}\n"
        );
        let config = accepted(&text, &[]);
        let [processor] = &config.processors[..] else {
            panic!("{config:?}");
        };
        assert_eq!(processor.batch, None);
        let shown = format!("{:?}", processor.exporter);
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn headers_have_one_value_and_are_not_shown() {
    let exporter = |headers: &str| {
        format!(
            "{START}tracer_provider:\n  processors:\n    - simple:\n        exporter:\n          otlp_http: {{{headers}}}\n"
        )
    };
    let both = "headers: [{name: a, value: SECRET}, {name: c, value: }], headers_list: \"a=2,b=3\"";
    let config = accepted(&exporter(both), &[]);
    let Exporter::Otlp(otlp) = &config.processors[0].exporter else {
        panic!("{config:?}");
    };
    let headers: Vec<_> = otlp
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    assert_eq!(headers, [("a", &b"SECRET"[..]), ("b", b"3")]);
    for wrong in [
        "headers: [{name: a b, value: SECRET}]",
        "headers: [{name: a, value: {SECRET: 1}}]",
        "headers_list: SECRET",
        "endpoint: \"http://u:SECRET@h\"",
    ] {
        let told = refused(&exporter(wrong));
        assert!(
            !told.replace("value.SECRET", "").contains("SECRET"),
            "{told}"
        );
    }
}

#[test]
fn attributes_have_the_types_that_they_name() {
    let text = format!(
        "{START}resource:\n  attributes_list: service.name=listed,a=1\n  attributes:\n\
         \x20   - {{name: service.name, value: \"${{NAME}}\"}}\n\
         \x20   - {{name: i, value: 7, type: int}}\n\
         \x20   - {{name: d, value: [1, 2.5], type: double_array}}\n\
         \x20   - {{name: n, value: }}\n"
    );
    let config = accepted(&text, &[("NAME", "shop")]);
    assert_eq!(config.resource.service_name.as_deref(), Some("shop"));
    let expected = [
        ("a".to_owned(), Value::String("1".to_owned())),
        ("i".to_owned(), Value::Int(7)),
        ("d".to_owned(), Value::Doubles(vec![1.0, 2.5])),
    ];
    assert_eq!(config.resource.attributes, expected);
    let wrong =
        format!("{START}resource:\n  attributes:\n    - {{name: i, value: x, type: int}}\n");
    assert!(refused(&wrong).contains("FILE:4: resource.attributes[0].value"));
}

#[test]
fn general_limits_hold_where_a_provider_has_none() {
    let text = format!(
        "{START}attribute_limits: {{attribute_count_limit: 7, attribute_value_length_limit: 9}}\n\
         tracer_provider:\n{PROCESSORS}  limits: {{attribute_count_limit: 3, link_count_limit: 0}}\n"
    );
    let limits = accepted(&text, &[]).limits;
    assert_eq!(limits.max_attributes_per_span, 3);
    assert_eq!(limits.value_length, Some(9));
    assert_eq!(
        (limits.max_links_per_span, limits.max_events_per_span),
        (0, 128)
    );
}

#[test]
fn http_spans_are_configured_too() {
    let text = format!(
        "{START}instrumentation/development:\n  general:\n    http:\n      server:\n\
         \x20       request_captured_headers: [X-A]\n        known_methods: [GET]\n"
    );
    let http = accepted(&text, &[]).http;
    assert_eq!(http.server_request_headers, ["x-a"]);
    assert_eq!(http.known_methods, Some(vec!["GET".to_owned()]));
}
