//! Tests that hostile requests do not make the program fail while others use it.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use otel_backend::config::{Endpoint, Transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tonic::Code;

use crate::process::{connections, peak_memory};
use crate::protocols::{EXPORT, call_packed, request, span};
use crate::support::{Backend, get, post};

const PROTOBUF: &str = "application/x-protobuf";

/// Data that decompresses to 30 MB of zeros, repeated: gzip and zstd continue with the next part.
fn bombs(times: usize) -> [(&'static str, Vec<u8>); 2] {
    let zeros = vec![0; 30_000_000];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&zeros).unwrap();
    let zstd = zstd::encode_all(zeros.as_slice(), 3).unwrap();
    [
        ("gzip", gzip.finish().unwrap().repeat(times)),
        ("zstd", zstd.repeat(times)),
    ]
}

/// Sends spans and checks that each request is accepted, until told to stop.
async fn load(url: String, stop: Arc<AtomicBool>) -> usize {
    let mut sent = 0;
    while !stop.load(Ordering::Relaxed) || sent == 0 {
        let answer = post(&url, PROTOBUF, request(vec![span()])).await;
        assert_eq!(answer, (200, Vec::new()));
        sent += 1;
    }
    sent
}

#[tokio::test]
async fn bombs_are_refused_within_a_bound_of_memory_while_others_are_served() {
    let backend = Backend::in_memory();
    let stop = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn(load(backend.otlp_http("/v1/traces"), Arc::clone(&stop)));
    let client = reqwest::Client::new();
    // From 30 KB to 30 MB, and from 2 MB to 2 GB.
    for times in [1, 70] {
        for (encoding, bomb) in bombs(times) {
            for (url, content_type) in [
                (backend.otlp_http("/v1/traces"), PROTOBUF),
                (backend.otlp_http("/v1/traces"), "application/json"),
                (backend.jaeger_thrift("/api/traces"), "application/x-thrift"),
                (backend.url("Zipkin", "/api/v2/spans"), "application/json"),
            ] {
                let request = client.post(&url).body(bomb.clone());
                let request = request.header("content-encoding", encoding);
                let answer = request
                    .header("content-type", content_type)
                    .send()
                    .await
                    .unwrap();
                assert_eq!(answer.status(), 413, "{url} {encoding}");
            }
            for (url, method) in [
                (backend.otlp_grpc(), EXPORT),
                (backend.jaeger_grpc(), jaeger_wire::api_v2::POST_SPANS),
            ] {
                let code = call_packed(&url, method, Some(encoding), &bomb).await;
                assert_eq!(code, Code::ResourceExhausted, "{url} {encoding}");
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    assert!(load.await.unwrap() > 0);
    let peak = peak_memory(&backend);
    assert!(peak < 200, "{peak} MiB");
}

/// The number of empty elements of 2 bytes that fit into a request.
const MANY: usize = 7 << 20;

#[tokio::test]
async fn countless_tiny_parts_are_refused_within_a_bound_of_memory() {
    let backend = Backend::in_memory();
    let nested = |fields: &[u8], inner: Vec<u8>| {
        fields.iter().rev().fold(inner, |inner, field| {
            let mut out = vec![field << 3 | 2];
            prost::encoding::encode_varint(inner.len() as u64, &mut out);
            [out, inner].concat()
        })
    };
    for request in [
        // Empty resources, scopes and spans.
        [0x0a, 0].repeat(MANY),
        nested(&[1], [0x12, 0].repeat(MANY)),
        nested(&[1, 2], [0x12, 0].repeat(MANY)),
        // Attributes of a resource and of a span; events; links; values of an array.
        nested(&[1, 1], [0x0a, 0].repeat(MANY)),
        nested(&[1, 2, 2], [0x4a, 0].repeat(MANY)),
        nested(&[1, 2, 2], [0x5a, 0].repeat(MANY)),
        nested(&[1, 2, 2], [0x6a, 0].repeat(MANY)),
        nested(&[1, 2, 2, 9, 2, 5], [0x0a, 0].repeat(MANY)),
    ] {
        let answer = post(&backend.otlp_http("/v1/traces"), PROTOBUF, request).await;
        assert_eq!(answer.0, 413);
    }
    for json in [
        format!(r#"{{"resourceSpans":[{}{{}}]}}"#, "{},".repeat(5 << 20)),
        format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}0]}}]}}]}}"#,
            "0,".repeat(7 << 20)
        ),
    ] {
        let answer = post(
            &backend.otlp_http("/v1/traces"),
            "application/json",
            json.into(),
        )
        .await;
        assert_eq!(answer.0, 413);
    }
    let spans = format!("[{}0]", "0,".repeat(7 << 20));
    let url = backend.url("Zipkin", "/api/v2/spans");
    let answer = post(&url, "application/json", spans.into()).await;
    assert_eq!(answer.0, 413);
    let tags = nested(&[1, 1], [0x42, 0].repeat(MANY));
    let code = call_packed(
        &backend.jaeger_grpc(),
        jaeger_wire::api_v2::POST_SPANS,
        None,
        &tags,
    )
    .await;
    assert_eq!(code, Code::ResourceExhausted);
    let peak = peak_memory(&backend);
    assert!(peak < 200, "{peak} MiB");
}

