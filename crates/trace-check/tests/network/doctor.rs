//! Tests each diagnosis with exactly its fault.

use std::io::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use serde_json::json;
use trace_check::doctor::{Diagnosis, DoctorArgs, Environment, Examination, State, examine, text};

use crate::http::{Request, Response, Server};

fn examination(variables: &[(&str, &str)], query_url: Option<String>) -> Examination {
    let environment: Environment = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let args = DoctorArgs {
        query_url,
        // Long enough for a slow machine; a test that runs into it says so.
        timeout: Duration::from_secs(20),
        json: false,
    };
    examine(&environment, &args)
}

fn diagnosis(examination: &Examination) -> Option<Diagnosis> {
    match &examination.failure()?.state {
        State::Failed(failure) => Some(failure.diagnosis),
        _ => None,
    }
}

/// Runs the doctor with these variables; returns the diagnosis and the report.
fn check(variables: &[(&str, &str)]) -> (Option<Diagnosis>, String) {
    let examination = examination(variables, None);
    (diagnosis(&examination), text(&examination))
}

fn assert_diagnosis(variables: &[(&str, &str)], expected: Diagnosis, words: &str) {
    let (found, report) = check(variables);
    assert_eq!(found, Some(expected), "{report}");
    assert!(report.contains(words), "{words:?} is not in {report}");
    assert!(report.contains("what to do: "), "{report}");
}

/// Receives OTLP over HTTP.
fn otlp(request: &Request) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/traces") => Response::new(200, ""),
        _ => Response::new(404, "404 page not found"),
    }
}

/// Other tests cover the hops after the receiver.
fn assert_passes_the_receiver(found: &Examination) {
    let receiver = found.hops.iter().find(|hop| hop.stage.name() == "receiver");
    let state = &receiver.unwrap().state;
    assert_eq!(*state, State::Fine, "{}", text(found));
}

fn unused_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_variable_is_not_understood() {
    use Diagnosis::VariableNotUnderstood as Wrong;
    assert_diagnosis(&[("OTEL_TRACES_EXPORTER", "otpl")], Wrong, "jaeger_thrift");
    assert_diagnosis(
        &[("OTEL_EXPORTER_OTLP_PROTOCOL", "http")],
        Wrong,
        "http/protobuf",
    );
    assert_diagnosis(&[("OTEL_TRACES_SAMPLER", "sometimes")], Wrong, "always_on");
    assert_diagnosis(&[("OTEL_BSP_SCHEDULE_DELAY", "5s")], Wrong, "milliseconds");
    assert_diagnosis(&[("OTEL_SDK_DISABLED", "1")], Wrong, "true or false");
    assert_diagnosis(
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:1"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such"),
        ],
        Wrong,
        "/no/such",
    );
    let slip = [("OTEL_EXPORTER_OTLP_ENDPIONT", "http://x")];
    assert_diagnosis(&slip, Wrong, "OTEL_EXPORTER_OTLP_ENDPOINT is close to it");
}

#[test]
fn a_secret_that_is_not_understood_is_not_shown() {
    let headers = [("OTEL_EXPORTER_OTLP_HEADERS", "a=1,SECRET")];
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:SECRET@h")];
    for variables in [headers, endpoint] {
        let (found, report) = check(&variables);
        assert!(found.is_some() && !report.contains("SECRET"), "{report}");
        assert!(report.contains("not shown"), "{report}");
    }
}

#[test]
fn a_secret_of_an_endpoint_is_not_shown() {
    let server = Server::http(|_| Response::new(404, "404 page not found"));
    let endpoint = format!("{}/elsewhere?token=SECRET", server.url());
    let variables = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str())];
    let (found, report) = check(&variables);
    assert_eq!(found, Some(Diagnosis::ReceiverOff), "{report}");
    assert!(report.contains("?(not shown)"), "{report}");
    assert!(!report.contains("SECRET"), "{report}");
}

#[test]
fn a_file_is_walked_in_place_of_the_variables() {
    let server = Server::http(otlp);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let exporter = format!(
        "{{otlp_http: {{endpoint: \"{}/v1/traces\"}}}}",
        server.url()
    );
    let text = format!(
        "file_format: \"1.2\"\ntracer_provider:\n  processors:\n    - simple: {{exporter: {exporter}}}\n"
    );
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let variables = [
        ("OTEL_CONFIG_FILE", path.as_str()),
        ("OTEL_TRACES_EXPORTER", "none"),
    ];
    assert_passes_the_receiver(&examination(&variables, None));

    file.write_all(b"  limit: 1\n").unwrap();
    let (found, report) = check(&variables);
    assert_eq!(found, Some(Diagnosis::VariableNotUnderstood), "{report}");
    let place = format!("{path}:5: tracer_provider.limit");
    assert!(
        report.contains(&place) && report.contains("accepted: "),
        "{report}"
    );
}

