//! Sends requests by a protocol, in some number, at some rate.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use http::uri::PathAndQuery;
use test_kit::grpc::Raw;
use tonic::Request;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};

use crate::http::Http;
use crate::process::Backend;
use crate::spans::{Data, SERVICES, TRACE, sketches};
use crate::template::Template;
use crate::{Options, jaeger, logs, otlp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    OtlpHttp,
    ThriftHttp,
    JaegerGrpc,
    /// Log records over OTLP HTTP.
    Logs,
}

impl Protocol {
    /// Those of spans.
    ///
    /// OTLP is last, so that its spans, whose times have nanoseconds, are the first that searches
    /// find.
    pub(crate) const ALL: [Self; 3] = [Self::ThriftHttp, Self::JaegerGrpc, Self::OtlpHttp];
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtlpHttp => "OTLP HTTP",
            Self::ThriftHttp => "Thrift HTTP",
            Self::JaegerGrpc => "Jaeger gRPC",
            Self::Logs => "log records",
        })
    }
}

/// The number of requests that each connection repeats in turn; values recur after that.
const TEMPLATES: usize = 8;

/// The spans to send.
pub(crate) struct Load {
    pub(crate) data: Data,
    pub(crate) protocol: Protocol,
    pub(crate) spans: u64,
    pub(crate) per_request: usize,
    pub(crate) connections: u64,
    /// Spans per second; `None` for full speed.
    pub(crate) rate: Option<u64>,
    /// The number of the first request, from which its ids are made.
    pub(crate) first_request: u64,
}

/// The spans that were sent.
pub(crate) struct Sent {
    pub(crate) spans: u64,
    pub(crate) bytes: u64,
    /// The time from the first request to the last answer.
    pub(crate) took: Duration,
}

impl Load {
    /// The load at full speed.
    pub(crate) fn of(options: &Options, protocol: Protocol) -> Self {
        Self {
            data: options.data,
            protocol,
            spans: options.spans,
            per_request: options.per_request,
            connections: options.connections,
            rate: None,
            first_request: (protocol as u64) << 32,
        }
    }

    /// Sends all spans.
    pub(crate) fn send(&self, backend: &Backend) -> anyhow::Result<Sent> {
        let address = backend.address(self.protocol).context("no address")?;
        // Templates are made before the clock starts.
        let senders: Vec<_> = (0..self.connections as usize)
            .map(|number| {
                let service = number % SERVICES.len();
                let spans = self.per_request as u64;
                let template = |_| template(self.data, self.protocol, spans, service);
                let templates: Vec<_> = (0..TEMPLATES).map(template).collect();
                Ok((templates, Connection::open(self.protocol, &address)?))
            })
            .collect::<anyhow::Result<_>>()?;

        let next = AtomicU64::new(0);
        let began = Instant::now();
        let bytes: anyhow::Result<Vec<u64>> = thread::scope(|scope| {
            let senders: Vec<_> = senders
                .into_iter()
                .map(|(templates, connection)| {
                    let next = &next;
                    scope.spawn(move || self.send_some(templates, connection, next, began))
                })
                .collect();
            let failed = || anyhow::anyhow!("a sender failed");
            senders
                .into_iter()
                .map(|sender| sender.join().map_err(|_| failed())?)
                .collect()
        });
        Ok(Sent {
            spans: self.requests() * self.per_request as u64,
            bytes: bytes?.iter().sum(),
            took: began.elapsed(),
        })
    }

    fn requests(&self) -> u64 {
        self.spans.div_ceil(self.per_request as u64)
    }

    fn send_some(
        &self,
        mut templates: Vec<Template>,
        mut connection: Connection,
        next: &AtomicU64,
        began: Instant,
    ) -> anyhow::Result<u64> {
        let mut bytes = 0;
        for turn in (0..TEMPLATES).cycle() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.requests() {
                return Ok(bytes);
            }
            if let Some(rate) = self.rate {
                let due = number * self.per_request as u64 * 1_000_000_000 / rate;
                thread::sleep(Duration::from_nanos(due).saturating_sub(began.elapsed()));
            }
            let request = templates[turn].renew(self.first_request + number);
            bytes += request.len() as u64;
            connection.send(request)?;
        }
        Ok(bytes)
    }
}

/// A template with so many spans; for Jaeger's protocols, with a single service.
pub(crate) fn template(data: Data, protocol: Protocol, spans: u64, service: usize) -> Template {
    let traces = spans.div_ceil(TRACE);
    let sketches = sketches(data, traces);
    let bytes = match protocol {
        Protocol::OtlpHttp => otlp::encode(&sketches),
        Protocol::ThriftHttp => jaeger::encode_thrift(&sketches, service),
        Protocol::JaegerGrpc => jaeger::encode_proto(&sketches, service),
        Protocol::Logs => logs::encode(&sketches),
    };
    Template::new(bytes)
}

/// A connection to a receiver.
pub(crate) enum Connection {
    Http(Http),
    Grpc(Box<GrpcConnection>),
}

/// An HTTP/2 connection, and the runtime that drives it.
pub(crate) struct GrpcConnection {
    runtime: tokio::runtime::Runtime,
    client: Grpc<Channel>,
}

impl Connection {
    pub(crate) fn open(protocol: Protocol, address: &str) -> anyhow::Result<Self> {
        let http = |path, content_type| Http::open(address, path, content_type).map(Self::Http);
        match protocol {
            Protocol::OtlpHttp => http("/v1/traces", "application/x-protobuf"),
            Protocol::Logs => http("/v1/logs", "application/x-protobuf"),
            Protocol::ThriftHttp => http("/api/traces", "application/vnd.apache.thrift.binary"),
            Protocol::JaegerGrpc => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
                let channel = runtime.block_on(endpoint.connect())?;
                Ok(Self::Grpc(Box::new(GrpcConnection {
                    runtime,
                    client: Grpc::new(channel),
                })))
            }
        }
    }

    pub(crate) fn send(&mut self, body: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Http(http) => http.post(body),
            Self::Grpc(grpc) => grpc.send(body),
        }
    }
}

impl GrpcConnection {
    fn send(&mut self, body: &[u8]) -> anyhow::Result<()> {
        let path = PathAndQuery::from_static(jaeger_wire::api_v2::POST_SPANS);
        let message = Request::new(Bytes::copy_from_slice(body));
        self.runtime.block_on(async {
            self.client.ready().await?;
            self.client.unary(message, path, Raw).await?;
            Ok(())
        })
    }
}
