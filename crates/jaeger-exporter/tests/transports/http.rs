//! Tests of Thrift over HTTP.

use std::io::Read;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use jaeger_exporter::SpanExporter;
use jaeger_wire::thrift::binary;
use opentelemetry::KeyValue;
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::trace::SpanExporter as _;
use test_kit::tls;

use crate::grpc_sink::GrpcSink;
use crate::http_sink::HttpSink;
use crate::spans::{
    SERVICE, SOON, batch, counts, export, free_port, lost, provider, resource, span,
};

const BAD_REQUEST: &str =
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 31\r\n\r\nUnable to process\r\nrequest body";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy";
const BUSY_FOR_A_MINUTE: &str =
    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n";
const BUSY_FOR_A_SECOND: &str =
    "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
const MOVED: &str =
    "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";

fn exporter_to(url: &str) -> SpanExporter {
    SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(url)
        .build()
        .unwrap()
}

fn exporter(sink: &HttpSink) -> SpanExporter {
    exporter_to(&sink.url())
}

#[test]
fn a_batch_arrives_with_its_process() {
    let sink = HttpSink::start(&[]);
    let mut exporter = exporter(&sink);
    exporter.set_resource(&resource());
    assert_eq!(
        export(&exporter, vec![span("pay", 1), span("print", 2)]),
        Ok(())
    );
    assert_eq!(counts(&exporter), [2, 0, 0, 0]);

    let request = sink.next();
    assert_eq!(request.line, "POST /api/traces HTTP/1.1");
    assert_eq!(
        request.header("content-type"),
        Some("application/vnd.apache.thrift.binary")
    );
    let batch = binary::decode_batch(&request.body).unwrap();
    assert_eq!(batch.process.service_name, SERVICE);
    assert_eq!(batch.process.tags.len(), 1);
    let names: Vec<_> = batch
        .spans
        .iter()
        .map(|span| span.operation_name.as_ref())
        .collect();
    assert_eq!(names, ["pay", "print"]);
}

#[test]
fn the_sdk_delivers_on_shutdown() {
    let sink = HttpSink::start(&[]);
    let provider = provider(exporter(&sink));
    provider.tracer("test").in_span("work", |_| ());
    provider.shutdown().unwrap();
    let request = sink.next();
    let batch = binary::decode_batch(&request.body).unwrap();
    assert_eq!(batch.process.service_name, SERVICE);
    assert_eq!(batch.spans[0].operation_name, "work");
}

#[test]
fn a_connection_serves_many_exports() {
    let sink = HttpSink::start(&[]);
    let exporter = exporter(&sink);
    for spans in 1..=5 {
        export(&exporter, batch(spans)).unwrap();
        let request = sink.next();
        assert_eq!((request.connection, request.spans()), (0, spans));
    }
}

#[test]
fn headers_and_credentials_are_sent() {
    let sink = HttpSink::start(&[]);
    let exporter = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(sink.url())
        .with_basic_auth("Aladdin", "open sesame")
        .with_header("X-Scope-OrgID", "tenant")
        .build()
        .unwrap();
    export(&exporter, batch(1)).unwrap();
    let request = sink.next();
    // The example in RFC 7617.
    assert_eq!(
        request.header("authorization"),
        Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    );
    assert_eq!(request.header("x-scope-orgid"), Some("tenant"));
}

#[test]
fn a_busy_backend_is_asked_again() {
    let sink = HttpSink::start(&[BUSY]);
    let exporter = exporter(&sink);
    assert_eq!(export(&exporter, batch(3)), Ok(()));
    assert_eq!(counts(&exporter), [3, 3, 0, 0]);
    assert_eq!(sink.next().body, sink.next().body);
}

#[test]
fn a_connection_that_breaks_is_made_again() {
    // The connection closes in the middle of the first answer.
    let sink = HttpSink::start(&["HTTP/1.1 "]);
    let exporter = exporter(&sink);
    assert_eq!(export(&exporter, batch(1)), Ok(()));
    assert_eq!((sink.next().connection, sink.next().connection), (0, 1));
}

#[test]
fn a_refusal_is_not_repeated() {
    let sink = HttpSink::start(&[BAD_REQUEST]);
    let exporter = exporter(&sink);
    let cause = "HTTP 400 Bad Request (Unable to process request body)";
    assert_eq!(export(&exporter, batch(2)), lost(&sink.url(), cause));
    assert_eq!(counts(&exporter), [0, 0, 0, 2]);
    assert_eq!(sink.waiting(), 1);
    // The connection is usable again.
    assert_eq!(export(&exporter, batch(2)), Ok(()));
    assert_eq!(sink.next().connection, 0);
}