/// The doctor must read variables as programs do; each case is one in which it once did not.
#[test]
fn the_target_is_that_of_the_program() {
    let target = |variables: &[(&str, &str)]| {
        let found = examination(variables, None);
        let variables = found.hops.first().unwrap();
        format!("{variables:?}")
    };
    let closed = "http://127.0.0.1:1";
    let thrift = target(&[
        ("OTEL_TRACES_EXPORTER", "jaeger_thrift"),
        ("OTEL_EXPORTER_JAEGER_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_JAEGER_ENDPOINT", closed),
    ]);
    assert!(
        thrift.contains("Thrift over HTTP to http://127.0.0.1:1"),
        "{thrift}"
    );
    let query = target(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1/base?k=v")]);
    assert!(
        query.contains("http://127.0.0.1:1/base/v1/traces?(not shown)"),
        "{query}"
    );
    let (none, _) = check(&[("OTEL_TRACES_EXPORTER", "none,otlp")]);
    assert!(none.is_some());
    let agent = target(&[
        ("OTEL_TRACES_EXPORTER", "jaeger_thrift"),
        ("OTEL_EXPORTER_JAEGER_AGENT_HOST", "127.0.0.1"),
    ]);
    assert!(
        agent.contains("Thrift compact over UDP to udp://127.0.0.1:6831"),
        "{agent}"
    );
    let python = target(&[
        ("OTEL_TRACES_EXPORTER", "otlp_proto_grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", closed),
    ]);
    assert!(
        python.contains("OTLP gRPC to http://127.0.0.1:1"),
        "{python}"
    );
}

#[test]
fn the_program_itself_exports_nothing() {
    let disabled = [("OTEL_SDK_DISABLED", "true")];
    assert_diagnosis(&disabled, Diagnosis::SdkDisabled, "OTEL_SDK_DISABLED");
    for exporter in ["none", "console"] {
        let variables = [("OTEL_TRACES_EXPORTER", exporter)];
        assert_diagnosis(&variables, Diagnosis::NotExported, exporter);
    }
}

#[test]
fn everything_is_sampled_out() {
    for sampler in ["always_off", "parentbased_always_off"] {
        let variables = [("OTEL_TRACES_SAMPLER", sampler)];
        assert_diagnosis(&variables, Diagnosis::SampledOut, sampler);
    }
    let none = [
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
    ];
    assert_diagnosis(&none, Diagnosis::SampledOut, "ratio 0");
}

#[test]
fn an_endpoint_is_no_address() {
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")];
    assert_diagnosis(
        &variables,
        Diagnosis::EndpointInvalid,
        "an http or https URL",
    );
}

#[test]
fn a_name_does_not_resolve() {
    let variables = [(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://no-such-host.invalid:4318",
    )];
    assert_diagnosis(
        &variables,
        Diagnosis::NameNotResolved,
        "no-such-host.invalid",
    );
}

#[test]
fn a_port_is_closed() {
    let port = unused_port();
    let endpoint = format!("http://127.0.0.1:{port}");
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ];
        assert_diagnosis(&variables, Diagnosis::PortClosed, &port.to_string());
    }
}

#[test]
fn a_port_for_datagrams_is_closed() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port().to_string();
    drop(socket);
    let variables = [
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_EXPORTER_JAEGER_PROTOCOL", "udp/thrift.compact"),
        ("OTEL_EXPORTER_JAEGER_AGENT_HOST", "127.0.0.1"),
        ("OTEL_EXPORTER_JAEGER_AGENT_PORT", port.as_str()),
    ];
    assert_diagnosis(&variables, Diagnosis::PortClosed, &port);
}

/// As in a container whose receiver listens only on localhost: another address of the same machine
/// is refused.
#[test]
fn a_receiver_listens_on_localhost_only() {
    let server = Server::http(otlp);
    let endpoint = format!("http://127.0.0.2:{}", server.address.port());
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    assert_diagnosis(&variables, Diagnosis::ListensOnLocalhost, "0.0.0.0");
}

#[test]
fn plaintext_meets_tls() {
    let server = Server::tls(otlp);
    for protocol in ["http/protobuf", "grpc"] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ];
        assert_diagnosis(&variables, Diagnosis::PlaintextAgainstTls, "https://");
    }
}

#[test]
fn tls_meets_plaintext() {
    let server = Server::http(otlp);
    let endpoint = format!("https://{}", server.address);
    for protocol in ["http/protobuf", "grpc"] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ];
        assert_diagnosis(&variables, Diagnosis::TlsAgainstPlaintext, "http://");
    }
}