#[tokio::test]
async fn garbage_and_halves_on_every_port_harm_nobody() {
    let backend = Backend::in_memory();
    let good = request(vec![span()]);
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\ncontent-length: {}\r\n\r\n",
        good.len()
    );
    let whole = [head.as_bytes(), &good].concat();
    let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x08\0\0\0\0\0\xff\xff\xff\xff".to_vec();
    for endpoint in Endpoint::ALL {
        let url = backend.url(&endpoint.to_string(), "");
        let (_, address) = url.split_once("://").unwrap();
        let mut pieces = vec![b"garbage\r\n\r\n".to_vec(), vec![0xff; 5000], vec![0; 5000]];
        pieces.push(http2.clone());
        pieces.extend((1..whole.len()).step_by(7).map(|end| whole[..end].to_vec()));
        if endpoint.transport() == Transport::Udp {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            for piece in pieces {
                socket.send_to(&piece, address).await.unwrap();
            }
            continue;
        }
        for piece in pieces {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // The program may close the connection before everything is sent.
            if stream.write_all(&piece).await.is_ok() {
                stream.shutdown().await.ok();
                drop(stream.read_to_end(&mut Vec::new()).await);
            }
        }
    }
    let answer = post(&backend.otlp_http("/v1/traces"), PROTOBUF, good).await;
    assert_eq!(answer, (200, Vec::new()));
    assert_eq!(get(&backend.ui("/health")).await.0, 200);
}

#[tokio::test]
async fn thousands_of_idle_connections_cost_little_and_leave_others_alone() {
    let wanted = connections().min(10_000);
    let backend = Backend::in_memory();
    let ports = [backend.otlp_http(""), backend.otlp_grpc(), backend.ui("")];
    let mut idle = Vec::with_capacity(wanted);
    for number in 0..wanted {
        let address = ports[number % ports.len()].replace("http://", "");
        let mut stream = TcpStream::connect(&address).await.unwrap();
        // Every third client never finishes its request.
        if number % 3 == 0 {
            stream
                .write_all(b"POST /v1/traces HTTP/1.1\r\nhost: x\r\n")
                .await
                .unwrap();
        }
        idle.push(stream);
    }
    for _ in 0..100 {
        let answer = post(
            &backend.otlp_http("/v1/traces"),
            PROTOBUF,
            request(vec![span()]),
        )
        .await;
        assert_eq!(answer, (200, Vec::new()));
    }
    let peak = peak_memory(&backend);
    assert!(peak < 200, "{peak} MiB with {wanted} connections");
}
