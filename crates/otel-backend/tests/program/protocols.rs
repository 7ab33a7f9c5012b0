//! Tests that every protocol results in the same span.

use bytes::{BufMut as _, Bytes};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValueKind;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use otel_backend::format::otlp::{ResourceScope, write_groups};
use prost::Message as _;
use serde_json::Value;
use test_kit::grpc::Raw;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

use crate::support::{Backend, get_json, post};

pub(crate) const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

pub(crate) fn string(key: &str, value: &str) -> KeyValue {
    attribute(key, AnyValueKind::StringValue(value.into()))
}

fn attribute(key: &str, value: AnyValueKind) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// A span with everything that every protocol can carry.
pub(crate) fn span() -> Span {
    Span {
        trace_id: vec![0xa1; 16],
        span_id: vec![0xb2; 8],
        parent_span_id: vec![0xc3; 8],
        trace_state: "vendor=1".into(),
        flags: 1,
        name: "GET /".into(),
        kind: 3,
        start_time_unix_nano: 1_700_000_000_000_001_000,
        end_time_unix_nano: 1_700_000_000_000_003_000,
        attributes: vec![
            string("text", "value"),
            attribute("yes", AnyValueKind::BoolValue(true)),
            attribute("int", AnyValueKind::IntValue(-7)),
            attribute("double", AnyValueKind::DoubleValue(0.5)),
            attribute("bytes", AnyValueKind::BytesValue(vec![0, 255])),
        ],
        events: vec![Event {
            time_unix_nano: 1_700_000_000_000_002_000,
            name: "cached".into(),
            attributes: vec![string("key", "k")],
            ..Event::default()
        }],
        links: vec![Link {
            trace_id: vec![0xd4; 16],
            span_id: vec![0xe5; 8],
            attributes: vec![string("opentracing.ref_type", "follows_from")],
            ..Link::default()
        }],
        status: Some(Status {
            code: 2,
            message: "it broke".into(),
        }),
        ..Span::default()
    }
}

pub(crate) fn request(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = ScopeSpans {
        scope: Some(InstrumentationScope {
            name: "lib".into(),
            version: "1.0".into(),
            ..InstrumentationScope::default()
        }),
        spans,
        ..ScopeSpans::default()
    };
    let resource_spans = ResourceSpans {
        resource: Some(Resource {
            attributes: vec![string("service.name", "shop"), string("zone", "z1")],
            ..Resource::default()
        }),
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![resource_spans],
    };
    request.encode_to_vec()
}

/// The span as returned by the v3 API, with all of OTLP's fields.
pub(crate) async fn stored(backend: &Backend) -> Value {
    let id = "a1".repeat(16);
    get_json(&backend.ui(&format!("/api/v3/traces/{id}"))).await
}

/// Checks that the backend has the span exactly as it was sent.
pub(crate) async fn assert_brought(backend: &Backend) {
    insta::assert_json_snapshot!("span", stored(backend).await);
}

/// Calls a gRPC method.
pub(crate) async fn call(
    url: String,
    method: &'static str,
    message: Vec<u8>,
    compression: Option<CompressionEncoding>,
) -> Result<Bytes, tonic::Status> {
    let channel = Channel::from_shared(url).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    if let Some(compression) = compression {
        client = client.send_compressed(compression);
    }
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static(method);
    let request = tonic::Request::new(Bytes::from(message));
    Ok(client.unary(request, path, Raw).await?.into_inner())
}

/// Calls a gRPC method with a compressed message; returns the code of the answer.
pub(crate) async fn call_packed(
    url: &str,
    method: &str,
    encoding: Option<&str>,
    message: &[u8],
) -> tonic::Code {
    let mut body = vec![u8::from(encoding.is_some())];
    body.put_u32(u32::try_from(message.len()).unwrap());
    body.put_slice(message);
    let client = reqwest::Client::builder().http2_prior_knowledge();
    let request = client.build().unwrap().post(format!("{url}{method}"));
    let request = request.header("content-type", "application/grpc");
    let request = request.header("grpc-encoding", encoding.unwrap_or("identity"));
    let answer = request.body(body).send().await.unwrap();
    tonic::Code::from_bytes(answer.headers()["grpc-status"].as_bytes())
}

