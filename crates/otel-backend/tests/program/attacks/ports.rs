//! Tests the right protocol at the wrong port, and requests that never end.

use hyper::ext::ReasonPhrase;
use otel_backend::config::{Endpoint, Transport};
use reqwest::header::HeaderMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;

use crate::limits::metric;
use crate::protocols::{EXPORT, call, request, span, stored};
use crate::support::{Backend, get, of_service, post};

const PROTOBUF: &str = "application/x-protobuf";

/// The TCP ports, without those of OTLP.
fn others() -> impl Iterator<Item = Endpoint> {
    let is_other = |endpoint: &Endpoint| {
        let is_otlp = matches!(endpoint, Endpoint::OtlpGrpc | Endpoint::OtlpHttp);
        !is_otlp && endpoint.transport() == Transport::Tcp
    };
    Endpoint::ALL.into_iter().filter(is_other)
}

#[tokio::test]
async fn otlp_is_taken_on_both_of_its_ports_by_every_protocol() {
    for port in ["OTLP gRPC", "OTLP HTTP"] {
        let backend = Backend::in_memory();
        let url = backend.url(port, "");
        call(url.clone(), EXPORT, request(vec![span()]), None)
            .await
            .unwrap();
        let json = of_service("shop", &[]).to_string().into_bytes();
        for (content_type, body) in [
            (PROTOBUF, request(vec![span()])),
            ("application/json", json),
        ] {
            for client in [
                reqwest::Client::new(),
                reqwest::Client::builder()
                    .http2_prior_knowledge()
                    .build()
                    .unwrap(),
            ] {
                let post = client.post(format!("{url}/v1/traces"));
                let post = post.header("content-type", content_type);
                let answer = post.body(body.clone()).send().await.unwrap();
                assert_eq!(answer.status(), 200, "{port} {content_type}");
                assert!(!answer.headers().contains_key("grpc-status"), "{port}");
            }
        }
        assert!(stored(&backend).await.to_string().contains("GET /"));
    }
}

#[tokio::test]
async fn only_otlp_is_said_to_have_come_to_the_other_port() {
    const SAID: &str = "OTLP came to the other port";
    let url = |backend: &Backend| backend.url("OTLP HTTP", "");
    let backend = Backend::in_memory();
    let spans = "/jaeger.api_v2.CollectorService/PostSpans";
    let refused = call(url(&backend), spans, Vec::new(), None).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unimplemented);
    let said = backend.terminate().said;
    assert!(
        said.contains("a request was refused") && !said.contains(SAID),
        "{said}"
    );
    let backend = Backend::in_memory();
    let taken = call(url(&backend), EXPORT, request(vec![span()]), None).await;
    taken.unwrap();
    assert!(backend.terminate().said.contains(SAID));
}

#[tokio::test]
async fn other_ports_refuse_otlp_and_name_the_right_one() {
    let backend = Backend::in_memory();
    let port = |what| backend.url(what, "").rsplit_once(':').unwrap().1.to_owned();
    for endpoint in others() {
        let url = backend.url(&endpoint.to_string(), "");
        let post = reqwest::Client::new().post(format!("{url}/v1/traces"));
        let post = post.header("content-type", PROTOBUF);
        let answer = post.body(request(vec![span()])).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{endpoint}");
        let line = answer.extensions().get::<ReasonPhrase>().unwrap();
        let line = String::from_utf8(line.as_bytes().to_vec()).unwrap();
        let body = answer.text().await.unwrap();
        let right = format!("OTLP HTTP is taken on port {}", port("OTLP HTTP"));
        assert!(line.ends_with(&right), "{endpoint}: {line}");
        assert_eq!(body, format!("{line}\n"), "{endpoint}");

        let refusal = call(url.clone(), EXPORT, request(vec![span()]), None)
            .await
            .unwrap_err();
        assert_eq!(refusal.code(), Code::Unimplemented, "{endpoint}");
        let right = format!("OTLP gRPC is taken on port {}", port("OTLP gRPC"));
        assert!(refusal.message().ends_with(&right), "{endpoint}: {refusal}");
    }
    let counted =
        "otel_backend_requests_turned_away_total{endpoint=\"jaeger_grpc\",reason=\"path\"}";
    assert_eq!(metric(&backend, counted).await, 2);
}

#[tokio::test]
async fn what_is_not_served_is_answered_with_what_is() {
    let backend = Backend::in_memory();
    for (url, expected) in [
        (backend.otlp_http("/"), "POST /v1/traces"),
        (backend.url("Zipkin", "/spans"), "POST /api/v2/spans"),
        (backend.jaeger_thrift("/"), "POST /api/traces"),
    ] {
        let (status, body) = post(&url, PROTOBUF, Vec::new()).await;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(status, 404, "{url}: {body}");
        assert!(body.contains(expected), "{url}: {body}");
    }
    let (status, body) = get(&backend.otlp_http("/v1/traces")).await;
    assert_eq!(status, 405);
    assert!(body.contains("POST /v1/traces"), "{body}");
    let export = format!("{}{EXPORT}", backend.otlp_grpc());
    assert_eq!(post(&export, PROTOBUF, Vec::new()).await.0, 415);
}

#[tokio::test]
async fn every_answer_is_closed_to_other_pages() {
    let backend = Backend::in_memory();
    let check = |headers: &HeaderMap| {
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
    };
    for url in [
        backend.ui("/"),
        backend.ui("/health"),
        backend.ui("/api/services"),
        backend.ui("/api/traces/zz"),
        backend.otlp_http("/v1/traces"),
        backend.jaeger_grpc(),
        backend.url("remote sampling", "/sampling?service=x"),
    ] {
        check(reqwest::get(url).await.unwrap().headers());
    }
}

/// A body that never ends is cut off on every port, while others are served.
#[tokio::test]
async fn a_request_that_never_ends_is_given_up_everywhere() {
    let backend = Backend::in_memory();
    let mut streams = Vec::new();
    for (url, path, content_type) in [
        (backend.ui(""), "/api/transform", "application/json"),
        (backend.otlp_grpc(), "/v1/traces", PROTOBUF),
        (
            backend.url("Zipkin", ""),
            "/api/v2/spans",
            "application/json",
        ),
    ] {
        let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap())
            .await
            .unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {content_type}\r\ncontent-length: 100\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        streams.push((path, stream));
    }
    assert_eq!(get(&backend.ui("/api/services")).await.0, 200);
    for (path, mut stream) in streams {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 408", "{path}");
    }
}
