//! Sends spans by each protocol, and reads what the receiver says of them.
//!
//! The encoders are plain and their own: a fault in an exporter or in a decoder that is checked
//! cannot cancel out with one here, and what no SDK would send can be sent.

mod chunks;
mod grpc;
mod http;
mod jaeger;
mod jaeger_proto;
mod otlp;
mod otlp_json;
mod otlp_logs;
mod protobuf;
mod thrift;
mod udp;
mod zipkin;

use std::time::Duration;

use crate::logs::record::Record;
use crate::model::Span;
use crate::protocol::Protocol;
use chunks::chunks;

/// How a receiver is reached over TLS and what is said to it beside spans.
pub use http::{Security, agent};

/// Sends spans to one receiver.
#[derive(Debug)]
pub struct Sender {
    protocol: Protocol,
    wire: Wire,
}

#[derive(Debug)]
enum Wire {
    Http(http::Client),
    Grpc(grpc::Client),
    Udp(udp::Client),
}

/// How many spans got how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Written to the receiver.
    pub exported: usize,
    /// Accepted by the receiver; `None` if the protocol has no answer.
    pub acknowledged: Option<usize>,
}

/// Why spans could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The endpoint is not one.
    #[error("{endpoint} is no address for {protocol}: {reason}")]
    Endpoint {
        /// As given.
        endpoint: String,
        /// The protocol.
        protocol: Protocol,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody is there.
    #[error("nothing receives {protocol} at {endpoint}: {reason}")]
    Unreachable {
        /// The address.
        endpoint: String,
        /// The protocol.
        protocol: Protocol,
        /// What happened.
        reason: String,
    },
    /// The receiver answered that it does not want them.
    #[error("{endpoint} refused the spans with {status}: {reason}")]
    Refused {
        /// The address.
        endpoint: String,
        /// The HTTP or gRPC status.
        status: String,
        /// What the receiver says.
        reason: String,
    },
    /// A span does not fit into a datagram.
    #[error("the span {0} does not fit into a datagram")]
    TooLarge(String),
}

/// How long a receiver may take for one request.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Sender {
    /// A sender to `endpoint`: a URL, or host and port for UDP.
    ///
    /// # Errors
    /// [`SendError`] if the endpoint is no address, or nothing listens there.
    pub fn connect(
        protocol: Protocol,
        endpoint: &str,
        security: &Security,
    ) -> Result<Self, SendError> {
        let wire = if protocol.is_udp() {
            Wire::Udp(udp::Client::connect(protocol, endpoint)?)
        } else if protocol.is_grpc() {
            Wire::Grpc(grpc::Client::connect(protocol, endpoint, security)?)
        } else {
            Wire::Http(http::Client::new(protocol, endpoint, security)?)
        };
        Ok(Self { protocol, wire })
    }

    /// Sends spans, in as many requests as it takes.
    ///
    /// # Errors
    /// [`SendError`] with the first request that failed; what was sent before it is sent.
    pub fn send(&mut self, spans: &[&Span]) -> Result<Sent, SendError> {
        if let Wire::Udp(client) = &mut self.wire {
            return client.send(spans);
        }
        let mut sent = Sent {
            exported: 0,
            acknowledged: Some(0),
        };
        for chunk in chunks(spans, self.protocol) {
            let rejected = self.request(&chunk)?;
            sent.exported += chunk.len();
            let accepted = chunk.len().saturating_sub(rejected);
            sent.acknowledged = sent.acknowledged.map(|sum| sum + accepted);
        }
        Ok(sent)
    }

    /// Sends a request without spans: whoever receives this protocol answers it, in one way or another.
    ///
    /// # Errors
    /// [`SendError`] if nobody does.
    pub fn knock(&mut self) -> Result<(), SendError> {
        self.request(&[]).map(|_| ())
    }

    /// Sends log records of a service in one request; nothing by a protocol that has none.
    ///
    /// # Errors
    /// [`SendError`] if they were not taken.
    pub(crate) fn send_logs(&mut self, service: &str, records: &[Record]) -> Result<(), SendError> {
        let body = match self.protocol {
            Protocol::OtlpJson => otlp_logs::request_json(service, records),
            _ => otlp_logs::request(service, records),
        };
        match &mut self.wire {
            Wire::Http(client) => client.post(&body).map(drop),
            Wire::Grpc(client) => client.call_method(otlp_logs::METHOD, body).map(drop),
            Wire::Udp(_) => Ok(()),
        }
    }

    /// Sends one request, and tells how many of its spans were rejected.
    fn request(&mut self, spans: &[&Span]) -> Result<usize, SendError> {
        let body = match self.protocol {
            Protocol::ThriftHttp => thrift::batch(&mut thrift::Binary::default(), spans),
            Protocol::JaegerGrpc => jaeger_proto::request(spans),
            Protocol::OtlpGrpc | Protocol::OtlpHttp => otlp::request(spans),
            Protocol::OtlpJson => otlp_json::request(spans),
            Protocol::Zipkin => zipkin::request(spans),
            Protocol::ThriftCompact | Protocol::ThriftBinary => Vec::new(),
        };
        let answer = match &mut self.wire {
            Wire::Http(client) => client.post(&body)?,
            Wire::Grpc(client) => client.call(body)?,
            Wire::Udp(_) => Vec::new(),
        };
        Ok(match self.protocol {
            Protocol::OtlpGrpc | Protocol::OtlpHttp => otlp::rejected(&answer),
            Protocol::OtlpJson => otlp_json::rejected(&answer),
            _ => 0,
        })
    }
}
