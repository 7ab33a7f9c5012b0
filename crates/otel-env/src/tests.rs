mod document;
mod edges;
mod rows;

use std::cell::RefCell;

use super::*;

/// Reads `variables`; returns the configuration, and the problems as text.
fn read(variables: &[(&str, &str)]) -> (Config, String) {
    let lookup = |name: &str| {
        let (_, value) = variables.iter().find(|(given, _)| *given == name)?;
        Some((*value).to_owned())
    };
    let (config, problems) = Config::read(&lookup);
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    (config, problems.join("\n"))
}

fn config(variables: &[(&str, &str)]) -> Config {
    let (config, problems) = read(variables);
    assert_eq!(problems, "");
    config
}

fn exporters(config: Config) -> Vec<Exporter> {
    let processors = config.processors.into_iter();
    processors.map(|processor| processor.exporter).collect()
}

fn attribute(config: &Config, key: &str) -> String {
    let attributes = config.resource.attributes.iter();
    let value = attributes.rev().find(|(given, _)| given == key);
    value.map_or_else(|| "absent".to_owned(), |(_, value)| value.to_string())
}

#[test]
fn every_variable_that_is_read_is_in_the_table() {
    let read = RefCell::new(Vec::new());
    let _ = Config::read(&|name| {
        read.borrow_mut().push(name.to_owned());
        None
    });
    for name in read.into_inner() {
        let listed = variables().any(|variable| variable.name == name)
            || IGNORED.iter().any(|ignored| ignored.name == name);
        assert!(listed, "{name}");
    }
}

#[test]
fn an_empty_environment_gives_the_defaults_of_the_specification() {
    let config = config(&[]);
    assert!(!config.disabled);
    assert_eq!(
        config.propagators,
        [Propagator::TraceContext, Propagator::Baggage]
    );
    assert_eq!(format!("{:?}", config.sampler), "ParentBased(AlwaysOn)");
    let otlp = Otlp {
        protocol: OtlpProtocol::HttpProtobuf,
        endpoint: "http://localhost:4318/v1/traces".to_owned(),
        endpoint_variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
        timeout: std::time::Duration::from_secs(10),
        headers: Vec::new(),
        gzip: false,
        tls: TlsFiles::default(),
    };
    let [processor] = &config.processors[..] else {
        panic!("{config:?}");
    };
    assert_eq!(processor.exporter, Exporter::Otlp(otlp));
    let batch = processor.batch.unwrap();
    assert_eq!(batch.max_queue_size, 2048);
    assert_eq!(batch.max_export_batch_size, 512);
    assert_eq!(config.resource, Resource::default());
}

#[test]
fn the_service_name_has_three_sources_in_order() {
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=b,team=a%20b");
    let both = config(&[("OTEL_SERVICE_NAME", "a"), attributes]);
    assert_eq!(both.resource.service_name.as_deref(), Some("a"));
    let second = config(&[("OTEL_SERVICE_NAME", ""), attributes]);
    assert_eq!(second.resource.service_name.as_deref(), Some("b"));
    assert_eq!(attribute(&second, "team"), "a b");
}

#[test]
fn one_bad_resource_attribute_discards_them_all() {
    for bad in ["a=b,c", "a=b,c=%zz", "a=b,c=%f", "a=b,c=%ff", "a=b,=c"] {
        let (config, problems) = read(&[("OTEL_RESOURCE_ATTRIBUTES", bad)]);
        assert_eq!(attribute(&config, "a"), "absent");
        assert!(problems.contains("none of them is used"), "{problems}");
    }
}

