//! gRPC instrumentation: tower layers for servers and clients built with tonic.
//!
//! Both follow version 1.44 of the semantic conventions for gRPC spans, a release candidate
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>). The context travels in the call's
//! metadata. A span lasts as long as its call, streams included, and records the status of the
//! call.
//!
//! There are no metrics.
//!
//! ```no_run
//! use tonic::transport::{Endpoint, Server};
//! # use tonic_health::pb::health_client::HealthClient as GreeterClient;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # let (_, greeter) = tonic_health::server::health_reporter();
//! Server::builder()
//!     .layer(otel_auto::grpc::ServerLayer::new())
//!     .add_service(greeter)
//!     .serve("127.0.0.1:50051".parse()?)
//!     .await?;
//!
//! let endpoint = Endpoint::from_static("http://127.0.0.1:50051");
//! let channel = otel_auto::grpc::Client::new(endpoint.connect().await?, endpoint.uri());
//! let client = GreeterClient::new(channel);
//! # Ok(())
//! # }
//! ```

mod attributes;
mod body;
mod call;
mod client;
mod deadline;
mod outcome;
mod server;

pub use body::ResponseBody;
pub use client::{Client, ClientFuture, ClientLayer};
pub use server::{Server, ServerFuture, ServerLayer};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
