//! Tests of gRPC in different runtimes.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use jaeger_exporter::SpanExporter;
use jaeger_wire::RefType;
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter as _};
use test_kit::tls;
use tokio::runtime;

use crate::grpc_sink::{Answer, GrpcSink};
use crate::http_sink::HttpSink;
use crate::spans::{
    SERVICE, SOON, batch, counts, export, free_port, lost, provider, resource, span,
};

const UNAVAILABLE: Answer = (14, "try again");
const INVALID: Answer = (3, "no such tenant");
const TOO_BUSY: Answer = (8, "server busy");
const TOO_LARGE: Answer = (8, "grpc: received message larger than max (5 vs. 4)");

fn exporter_to(url: &str) -> SpanExporter {
    SpanExporter::grpc()
        .with_env(|_| None)
        .with_endpoint(url)
        .build()
        .unwrap()
}

fn exporter(sink: &GrpcSink) -> SpanExporter {
    exporter_to(&sink.url())
}

fn one_span(provider: &SdkTracerProvider) {
    provider.tracer("test").in_span("work", |_| ());
}

fn assert_one_span(sink: &GrpcSink) {
    let call = sink.next();
    assert_eq!(call.batch().spans[0].operation_name, "work");
    assert_eq!(sink.waiting(), 0);
}

#[test]
fn a_batch_arrives_with_its_process() {
    let sink = GrpcSink::start(&[]);
    let mut exporter = exporter(&sink);
    exporter.set_resource(&resource());
    assert_eq!(
        export(&exporter, vec![span("pay", 1), span("print", 2)]),
        Ok(())
    );
    assert_eq!(counts(&exporter), [2, 0, 0, 0]);

    let call = sink.next();
    assert_eq!(call.path, "/jaeger.api_v2.CollectorService/PostSpans");
    let batch = call.batch();
    let process = batch.process.as_ref().unwrap();
    assert_eq!(process.service_name, SERVICE);
    assert_eq!(process.tags.len(), 1);
    let names: Vec<_> = batch
        .spans
        .iter()
        .map(|span| span.operation_name.as_ref())
        .collect();
    assert_eq!(names, ["pay", "print"]);
    let references: Vec<_> = batch.spans[0]
        .references
        .iter()
        .map(|r| r.ref_type)
        .collect();
    assert_eq!(references, [RefType::ChildOf, RefType::FollowsFrom]);
}

#[test]
fn headers_are_sent() {
    let sink = GrpcSink::start(&[]);
    let exporter = SpanExporter::grpc()
        .with_env(|_| None)
        .with_endpoint(sink.url())
        .with_header("Authorization", "Bearer token")
        .build()
        .unwrap();
    export(&exporter, batch(1)).unwrap();
    let call = sink.next();
    assert_eq!(call.header("authorization"), Some("Bearer token"));
    assert!(
        call.header("user-agent")
            .unwrap()
            .starts_with("jaeger-exporter/")
    );
    assert!(call.header("grpc-timeout").is_some());
}

#[test]
fn a_large_batch_arrives_whole() {
    let sink = GrpcSink::start(&[]);
    let exporter = exporter(&sink);
    assert_eq!(export(&exporter, batch(5000)), Ok(()));
    assert_eq!(sink.next().batch().spans.len(), 5000);
}

#[test]
fn without_a_runtime() {
    let sink = GrpcSink::start(&[]);
    let provider = provider(exporter(&sink));
    one_span(&provider);
    provider.shutdown().unwrap();
    assert_one_span(&sink);
}

#[test]
fn with_a_current_thread_runtime_that_shutdown_blocks() {
    let sink = GrpcSink::start(&[]);
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let provider = provider(exporter(&sink));
        one_span(&provider);
        provider.shutdown().unwrap();
    });
    assert_one_span(&sink);
}

#[test]
fn with_a_simple_processor_on_a_current_thread_runtime() {
    let sink = GrpcSink::start(&[]);
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let exporter = exporter(&sink);
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter)
            .build();
        one_span(&provider);
        provider.shutdown().unwrap();
    });
    assert_one_span(&sink);
}

#[test]
fn with_a_multi_thread_runtime_of_one_worker() {
    let sink = GrpcSink::start(&[]);
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let provider = provider(exporter(&sink));
        tokio::spawn(async move {
            one_span(&provider);
            provider.shutdown().unwrap();
        })
        .await
        .unwrap();
    });
    assert_one_span(&sink);
}

#[test]
fn with_a_runtime_that_is_gone_before_shutdown() {
    let sink = GrpcSink::start(&[]);
    let runtime = runtime::Runtime::new().unwrap();
    let provider = runtime.block_on(async { provider(exporter(&sink)) });
    one_span(&provider);
    drop(runtime);
    provider.shutdown().unwrap();
    assert_one_span(&sink);
}

#[test]
fn an_export_can_be_awaited_and_abandoned() {
    let sink = GrpcSink::start(&[]);
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let exporter = exporter(&sink);
        drop(exporter.export(batch(1)));
        exporter.export(batch(2)).await.unwrap();
    });
    assert_eq!(sink.next().batch().spans.len(), 2);
}

#[test]
fn a_backend_that_is_unavailable_or_busy_is_asked_again() {
    let sink = GrpcSink::start(&[UNAVAILABLE, TOO_BUSY]);
    let exporter = exporter(&sink);
    assert_eq!(export(&exporter, batch(3)), Ok(()));
    assert_eq!(counts(&exporter), [3, 6, 0, 0]);
    assert_eq!(sink.waiting(), 3);
}