#[test]
fn every_bad_value_is_reported_at_once() {
    let (config, problems) = read(&[
        ("OTEL_SDK_DISABLED", "1"),
        ("OTEL_PROPAGATORS", "tracecontext,zipkin"),
        ("OTEL_TRACES_SAMPLER", "always_maybe"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
        ("OTEL_TRACES_EXPORTER", "console,zipkin"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "soon"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"),
    ]);
    assert!(!config.disabled);
    assert_eq!(exporters(config), [Exporter::Console]);
    insta::assert_snapshot!(problems, @r#"
    OTEL_SDK_DISABLED="1": accepted: true or false; false is used
    OTEL_PROPAGATORS="zipkin": accepted: a list of tracecontext, baggage, b3, b3multi, jaeger; or none; it is left out, and the default is used if nothing is left
    OTEL_TRACES_SAMPLER="always_maybe": accepted: always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio; parentbased_always_on is used
    OTEL_TRACES_SAMPLER_ARG="0.5": the sampler takes no argument; it is not used
    OTEL_TRACES_EXPORTER="zipkin": accepted: a list of otlp, jaeger, jaeger_thrift, jaeger_proto, console; or none; it is left out, and the default is used if nothing is left
    OTEL_BSP_MAX_QUEUE_SIZE="0": accepted: spans, from 1 to 1000000; 2048 is used
    OTEL_BSP_SCHEDULE_DELAY="-1": accepted: milliseconds, from 0 to 2147483647; 5000 is used
    OTEL_BSP_EXPORT_TIMEOUT="soon": accepted: milliseconds, from 0 to 2147483647; 0 means no limit; 30000 is used
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE="4096": more than the queue holds; 2048 is used
    "#);
}

#[test]
fn samplers() {
    let cases = [
        ("always_on", "AlwaysOn"),
        ("ALWAYS_OFF", "AlwaysOff"),
        ("traceidratio", "TraceIdRatioBased(1.0)"),
        ("parentbased_always_on", "ParentBased(AlwaysOn)"),
        ("parentbased_always_off", "ParentBased(AlwaysOff)"),
        (
            "parentbased_traceidratio",
            "ParentBased(TraceIdRatioBased(1.0))",
        ),
    ];
    for (name, expected) in cases {
        let config = config(&[("OTEL_TRACES_SAMPLER", name)]);
        assert_eq!(format!("{:?}", config.sampler), expected);
    }
}

#[test]
fn the_sampler_argument_is_a_ratio() {
    let sampler = ("OTEL_TRACES_SAMPLER", "traceidratio");
    let quarter = config(&[sampler, ("OTEL_TRACES_SAMPLER_ARG", "0.25")]);
    assert_eq!(format!("{:?}", quarter.sampler), "TraceIdRatioBased(0.25)");
    for bad in ["1.5", "-0.1", "NaN", "half"] {
        let (config, problems) = read(&[sampler, ("OTEL_TRACES_SAMPLER_ARG", bad)]);
        assert_eq!(format!("{:?}", config.sampler), "TraceIdRatioBased(1.0)");
        assert!(problems.contains("OTEL_TRACES_SAMPLER_ARG"), "{problems}");
    }
}

#[test]
fn propagators_are_a_list_without_regard_to_case_or_doubles() {
    let config = config(&[("OTEL_PROPAGATORS", "jaeger, B3,b3multi,b3,,tracecontext")]);
    let expected = [
        Propagator::Jaeger,
        Propagator::B3,
        Propagator::B3Multi,
        Propagator::TraceContext,
    ];
    assert_eq!(config.propagators, expected);
}

#[test]
fn variables_that_are_not_honoured_are_reported() {
    for ignored in IGNORED {
        let (_, problems) = read(&[(ignored.name, "value")]);
        assert!(problems.starts_with(ignored.name), "{problems}");
        assert!(problems.contains(ignored.reason), "{problems}");
        assert_eq!(problems.lines().count(), 1, "{problems}");
        config(&[(ignored.name, "")]);
        if let Some(agreed) = ignored.agreed {
            config(&[(ignored.name, agreed)]);
        }
    }
    let (_, problems) = read(&[
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=secret"),
    ]);
    insta::assert_snapshot!(problems, @r#"
    OTEL_METRICS_EXPORTER="otlp": no metrics are made; it is not used
    OTEL_EXPORTER_OTLP_METRICS_HEADERS="(not shown)": no metrics are made; it is not used
    "#);
}

#[test]
fn what_is_set_but_not_used_is_reported() {
    let (_, problems) = read(&[
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_JAEGER_PASSWORD", "secret"),
    ]);
    insta::assert_snapshot!(problems, @r#"
    OTEL_EXPORTER_OTLP_ENDPOINT="http://h:1": nothing that is configured reads it; it is not used
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT="soon": nothing that is configured reads it; it is not used
    OTEL_EXPORTER_JAEGER_PASSWORD="(not shown)": nothing that is configured reads it; it is not used
    "#);
}

#[test]
fn a_misspelt_variable_is_reported_with_the_right_one() {
    let names = [
        "OTEL_TRACE_EXPORTER",
        "OTEL_TRACES_EXPORTER",
        "OTEL_BACKEND_UI_PORT",
    ];
    let problems = misspelt(names.map(str::to_owned).into_iter());
    let problems: Vec<_> = problems.map(|problem| problem.to_string()).collect();
    insta::assert_snapshot!(problems.join("\n"), @r#"OTEL_TRACE_EXPORTER="…": there is no such variable; OTEL_TRACES_EXPORTER is close to it"#);
}

#[test]
fn none_stands_alone() {
    assert!(
        config(&[("OTEL_TRACES_EXPORTER", "none")])
            .processors
            .is_empty()
    );
    assert!(
        config(&[("OTEL_PROPAGATORS", "none")])
            .propagators
            .is_empty()
    );
    let (config, problems) = read(&[("OTEL_TRACES_EXPORTER", "console,none")]);
    assert!(config.processors.is_empty());
    assert!(problems.contains("none excludes all others"), "{problems}");
}

#[test]
fn the_otlp_endpoint_for_traces_is_used_as_it_stands() {
    let endpoint = |variables: &[(&str, &str)]| otlp(variables).endpoint;
    let common = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1/base/");
    let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:2");
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    assert_eq!(endpoint(&[common]), "http://h:1/base/v1/traces");
    assert_eq!(endpoint(&[common, traces]), "http://t:2");
    assert_eq!(endpoint(&[grpc]), "http://localhost:4317");
    assert_eq!(endpoint(&[grpc, common]), "http://h:1/base/");
}

#[test]
fn an_endpoint_of_grpc_may_lack_its_scheme() {
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let bare = ("OTEL_EXPORTER_OTLP_ENDPOINT", "backend:4317");
    let insecure = ("OTEL_EXPORTER_OTLP_INSECURE", "true");
    assert_eq!(otlp(&[grpc, bare]).endpoint, "https://backend:4317");
    assert_eq!(
        otlp(&[grpc, bare, insecure]).endpoint,
        "http://backend:4317"
    );
    let (_, problems) = read(&[bare]);
    insta::assert_snapshot!(problems, @r#"OTEL_EXPORTER_OTLP_ENDPOINT="backend:4317": accepted: an http or https URL, to which v1/traces or v1/logs is added for HTTP; for grpc also host:port; the default is used"#);
}

#[test]
fn otlp_headers_are_decoded_and_never_shown() {
    let headers = |value| otlp(&[("OTEL_EXPORTER_OTLP_HEADERS", value)]).headers;
    let [(name, value)] = headers("api-key=a%20secret").try_into().unwrap();
    assert_eq!(
        (name.as_str(), value.as_bytes()),
        ("api-key", &b"a secret"[..])
    );
}

#[test]
fn a_bad_header_is_left_out_and_the_others_are_used() {
    let cases = [
        "a=1,SECRET,c=3",
        "a=1,SE CRET=2,c=3",
        "a=1,b=SECRET%zz,c=3",
        "a=1,b=SECRET\u{7f},c=3",
    ];
    let mut all = Vec::new();
    for value in cases {
        let (config, problems) = read(&[("OTEL_EXPORTER_OTLP_HEADERS", value)]);
        let shown = format!("{config:?}{problems}");
        assert!(!shown.contains("SECRET"), "{shown}");
        let headers = only_otlp(config).headers;
        let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "c"], "{value}");
        all.push(problems);
    }
    insta::assert_snapshot!(all.join("\n"), @r#"
    OTEL_EXPORTER_OTLP_HEADERS="(not shown)": pair 2 has no equals sign: accepted is key=value; it is left out
    OTEL_EXPORTER_OTLP_HEADERS="(not shown)": pair 2 begins with what cannot be the name of a header; it is left out
    OTEL_EXPORTER_OTLP_HEADERS="(not shown)": pair 2 has a value with broken percent-encoding; it is left out
    OTEL_EXPORTER_OTLP_HEADERS="(not shown)": pair 2 has a value that cannot be that of a header; it is left out
    "#);
}

#[test]
fn the_headers_of_the_exporter_itself_cannot_be_set() {
    for name in [
        "Content-Type",
        "content-encoding",
        "Host",
        "te",
        "grpc-timeout",
    ] {
        let pair = format!("{name}=x,api-key=y");
        let (config, problems) = read(&[("OTEL_EXPORTER_OTLP_TRACES_HEADERS", &pair)]);
        assert_eq!(only_otlp(config).headers.len(), 1, "{name}");
        assert!(problems.contains("the exporter's own"), "{problems}");
    }
}

#[test]
fn the_variable_that_counts_for_the_endpoint_is_known() {
    let variable = |variables: &[(&str, &str)]| only_otlp(read(variables).0).endpoint_variable;
    let general = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let url = "http://h:1";
    assert_eq!(variable(&[]), general);
    assert_eq!(variable(&[(general, url)]), general);
    assert_eq!(variable(&[(general, url), (traces, url)]), traces);
    assert_eq!(variable(&[(general, url), (traces, "h")]), general);
}

#[test]
fn the_variable_for_traces_wins_and_a_bad_one_leaves_the_common_one() {
    let common = ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000");
    let traces = |value| ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", value);
    assert_eq!(otlp(&[common]).timeout.as_millis(), 2000);
    assert_eq!(otlp(&[common, traces("300")]).timeout.as_millis(), 300);
    let (config, problems) = read(&[common, traces("fast")]);
    assert_eq!(only_otlp(config).timeout.as_millis(), 2000);
    insta::assert_snapshot!(problems, @r#"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT="fast": accepted: milliseconds, from 0 to 2147483647; 0 means no limit; OTEL_EXPORTER_OTLP_TIMEOUT is used"#);
}

#[test]
fn tls_files_without_tls_are_a_problem() {
    let certificate = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem");
    let (config, problems) = read(&[certificate]);
    assert_eq!(only_otlp(config).tls, TlsFiles::default());
    insta::assert_snapshot!(problems, @r#"OTEL_EXPORTER_OTLP_CERTIFICATE="/ca.pem": http://localhost:4318/v1/traces is not reached over TLS; it is not used"#);
    let https = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://h");
    let path = otlp(&[certificate, https]).tls.certificate.unwrap().path;
    assert_eq!(path.to_str(), Some("/ca.pem"));
}

#[test]
fn the_jaeger_exporters_choose_among_the_protocols() {
    let cases = [
        ("jaeger", "", "http/thrift.binary"),
        ("jaeger", "GRPC", "grpc"),
        ("jaeger_thrift", "", "http/thrift.binary"),
        ("jaeger_thrift", "udp/thrift.compact", "udp/thrift.compact"),
        ("jaeger_thrift", "grpc", "http/thrift.binary"),
        ("jaeger_proto", "http/thrift.binary", "grpc"),
    ];
    for (exporter, protocol, expected) in cases {
        let chosen = jaeger(&[
            ("OTEL_TRACES_EXPORTER", exporter),
            ("OTEL_EXPORTER_JAEGER_PROTOCOL", protocol),
        ]);
        assert_eq!(chosen.protocol.name(), expected);
    }
}

#[test]
fn the_jaeger_settings_reach_the_exporter_and_hide_the_password() {
    let settings = jaeger(&[
        ("OTEL_TRACES_EXPORTER", "jaeger_proto"),
        ("OTEL_EXPORTER_JAEGER_ENDPOINT", "backend:14250"),
        ("OTEL_EXPORTER_JAEGER_GRPC_INSECURE", "True"),
        ("OTEL_EXPORTER_JAEGER_TIMEOUT", "300"),
        ("OTEL_EXPORTER_JAEGER_PASSWORD", "secret"),
    ]);
    assert_eq!(settings.protocol, JaegerProtocol::Grpc);
    assert_eq!(settings.endpoint, "http://backend:14250");
    assert_eq!(settings.timeout.as_millis(), 300);
    assert_eq!(
        settings.password.as_ref().map(Secret::expose),
        Some("secret")
    );
    assert!(!format!("{settings:?}").contains("secret"));
}

#[test]
fn jaeger_over_udp_goes_to_an_agent() {
    let agent = jaeger(&[
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_EXPORTER_JAEGER_PROTOCOL", "udp/thrift.binary"),
        ("OTEL_EXPORTER_JAEGER_AGENT_HOST", "h"),
    ]);
    assert_eq!(agent.endpoint, "udp://h:6832");
    assert_eq!(agent.endpoint_variable, "OTEL_EXPORTER_JAEGER_AGENT_HOST");
}

#[test]
fn bad_jaeger_settings_are_problems_and_do_not_reach_the_exporter() {
    let (config, problems) = read(&[
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_EXPORTER_JAEGER_PROTOCOL", "http/thrift"),
        (
            "OTEL_EXPORTER_JAEGER_ENDPOINT",
            "http://user:secret@backend",
        ),
        ("OTEL_EXPORTER_JAEGER_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_JAEGER_CERTIFICATE", "/ca.pem"),
    ]);
    let settings = only_jaeger(config);
    assert_eq!(settings.endpoint, "http://localhost:14268/api/traces");
    assert_eq!(settings.tls, TlsFiles::default());
    insta::assert_snapshot!(problems, @r#"
    OTEL_EXPORTER_JAEGER_PROTOCOL="http/thrift": accepted: http/thrift.binary, grpc, udp/thrift.compact or udp/thrift.binary; the default is used
    OTEL_EXPORTER_JAEGER_TIMEOUT="10s": accepted: milliseconds, from 0 to 2147483647; 0 means no limit; 10000 is used
    OTEL_EXPORTER_JAEGER_ENDPOINT="(a URL with a user; not shown)": accepted: an http or https URL, used as it stands; for grpc also host:port; the default is used
    OTEL_EXPORTER_JAEGER_CERTIFICATE="/ca.pem": http://localhost:14268/api/traces is not reached over TLS; it is not used
    "#);
}

fn jaeger(variables: &[(&str, &str)]) -> Jaeger {
    only_jaeger(config(variables))
}

fn only_jaeger(config: Config) -> Jaeger {
    match <[Exporter; 1]>::try_from(exporters(config)) {
        Ok([Exporter::Jaeger(jaeger)]) => jaeger,
        other => panic!("{other:?}"),
    }
}

fn otlp(variables: &[(&str, &str)]) -> Otlp {
    only_otlp(config(variables))
}

fn only_otlp(config: Config) -> Otlp {
    match <[Exporter; 1]>::try_from(exporters(config)) {
        Ok([Exporter::Otlp(otlp)]) => otlp,
        other => panic!("{other:?}"),
    }
}
