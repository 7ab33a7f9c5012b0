//! Calls gRPC methods with messages in protobuf's JSON, as described by the services' reflection.

use std::sync::LazyLock;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde_json::Value;
use test_kit::grpc::Raw;
use tonic::Status;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let descriptors = include_bytes!("../../src/api/jaeger_grpc/generated/descriptors.bin");
    let mut pool = DescriptorPool::decode(&descriptors[..]).unwrap();
    let descriptors = include_bytes!("../../src/api/tempo/grpc/generated/descriptors.bin");
    pool.decode_file_descriptor_set(&descriptors[..]).unwrap();
    pool
});

/// Calls a method of `url` and returns all its answers.
pub(crate) async fn call(
    url: &str,
    service: &str,
    method: &str,
    request: Value,
) -> Result<Vec<Value>, Status> {
    let descriptor = POOL.get_service_by_name(service).unwrap();
    let descriptor = descriptor.methods().find(|m| m.name() == method).unwrap();
    let request = DynamicMessage::deserialize(descriptor.input(), request).unwrap();
    let answers = call_raw(url, service, method, request.encode_to_vec()).await?;
    let answers = answers.into_iter();
    Ok(answers
        .map(|bytes| json(descriptor.output(), &bytes))
        .collect())
}

fn json(descriptor: MessageDescriptor, bytes: &Bytes) -> Value {
    let message = DynamicMessage::decode(descriptor, &bytes[..]).unwrap();
    serde_json::to_value(message).unwrap()
}

/// Like [`call`], with encoded messages.
pub(crate) async fn call_raw(
    url: &str,
    service: &str,
    method: &str,
    request: Vec<u8>,
) -> Result<Vec<Bytes>, Status> {
    call_on(connect(url).await, service, method, request).await
}

/// A connection to `url`.
pub(crate) async fn connect(url: &str) -> Channel {
    let channel = Channel::from_shared(url.to_owned()).unwrap();
    channel.connect().await.unwrap()
}

/// Like [`call_raw`], over a connection that others share.
pub(crate) async fn call_on(
    channel: Channel,
    service: &str,
    method: &str,
    request: Vec<u8>,
) -> Result<Vec<Bytes>, Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let path: PathAndQuery = format!("/{service}/{method}").parse().unwrap();
    let request = tonic::Request::new(Bytes::from(request));
    let mut stream = client
        .server_streaming(request, path, Raw)
        .await?
        .into_inner();
    let mut answers = Vec::new();
    while let Some(answer) = stream.message().await? {
        answers.push(answer);
    }
    Ok(answers)
}