#[test]
fn a_certificate_is_trusted_only_if_its_authority_is() {
    let server = Server::tls(otlp);
    let endpoint = format!("https://localhost:{}", server.address.port());
    let unknown = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let words = "OTEL_EXPORTER_OTLP_CERTIFICATE";
    assert_diagnosis(&unknown, Diagnosis::CertificateNotTrusted, words);
    let known = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", test_kit::tls::CA_FILE),
    ];
    let found = examination(&known, Some(format!("http://127.0.0.1:{}", unused_port())));
    assert_passes_the_receiver(&found);
}

#[test]
fn grpc_meets_a_port_for_http() {
    let server = Server::http(otlp);
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    let words = "receives OTLP HTTP protobuf";
    assert_diagnosis(&variables, Diagnosis::GrpcAgainstHttp, words);
    // This one does not even receive OTLP.
    let server = Server::http(|_| Response::new(404, ""));
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    assert_diagnosis(&variables, Diagnosis::GrpcAgainstHttp, "HTTP/1");
}

/// A pure gRPC server starts with its settings, whatever it receives.
#[test]
fn http_meets_a_port_for_grpc() {
    let server = Server::raw(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url())];
    assert_diagnosis(&variables, Diagnosis::HttpAgainstGrpc, "4318");
}

#[test]
fn a_port_belongs_to_another_protocol() {
    let server = Server::http(otlp);
    let endpoint = format!("{}/api/traces", server.url());
    let variables = [
        ("OTEL_TRACES_EXPORTER", "jaeger_thrift"),
        ("OTEL_EXPORTER_JAEGER_ENDPOINT", endpoint.as_str()),
    ];
    assert_diagnosis(&variables, Diagnosis::OtherProtocol, "OTLP HTTP protobuf");
}

#[test]
fn a_receiver_is_off() {
    let server = Server::http(|_| Response::new(404, "404 page not found"));
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url())];
    assert_diagnosis(&variables, Diagnosis::ReceiverOff, "404");
}

/// The most common mistakes with OTLP over HTTP.
#[test]
fn a_path_stands_in_the_wrong_variable() {
    let server = Server::http(otlp);
    let whole = format!("{}/v1/traces", server.url());
    let twice = [("OTEL_EXPORTER_OTLP_ENDPOINT", whole.as_str())];
    let remove = "remove /v1/traces from OTEL_EXPORTER_OTLP_ENDPOINT";
    assert_diagnosis(&twice, Diagnosis::ReceiverOff, remove);
    let missing = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &*server.url())];
    let add = "add /v1/traces to OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    assert_diagnosis(&missing, Diagnosis::ReceiverOff, add);
}

#[test]
fn the_endpoint_is_the_page() {
    let page = Server::http(|request| match request.path.as_str() {
        "/api/v3/services" => Response::new(200, r#"{"services":[]}"#),
        _ => Response::new(404, "404 page not found"),
    });
    for (protocol, port) in [("http/protobuf", "port 4318"), ("http/json", "port 4318")] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*page.url()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ];
        let (found, report) = check(&variables);
        assert_eq!(found, Some(Diagnosis::OtherProtocol), "{report}");
        assert!(
            report.contains("has the page") && report.contains(port),
            "{report}"
        );
    }
}

/// The default protocol differs between languages.
#[test]
fn a_protocol_that_is_not_named_is_said_to_be_a_guess() {
    let server = backend(|| {
        one_span(&json!({"attributes": [
        {"key": "service.name", "value": {"stringValue": "x"}}]}))
    });
    let guessed = with_query(&server, Duration::from_secs(20));
    assert_eq!(diagnosis(&guessed), None, "{}", text(&guessed));
    let report = text(&guessed);
    let words = "set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf";
    assert!(
        report.contains("Python") && report.contains(words),
        "{report}"
    );
}

#[test]
fn a_protocol_that_is_in_the_name_of_the_exporter_is_no_guess() {
    let server = Server::http(otlp);
    let (found, report) = check(&[
        ("OTEL_TRACES_EXPORTER", "otlp_proto_http"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url()),
    ]);
    assert_eq!(found, None, "{report}");
    assert!(report.contains("acknowledged a span"), "{report}");
    assert!(!report.contains("no variable names"), "{report}");
}

