#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "http", feature = "grpc", feature = "udp", feature = "tls")),
    allow(
        dead_code,
        reason = "some settings belong to the features that were left out"
    )
)]

#[cfg(not(any(feature = "http", feature = "grpc", feature = "udp")))]
compile_error!("jaeger-exporter needs at least one of its features http, grpc and udp");

mod encoder;
#[cfg(any(feature = "http", feature = "grpc"))]
mod endpoint;
mod env;
mod error;
mod exporter;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(any(feature = "http", feature = "grpc"))]
mod headers;
#[cfg(feature = "http")]
mod http;
mod mapping;
#[cfg(any(feature = "http", feature = "grpc"))]
mod retry;
#[cfg(all(feature = "http", feature = "grpc", feature = "udp"))]
mod selection;
#[cfg(any(feature = "http", feature = "grpc"))]
mod settings;
mod stats;
#[cfg(all(feature = "tls", any(feature = "http", feature = "grpc")))]
mod tls;
#[cfg(all(not(feature = "tls"), any(feature = "http", feature = "grpc")))]
#[path = "tls/without.rs"]
mod tls;
mod transport;
#[cfg(feature = "udp")]
mod udp;

#[cfg(feature = "http")]
pub use self::http::HttpBuilder;
pub use encoder::Encoder;
pub use error::BuildError;
pub use exporter::SpanExporter;
#[cfg(feature = "grpc")]
pub use grpc::GrpcBuilder;
pub use stats::Stats;
#[cfg(feature = "udp")]
pub use udp::UdpBuilder;
