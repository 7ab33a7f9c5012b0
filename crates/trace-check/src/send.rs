//! Sends spans by each protocol, and reads the receiver's answer.
//!
//! The encoders are simple and independent: a fault in a checked exporter or decoder cannot be
//! cancelled out by one here, and spans can be sent that no SDK would send.

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

use std::fmt::Display;
use std::time::Duration;

use crate::model::LogRecord;
use crate::model::Span;
use crate::protocol::Protocol;
use chunks::chunks;

/// TLS settings and headers of connections.
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

/// The number of spans at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// The spans written to the receiver.
    pub exported: usize,
    /// The spans accepted by the receiver; `None` if the protocol has no answer.
    pub acknowledged: Option<usize>,
}

/// The reasons why spans could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The endpoint is invalid.
    #[error("{endpoint} is not an address for {protocol}: {reason}")]
    Endpoint {
        /// The endpoint as given.
        endpoint: String,
        /// The protocol.
        protocol: Protocol,
        /// The reason.
        reason: String,
    },
    /// The receiver cannot be reached.
    #[error("nothing receives {protocol} at {endpoint}: {reason}")]
    Unreachable {
        /// The address.
        endpoint: String,
        /// The protocol.
        protocol: Protocol,
        /// The reason.
        reason: String,
    },
    /// The receiver refused a request with spans or log records.
    #[error("{endpoint} refused the request with {status}: {reason}")]
    Refused {
        /// The address.
        endpoint: String,
        /// The HTTP or gRPC status.
        status: String,
        /// The receiver's message.
        reason: String,
    },
    /// A span does not fit into a datagram.
    #[error("the span {0} does not fit into a datagram")]
    TooLarge(String),
}

/// A receiver, as errors name it.
#[derive(Debug, Clone)]
struct Receiver {
    protocol: Protocol,
    endpoint: String,
}

impl Receiver {
    fn new(protocol: Protocol, endpoint: &str) -> Self {
        let endpoint = endpoint.to_owned();
        Self { protocol, endpoint }
    }

    fn wrong(&self, reason: &dyn Display) -> SendError {
        SendError::Endpoint {
            endpoint: self.endpoint.clone(),
            protocol: self.protocol,
            reason: reason.to_string(),
        }
    }

    fn unreachable(&self, reason: &dyn Display) -> SendError {
        SendError::Unreachable {
            endpoint: self.endpoint.clone(),
            protocol: self.protocol,
            reason: reason.to_string(),
        }
    }

    fn refused(&self, status: &dyn Display, reason: &dyn Display) -> SendError {
        SendError::Refused {
            endpoint: self.endpoint.clone(),
            status: status.to_string(),
            reason: reason.to_string(),
        }
    }
}

/// The longest to wait for the answer to a request.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Sender {
    /// Connects to `endpoint`: a URL, or a host and port for UDP.
    ///
    /// # Errors
    /// [`SendError`] if the endpoint is invalid, or if nothing listens there.
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

    /// Sends spans in as many requests as necessary.
    ///
    /// # Errors
    /// [`SendError`] for the first failed request; those before it have been sent.
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

    /// Sends a request without spans, which every receiver of this protocol answers in some way.
    ///
    /// # Errors
    /// [`SendError`] if there is no such receiver.
    pub fn knock(&mut self) -> Result<(), SendError> {
        self.request(&[]).map(|_| ())
    }

    /// Sends log records of a service in one request; does nothing for a protocol without log
    /// records.
    ///
    /// # Errors
    /// [`SendError`] if they were not accepted.
    pub(crate) fn send_logs(
        &mut self,
        service: &str,
        records: &[LogRecord],
    ) -> Result<(), SendError> {
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

    /// Sends a request; returns the number of rejected spans.
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
