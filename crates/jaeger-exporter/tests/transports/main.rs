//! What arrives at real sockets, and what is said when it does not.

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