#[test]
fn statuses_come_with_what_to_do() {
    let answer = |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
    let cases = [
        (
            "401 Unauthorized",
            ": check the user and password, or the headers",
        ),
        (
            "404 Not Found",
            ": is this Jaeger's collector? It takes Thrift on port 14268",
        ),
        (
            "413 Payload Too Large",
            ": the batch is too big; lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        ),
        ("500 Internal Server Error", ""),
    ];
    for (status, hint) in cases {
        let sink = HttpSink::start(&[&answer(status)]);
        let result = export(&exporter(&sink), batch(2));
        assert_eq!(result, lost(&sink.url(), &format!("HTTP {status}{hint}")));
    }
    let sink = HttpSink::start(&[&answer("404 Not Found")]);
    let url = sink.url().replace("/api/traces", "/traces");
    let cause = "HTTP 404 Not Found: is the path right? Jaeger's collector takes spans at \
                 /api/traces";
    assert_eq!(export(&exporter_to(&url), batch(2)), lost(&url, cause));
}

#[test]
fn a_redirect_is_not_followed() {
    let sink = HttpSink::start(&[MOVED]);
    let cause = "HTTP 307 Temporary Redirect: the endpoint moved, and spans do not follow; set its \
                 new URL";
    assert_eq!(export(&exporter(&sink), batch(2)), lost(&sink.url(), cause));
}

#[test]
fn a_backend_that_asks_for_more_time_than_there_is_is_not_waited_for() {
    let sink = HttpSink::start(&[BUSY_FOR_A_MINUTE]);
    let started = Instant::now();
    let result = export(&exporter(&sink), batch(2));
    assert_eq!(result, lost(&sink.url(), "HTTP 429 Too Many Requests"));
    assert!(started.elapsed() < SOON);
}

#[test]
fn a_backend_that_is_not_there_is_named_soon() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/api/traces");
    let exporter = exporter_to(&url);
    let started = Instant::now();
    let cause = format!("connection refused: is the backend running and listening on {port}?");
    assert_eq!(export(&exporter, batch(2)), lost(&url, &cause));
    assert!(started.elapsed() < SOON);
    let [exported, retried, dropped, failed] = counts(&exporter);
    assert_eq!((exported, dropped, failed), (0, 0, 2));
    assert!(retried >= 2, "{retried}");
}

#[test]
fn a_backend_that_starts_late_gets_the_spans() {
    let port = free_port();
    let exporter = exporter_to(&format!("http://127.0.0.1:{port}/api/traces"));
    // The first request is refused because the listener does not exist yet: the export is polled
    // only then.
    let refused = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let waiting = std::thread::spawn(move || (export(&exporter, batch(1)), counts(&exporter)));
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    std::io::Write::write_all(&mut stream, crate::http_sink::ACCEPTED.as_bytes()).unwrap();
    let (result, counts) = waiting.join().unwrap();
    assert_eq!(result, Ok(()));
    assert_eq!((counts[0], counts[3]), (1, 0));
}

#[test]
fn a_silent_backend_costs_the_timeout() {
    // The system accepts connections, but nothing answers on them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/traces", listener.local_addr().unwrap());
    let exporter = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(&url)
        .with_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let started = Instant::now();
    assert_eq!(
        export(&exporter, batch(2)),
        lost(&url, "no answer within 200ms")
    );
    let elapsed = started.elapsed();
    assert!(
        (Duration::from_millis(190)..SOON).contains(&elapsed),
        "{elapsed:?}"
    );
}

#[test]
fn an_unknown_host_is_named() {
    let url = "http://no-such-host.invalid:14268/api/traces";
    let cause = "the host no-such-host.invalid has no address: is the name right, and known on \
                 this machine?";
    assert_eq!(export(&exporter_to(url), batch(2)), lost(url, cause));
}

#[test]
fn tls_with_a_given_authority_and_a_client_certificate() {
    let sink = HttpSink::start_tls(&[]);
    let exporter = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(sink.url())
        .with_ca_certificate(tls::CA)
        .with_client_certificate(tls::CERTIFICATE, tls::KEY)
        .build()
        .unwrap();
    assert_eq!(export(&exporter, batch(2)), Ok(()));
    assert_eq!(sink.next().spans(), 2);
}