/// Languages differ here, too.
#[test]
fn an_agent_without_a_protocol_is_said_to_be_a_guess() {
    let agent = [
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_EXPORTER_JAEGER_AGENT_HOST", "127.0.0.1"),
    ];
    let guess = "OTEL_EXPORTER_JAEGER_PROTOCOL=udp/thrift.compact";
    let (_, report) = check(&agent);
    assert!(report.contains(guess), "{report}");
    let named = ("OTEL_EXPORTER_JAEGER_PROTOCOL", "udp/thrift.compact");
    let unused = ("OTEL_TRACES_EXPORTER", "none");
    for more in [named, unused] {
        let (_, report) = check(&[&agent[..], &[more]].concat());
        assert!(!report.contains("no variable names"), "{report}");
    }
}

#[test]
fn spans_are_refused_with_a_reason() {
    let server = Server::http(|request| match request.method.as_str() {
        "POST" => Response::new(400, "trace ids must be 128 bit"),
        _ => Response::new(404, ""),
    });
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url())];
    assert_diagnosis(&variables, Diagnosis::Refused, "trace ids must be 128 bit");

    let server = Server::http(|_| Response::new(401, "who are you?"));
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url())];
    assert_diagnosis(&variables, Diagnosis::Refused, "OTEL_EXPORTER_OTLP_HEADERS");
}

/// A backend that receives spans and gives a fixed answer for their trace.
fn backend(answer: fn() -> Response) -> Server {
    Server::http(move |request| {
        let path = request.path.as_str();
        if request.method == "POST" {
            otlp(request)
        } else if path == "/api/v3/services" {
            Response::new(200, r#"{"services":[]}"#)
        } else if path.starts_with("/api/v3/traces/") {
            answer()
        } else {
            Response::new(404, "")
        }
    })
}

fn with_query(server: &Server, timeout: Duration) -> Examination {
    let url = server.url();
    let environment = Environment::from([("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), url.clone())]);
    let args = DoctorArgs {
        query_url: Some(url),
        timeout,
        json: false,
    };
    examine(&environment, &args)
}

fn one_span(resource: &serde_json::Value) -> Response {
    let span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
        "startTimeUnixNano": "1", "endTimeUnixNano": "2",
    });
    let group = json!({ "resource": resource, "scopeSpans": [{ "spans": [span] }] });
    Response::new(
        200,
        json!({ "result": { "resourceSpans": [group] } }).to_string(),
    )
}

#[test]
fn a_span_is_acknowledged_and_not_stored() {
    let server = backend(|| Response::new(404, "{}"));
    let found = with_query(&server, Duration::from_secs(1));
    assert_eq!(
        diagnosis(&found),
        Some(Diagnosis::NotStored),
        "{}",
        text(&found)
    );
}

#[test]
fn a_trace_is_stored_with_nothing_in_it() {
    let server = backend(|| Response::new(200, r#"{"result":{"resourceSpans":[]}}"#));
    let found = with_query(&server, Duration::from_secs(1));
    assert_eq!(
        diagnosis(&found),
        Some(Diagnosis::StoredEmpty),
        "{}",
        text(&found)
    );

    let server = backend(|| one_span(&json!({})));
    let found = with_query(&server, Duration::from_secs(20));
    assert_eq!(
        diagnosis(&found),
        Some(Diagnosis::StoredEmpty),
        "{}",
        text(&found)
    );
}

#[test]
fn a_clock_is_wrong_by_hours() {
    let server = Server::http(|request| {
        let now = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(150);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mut response = otlp(request);
        response.headers.push(("date", date));
        response
    });
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url())];
    assert_diagnosis(&variables, Diagnosis::ClockWrong, "2:30 hours ahead of");
}

#[test]
fn a_path_that_is_whole_is_said_to_be() {
    let server = backend(|| {
        let service = json!([{ "key": "service.name", "value": { "stringValue": "x" } }]);
        one_span(&json!({ "attributes": service }))
    });
    let found = with_query(&server, Duration::from_secs(20));
    assert_eq!(diagnosis(&found), None, "{}", text(&found));
    let stages: Vec<_> = found.hops.iter().map(|hop| hop.stage.name()).collect();
    let all = [
        "variables",
        "exporter",
        "sampler",
        "name",
        "port",
        "TLS",
        "receiver",
        "clock",
        "store",
        // No variable sets the protocol.
        "variables",
    ];
    assert_eq!(stages, all);
}

/// The specification gives precedence to the more specific variable.
#[test]
fn variables_are_resolved_like_a_program_resolves_them() {
    let server = Server::http(|request| match request.path.as_str() {
        "/special" => Response::new(200, ""),
        _ => Response::new(404, ""),
    });
    let special = format!("{}/special", server.url());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://no-such-host.invalid"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", special.as_str()),
        ("OTEL_TRACES_EXPORTER", "otlp,console"),
        ("OTEL_SERVICE_NAME", ""),
    ];
    let found = examination(&variables, Some(server.url()));
    assert_passes_the_receiver(&found);
}