#[tokio::test]
async fn otlp_over_http_brings_the_span() {
    let backend = Backend::in_memory();
    let url = backend.otlp_http("/v1/traces");
    let answer = post(&url, "application/x-protobuf", request(vec![span()])).await;
    assert_eq!(answer, (200, Vec::new()));
    assert_brought(&backend).await;
}

#[tokio::test]
async fn otlp_over_grpc_brings_the_span_however_it_is_compressed() {
    use CompressionEncoding::{Gzip, Zstd};
    for compression in [None, Some(Gzip), Some(Zstd)] {
        let backend = Backend::in_memory();
        let message = request(vec![span()]);
        let answer = call(backend.otlp_grpc(), EXPORT, message, compression).await;
        assert_eq!(answer.unwrap(), "");
        assert_brought(&backend).await;
    }
}

#[tokio::test]
async fn a_span_of_which_a_message_says_little_or_too_much_is_found() {
    let span = |span_id| Span {
        trace_id: vec![0xa1; 16],
        span_id: vec![span_id; 8],
        ..Span::default()
    };
    let little = span(1).encode_to_vec();
    // If a field is repeated, the last one counts.
    let other_trace = Span {
        trace_id: vec![0xff; 16],
        ..Span::default()
    };
    let too_much = [other_trace.encode_to_vec(), span(2).encode_to_vec()].concat();
    let mut body = Vec::new();
    let messages = [little.as_slice(), too_much.as_slice()];
    write_groups([(ResourceScope::default(), messages)], &mut body);

    let backend = Backend::in_memory();
    let url = backend.otlp_http("/v1/traces");
    assert_eq!(post(&url, "application/x-protobuf", body).await.0, 200);
    let id = "a1".repeat(16);
    let found = get_json(&backend.ui(&format!("/api/traces/{id}"))).await;
    assert_eq!(found["data"][0]["spans"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn otlp_says_what_it_did_not_take() {
    let backend = Backend::in_memory();
    let without_id = Span {
        trace_id: vec![0; 16],
        ..span()
    };
    let message = request(vec![without_id, span()]);
    let answer = call(backend.otlp_grpc(), EXPORT, message, None).await;
    let partial = ExportTraceServiceResponse::decode(answer.unwrap());
    let partial = partial.unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert_eq!(partial.error_message, "trace id is all zero");
    stored(&backend).await;
}

#[tokio::test]
async fn a_grpc_message_that_cannot_be_taken_is_refused_by_its_proper_code() {
    let backend = Backend::in_memory();
    let refused = |message, method| call(backend.otlp_grpc(), method, message, None);
    let garbage = refused(b"garbage".to_vec(), EXPORT).await.unwrap_err();
    assert_eq!(garbage.code(), tonic::Code::InvalidArgument);
    let too_large = refused(vec![0; 17 << 20], EXPORT).await.unwrap_err();
    assert_eq!(too_large.code(), tonic::Code::ResourceExhausted);
    let unknown = refused(Vec::new(), "/some.Service/Method").await;
    assert_eq!(unknown.unwrap_err().code(), tonic::Code::Unimplemented);
}

#[tokio::test]
async fn an_http_request_that_cannot_be_taken_is_refused_by_its_proper_status() {
    let backend = Backend::in_memory();
    let url = backend.otlp_http("/v1/traces");
    let refused = async |content_type: &str, body| post(&url, content_type, body).await.0;
    assert_eq!(refused("application/x-protobuf", b"x".to_vec()).await, 400);
    assert_eq!(refused("application/json", b"x".to_vec()).await, 400);
    assert_eq!(refused("text/plain", Vec::new()).await, 415);
    assert_eq!(refused("application/json", vec![b' '; 17 << 20]).await, 413);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 405);
}
