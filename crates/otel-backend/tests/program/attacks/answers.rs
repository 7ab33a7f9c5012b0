//! Tests that requests cost no more than the program has, and do not block others.
//!
//! The attacks are small by default; `OTEL_BACKEND_ATTACKS=1` makes them as large as they were when
//! they killed the program.

use std::time::{Duration, Instant};

use prost::encoding::encode_varint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::grpc::{call_on, connect};
use crate::limits::metric;
use crate::process::peak_memory;
use crate::protocols::{request, span, string};
use crate::support::{Backend, get, post};

const PROTOBUF: &str = "application/x-protobuf";

/// The most memory in MiB that the program may take with default limits.
const MOST: usize = 400;

fn is_long() -> bool {
    std::env::var_os("OTEL_BACKEND_ATTACKS").is_some()
}

/// A message as a protobuf field.
fn field(number: u8, message: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    encode_varint(message.len() as u64, &mut out);
    [&out, message].concat()
}

/// A span of this trace with so many empty attributes of 2 bytes each, within all limits.
fn poison(trace: u8, number: u32, attributes: usize) -> Vec<u8> {
    let mut id = [0; 8];
    id[..4].copy_from_slice(&(number + 1).to_be_bytes());
    let ids = [field(1, &[trace; 16]), field(2, &id)].concat();
    [ids, [0x4a, 0].repeat(attributes)].concat()
}

/// A request with that span, and with so many empty attributes of its resource.
fn poisoned(span: &[u8], of_resource: usize) -> Vec<u8> {
    let resource = [0x0a, 0].repeat(of_resource);
    let scope_spans = field(2, &field(2, span));
    field(1, &[field(1, &resource), scope_spans].concat())
}

async fn send(backend: &Backend, body: Vec<u8>) {
    let (status, answer) = post(&backend.otlp_http("/v1/traces"), PROTOBUF, body).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
}

/// Sends a trace of so many thousand spans.
async fn send_thousands(backend: &Backend, thousands: u32) {
    for chunk in 0..thousands {
        let spans = (0..1000_u32).map(|number| {
            let mut span = span();
            span.span_id = u64::from(chunk * 1000 + number + 1).to_be_bytes().to_vec();
            span
        });
        send(backend, request(spans.collect())).await;
    }
}

/// All paths to a trace, and to a list of traces.
fn ways(id: &str) -> [String; 7] {
    let window = "query.startTimeMin=1970-01-01T00:00:00Z&query.startTimeMax=2030-01-01T00:00:00Z";
    [
        format!("/api/traces/{id}"),
        format!("/api/v2/traces/{id}"),
        format!("/api/v3/traces/{id}"),
        format!("/api/v3/trace-summaries?{window}"),
        format!("/api/v3/traces?{window}"),
        "/api/traces?start=0&end=1900000000000000&limit=20".to_owned(),
        "/api/dependencies?endTs=1900000000000&lookback=1900000000000".to_owned(),
    ]
}