#[test]
fn tls_to_a_plaintext_port_is_explained() {
    let sink = HttpSink::start(&[]);
    let url = sink.url().replace("http:", "https:");
    let exporter = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(&url)
        .with_ca_certificate(tls::CA)
        .build()
        .unwrap();
    let cause = "the port does not speak TLS: write http:// if it is meant to be plaintext";
    assert_eq!(export(&exporter, batch(2)), lost(&url, cause));
}

#[test]
fn a_port_that_speaks_something_else_is_explained() {
    let (tls, grpc) = (HttpSink::start_tls(&[]), GrpcSink::start(&[]));
    for url in [tls.url().replace("https:", "http:"), grpc.url()] {
        let message = export(&exporter_to(&url), batch(2)).unwrap_err();
        // Either the answer or the reset of the connection arrives first.
        assert!(message.ends_with("TLS, which needs https://?"), "{message}");
    }
}

#[test]
fn an_authority_that_is_not_the_servers_is_explained() {
    let sink = HttpSink::start_tls(&[]);
    // The server's own certificate is not an authority.
    let exporter = with_ca(&sink, tls::CERTIFICATE);
    let cause = "the server's certificate is signed by an unknown authority: give its CA \
                 certificate";
    assert_eq!(export(&exporter, batch(2)), lost(&sink.url(), cause));
}

#[test]
fn a_missing_client_certificate_is_explained() {
    let sink = HttpSink::start_tls(&[]);
    let exporter = with_ca(&sink, tls::CA);
    let cause = "the server wants a client certificate";
    assert_eq!(export(&exporter, batch(2)), lost(&sink.url(), cause));
}

fn with_ca(sink: &HttpSink, ca: &str) -> SpanExporter {
    SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(sink.url())
        .with_ca_certificate(ca)
        .build()
        .unwrap()
}

#[test]
fn certificates_are_checked_before_they_are_used() {
    let build = |ca: &str, key: &str| {
        SpanExporter::http()
            .with_env(|_| None)
            .with_endpoint("https://jaeger")
            .with_ca_certificate(ca)
            .with_client_certificate(tls::CERTIFICATE, key)
            .build()
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(build(tls::CA, tls::KEY), Ok(()));
    assert_eq!(
        build("not PEM", tls::KEY).unwrap_err(),
        "cannot set up TLS for https://jaeger: the CA certificate: no PEM block `BEGIN CERTIFICATE`"
    );
    let no_key = build(tls::CA, "not PEM").unwrap_err();
    assert!(
        no_key.starts_with("cannot set up TLS for https://jaeger: the client key: "),
        "{no_key}"
    );
}

#[test]
fn what_was_lost_is_reported_once_more_and_then_forgotten() {
    let sink = HttpSink::start(&[BAD_REQUEST, BAD_REQUEST]);
    let exporter = exporter(&sink);
    export(&exporter, batch(2)).unwrap_err();
    let flushed = exporter.force_flush().unwrap_err().to_string();
    assert!(
        flushed.starts_with("Operation failed: 2 spans were lost; the last: 2 of 2"),
        "{flushed}"
    );
    exporter.force_flush().unwrap();

    export(&exporter, batch(3)).unwrap_err();
    let ended = exporter.shutdown().unwrap_err().to_string();
    assert!(
        ended.starts_with("Operation failed: 3 spans were lost"),
        "{ended}"
    );
    assert_eq!(
        export(&exporter, batch(1)),
        Err("Shutdown already invoked".to_owned())
    );
    assert_eq!(sink.waiting(), 2);
}

#[test]
fn a_backend_that_takes_a_batch_slowly_costs_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/traces", listener.local_addr().unwrap());
    // The server keeps reading slowly, so the request never ends.
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        while let Ok(1..) = stream.read(&mut [0; 4096]) {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let exporter = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(&url)
        .with_timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    // One attribute, larger than the system's buffers for a connection; a single text encodes
    // fastest.
    let mut spans = batch(2);
    let text = "x".repeat(20 << 20);
    spans[0].attributes.push(KeyValue::new("large", text));
    let started = Instant::now();
    assert_eq!(
        export(&exporter, spans),
        lost(&url, "no answer within 500ms")
    );
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[test]
fn a_backend_says_when_to_come_again() {
    let sink = HttpSink::start(&[BUSY_FOR_A_SECOND]);
    let exporter = exporter(&sink);
    let started = Instant::now();
    assert_eq!(export(&exporter, batch(2)), Ok(()));
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(counts(&exporter), [2, 2, 0, 0]);
}