#[test]
fn a_refusal_is_not_repeated() {
    let cases = [
        (INVALID, "gRPC status InvalidArgument (no such tenant)"),
        (
            TOO_LARGE,
            "gRPC status ResourceExhausted (grpc: received message larger than max (5 vs. 4)): the \
             batch is too big; lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        ),
        (
            (16, "who?"),
            "gRPC status Unauthenticated (who?): check the headers",
        ),
        (
            (12, ""),
            "gRPC status Unimplemented: is this Jaeger's gRPC port? It takes spans on port 14250",
        ),
    ];
    for (answer, cause) in cases {
        let sink = GrpcSink::start(&[answer]);
        let exporter = exporter(&sink);
        assert_eq!(export(&exporter, batch(2)), lost(&sink.url(), cause));
        assert_eq!(counts(&exporter), [0, 0, 0, 2]);
        assert_eq!(sink.waiting(), 1);
    }
}

#[test]
fn a_backend_that_is_not_there_is_named_soon() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    let exporter = exporter_to(&url);
    let started = Instant::now();
    let cause = format!("connection refused: is the backend running and listening on {port}?");
    assert_eq!(export(&exporter, batch(2)), lost(&url, &cause));
    assert!(started.elapsed() < SOON);
}

#[test]
fn a_silent_backend_costs_the_timeout() {
    // The system accepts connections, but nothing answers on them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let exporter = SpanExporter::grpc()
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
    assert!(started.elapsed() < SOON);
}

#[test]
fn an_unknown_host_is_named() {
    let url = "http://no-such-host.invalid:14250";
    let cause = "the host no-such-host.invalid has no address: is the name right, and known on \
                 this machine?";
    assert_eq!(export(&exporter_to(url), batch(2)), lost(url, cause));
}

#[test]
fn an_http_port_is_explained() {
    let sink = HttpSink::start(&[]);
    let url = sink.url().replace("/api/traces", "");
    let cause = "the port answers with something other than HTTP/2: is it an HTTP port, or one for \
                 TLS, which needs https://? Jaeger takes gRPC on port 14250";
    assert_eq!(export(&exporter_to(&url), batch(2)), lost(&url, cause));

    let sink = HttpSink::start_tls(&[]);
    let url = sink.url().replace("/api/traces", "");
    let exporter = SpanExporter::grpc()
        .with_env(|_| None)
        .with_endpoint(&url)
        .with_ca_certificate(tls::CA)
        .with_client_certificate(tls::CERTIFICATE, tls::KEY)
        .build()
        .unwrap();
    let cause = "the port answers with something other than HTTP/2: is it an HTTP port? Jaeger takes \
                 gRPC on port 14250";
    assert_eq!(export(&exporter, batch(2)), lost(&url, cause));
}

#[test]
fn tls_with_a_given_authority_and_a_client_certificate() {
    let sink = GrpcSink::start_tls(&[]);
    let exporter = SpanExporter::grpc()
        .with_env(|_| None)
        .with_endpoint(sink.url())
        .with_ca_certificate(tls::CA)
        .with_client_certificate(tls::CERTIFICATE, tls::KEY)
        .build()
        .unwrap();
    assert_eq!(export(&exporter, batch(2)), Ok(()));
    assert_eq!(sink.next().batch().spans.len(), 2);
}

#[test]
fn tls_to_a_plaintext_port_is_explained() {
    let sink = GrpcSink::start(&[]);
    let url = sink.url().replace("http:", "https:");
    let exporter = SpanExporter::grpc()
        .with_env(|_| None)
        .with_endpoint(&url)
        .with_ca_certificate(tls::CA)
        .build()
        .unwrap();
    let cause = "the port does not speak TLS: write http:// if it is meant to be plaintext";
    assert_eq!(export(&exporter, batch(2)), lost(&url, cause));
}

#[test]
fn plaintext_to_a_tls_port_is_explained() {
    let sink = GrpcSink::start_tls(&[]);
    let url = sink.url().replace("https:", "http:");
    let message = export(&exporter_to(&url), batch(2)).unwrap_err();
    assert!(message.contains("https://"), "{message}");
}

#[test]
fn an_authority_that_is_not_the_servers_is_explained() {
    let sink = GrpcSink::start_tls(&[]);
    // The server's own certificate is not an authority.
    let exporter = with_ca(&sink.url(), tls::CERTIFICATE);
    let cause = "the server's certificate is signed by an unknown authority: give its CA \
                 certificate";
    assert_eq!(export(&exporter, batch(2)), lost(&sink.url(), cause));
}

#[test]
fn a_missing_client_certificate_is_suspected() {
    let sink = GrpcSink::start_tls(&[]);
    let message = export(&with_ca(&sink.url(), tls::CA), batch(2)).unwrap_err();
    assert!(
        message.ends_with("or does it want a client certificate?"),
        "{message}"
    );
}

fn with_ca(url: &str, ca: &str) -> SpanExporter {
    SpanExporter::grpc()
        .with_env(|_| None)
        .with_endpoint(url)
        .with_ca_certificate(ca)
        .build()
        .unwrap()
}

#[test]
fn after_shutdown_nothing_is_sent() {
    let sink = GrpcSink::start(&[]);
    let exporter = exporter(&sink);
    exporter.shutdown().unwrap();
    assert_eq!(
        export(&exporter, batch(1)),
        Err("Shutdown already invoked".to_owned())
    );
    assert_eq!(sink.waiting(), 0);
}
