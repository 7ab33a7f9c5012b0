//! Tests over real sockets: the spans that arrive, and the errors when they do not.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod grpc;
mod grpc_sink;
mod http;
mod http_sink;
mod sdk;
mod spans;
mod udp;