/// Makes a request and reads the whole answer; returns the time it took. The request may be refused
/// with a reason.
async fn ask(url: String) -> Duration {
    let begin = Instant::now();
    let mut answer = reqwest::get(url).await.unwrap();
    let status = answer.status().as_u16();
    assert!(matches!(status, 200 | 503), "{status}");
    if status == 503 {
        assert_eq!(answer.headers()["retry-after"], "1");
    }
    while answer.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    begin.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_of_countless_parts_is_answered_within_a_bound_of_memory() {
    let backend = Backend::in_memory();
    let requests = if is_long() { 124 } else { 3 };
    for number in 0..requests {
        send(&backend, poisoned(&poison(0xaa, number, 490_000), 0)).await;
        send(&backend, poisoned(&poison(0xbb, number, 1), 490_000)).await;
    }
    let urls: Vec<_> = [0xaa_u8, 0xbb]
        .into_iter()
        .flat_map(|trace| ways(&format!("{trace:02x}").repeat(16)))
        .map(|path| backend.ui(&path))
        .collect();
    // First one at a time, then all at once.
    for url in &urls {
        ask(url.clone()).await;
    }
    let all: Vec<_> = urls.into_iter().map(|url| tokio::spawn(ask(url))).collect();
    for one in all {
        one.await.unwrap();
    }
    let peak = peak_memory(&backend);
    assert!(peak < MOST, "{peak} MiB");
    assert_eq!(get(&backend.ui("/health")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_a_large_trace_share_one_budget() {
    let backend = Backend::in_memory();
    let thousands = if is_long() { 60 } else { 20 };
    send_thousands(&backend, thousands).await;
    let url = backend.ui(&format!("/api/traces/{}", "a1".repeat(16)));
    let clients: Vec<_> = (0..60).map(|_| tokio::spawn(ask(url.clone()))).collect();
    for client in clients {
        client.await.unwrap();
    }
    let peak = peak_memory(&backend);
    assert!(peak < MOST, "{peak} MiB");
}

/// More questions than answers may be in progress, over a few connections of HTTP/2.
#[tokio::test(flavor = "multi_thread")]
async fn questions_over_a_few_connections_are_answered_and_keep_nobody_waiting() {
    let backend = Backend::in_memory();
    send_thousands(&backend, 5).await;
    let mut small = span();
    small.trace_id = vec![0xee; 16];
    send(&backend, request(vec![small])).await;
    let each = if is_long() { 100 } else { 20 };
    let mut asking = Vec::new();
    for _ in 0..6 {
        let connection = connect(&backend.query_grpc()).await;
        for _ in 0..each {
            let connection = connection.clone();
            asking.push(tokio::spawn(async {
                let wanted = field(1, &[0xa1; 16]);
                call_on(connection, "jaeger.api_v2.QueryService", "GetTrace", wanted).await
            }));
        }
    }
    for _ in 0..5 {
        let url = backend.ui(&format!("/api/traces/{}", "ee".repeat(16)));
        assert_eq!(get(&url).await.0, 200);
    }
    assert!(asking.iter().any(|asked| !asked.is_finished()));
    for asked in asking {
        assert!(!asked.await.unwrap().unwrap().is_empty());
    }
}

/// Requests a path, and does not read the answer.
async fn ignore(backend: &Backend, path: &str) -> TcpStream {
    let address = backend.ui("").replace("http://", "");
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // The answer has begun.
    stream.read_exact(&mut [0; 1]).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_take_nothing_keep_nobody_waiting() {
    let backend = Backend::in_memory();
    send_thousands(&backend, 10).await;
    let mut small = span();
    small.trace_id = vec![0xee; 16];
    send(&backend, request(vec![small])).await;
    let path = format!("/api/traces/{}", "a1".repeat(16));
    let mut readers = Vec::new();
    for _ in 0..40 {
        readers.push(ignore(&backend, &path).await);
        let took = ask(backend.ui(&format!("/api/traces/{}", "ee".repeat(16)))).await;
        assert!(
            took < Duration::from_secs(1),
            "{took:?} with {} readers",
            readers.len()
        );
    }
    let peak = peak_memory(&backend);
    assert!(peak < MOST, "{peak} MiB");

    // What they held is free again once they have left.
    let held = async || metric(&backend, "otel_backend_answers_bytes").await;
    assert!(held().await > 0);
    drop(readers);
    while held().await > 0 {}
}

#[tokio::test]
async fn a_file_to_look_at_is_bounded_like_a_request() {
    let backend = Backend::in_memory();
    let attributes = "{},".repeat(2_000_000);
    let body = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"attributes":[{attributes}{{}}]}}]}}]}}]}}"#
    );
    let (status, answer) = post(
        &backend.ui("/api/transform"),
        "application/json",
        body.into(),
    )
    .await;
    let answer = String::from_utf8(answer).unwrap();
    assert_eq!(status, 413, "{answer}");
    assert!(answer.contains("more than 1000000 attributes"), "{answer}");
    let (status, _) = post(
        &backend.ui("/api/transform"),
        "application/json",
        vec![b' '; 65 << 20],
    )
    .await;
    assert_eq!(status, 413);
    let peak = peak_memory(&backend);
    assert!(peak < MOST, "{peak} MiB");
    let ids = "traceID=abcdef0&".repeat(1000);
    assert_eq!(get(&backend.ui(&format!("/api/traces?{ids}"))).await.0, 400);
}

/// Slow patterns on long texts: their clients leave, and other requests are still served.
#[tokio::test(flavor = "multi_thread")]
async fn patterns_that_take_long_keep_nobody_waiting() {
    let backend = Backend::in_memory();
    let text = "ab".repeat(500_000);
    let attributes = (0..12).map(|number| string(&format!("k{number}"), &text));
    let mut heavy = span();
    heavy.attributes = attributes.collect();
    send(&backend, request(vec![heavy])).await;
    let mut small = span();
    small.trace_id = vec![0xee; 16];
    send(&backend, request(vec![small])).await;
    let patterns = (0..12).map(|number| format!("span.k{number}=~\"(?:[ab]*a[ab]{{890}}[0-9])\""));
    let query = format!("{{{}}}", patterns.collect::<Vec<_>>().join("||"));
    let mut url = reqwest::Url::parse(&backend.ui("/tempo/api/search")).unwrap();
    let window = [("start", "1600000000"), ("end", "1800000000")];
    url.query_pairs_mut()
        .append_pair("q", &query)
        .extend_pairs(window);
    let client = reqwest::Client::new();
    let mut asking = Vec::new();
    for number in 0..16 {
        let mut asked = client.get(url.clone());
        if number % 2 == 0 {
            asked = asked.timeout(Duration::from_millis(100));
        }
        asking.push(tokio::spawn(asked.send()));
    }
    for _ in 0..5 {
        ask(backend.ui(&format!("/api/traces/{}", "ee".repeat(16)))).await;
    }
    // The slow requests were not finished first.
    assert!(asking.iter().any(|asked| !asked.is_finished()));
}

/// Megabytes that unpack to nothing, part by part.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_unpack_to_nothing_keep_nobody_waiting() {
    use std::io::Write as _;
    let backend = Backend::in_memory();
    let empty = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut body = empty.finish().unwrap().repeat(700_000);
    body.truncate(16 << 20);
    let sends = |body: Vec<u8>| {
        let post = reqwest::Client::new().post(backend.otlp_http("/v1/traces"));
        let post = post.header("content-type", PROTOBUF);
        post.header("content-encoding", "gzip").body(body).send()
    };
    let attacks: Vec<_> = (0..4).map(|_| tokio::spawn(sends(body.clone()))).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&request(vec![span()])).unwrap();
    let begin = Instant::now();
    assert_eq!(sends(gzip.finish().unwrap()).await.unwrap().status(), 200);
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    for attack in attacks {
        assert_eq!(attack.await.unwrap().unwrap().status(), 400);
    }
}
