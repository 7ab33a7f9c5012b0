//! Redirects clients that use the wrong port to the right one.
//!
//! The most common mistake with OTLP is to send it over HTTP to the gRPC port, or the other way
//! round. So both ports accept both; every other port tells which one is right, with a status that
//! no client takes for success.

use std::net::SocketAddr;

use axum::Extension;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use hyper::ext::ReasonPhrase;
use tonic::Status;

use crate::config::Endpoint;
use crate::receive::Why;

/// The ports of the program.
#[derive(Debug, Clone)]
pub(super) struct Signpost {
    ports: Vec<(Endpoint, u16)>,
    refused: Option<Unkept>,
}

/// A kind of request, and the port where it belongs.
struct Road {
    /// A path or, if it ends with a slash, the beginning of a path.
    path: &'static str,
    /// True if only POST counts, because a GET of the same path is something else.
    only_post: bool,
    home: Endpoint,
}

const ROADS: [Road; 11] = [
    Road::to(Endpoint::OtlpHttp, "/v1/traces"),
    Road::to(Endpoint::OtlpHttp, "/v1/metrics"),
    Road::to(Endpoint::OtlpHttp, "/v1/logs"),
    Road::to(Endpoint::OtlpGrpc, "/opentelemetry.proto.collector."),
    Road::to(Endpoint::Zipkin, "/api/v1/spans"),
    Road::to(Endpoint::Zipkin, "/api/v2/spans"),
    Road {
        only_post: true,
        ..Road::to(Endpoint::JaegerThrift, "/api/traces")
    },
    Road::to(Endpoint::JaegerGrpc, "/jaeger.api_v2.CollectorService/"),
    Road::to(Endpoint::Sampling, "/jaeger.api_v2.SamplingManager/"),
    Road::to(Endpoint::QueryGrpc, "/jaeger.api_v2.QueryService/"),
    Road::to(Endpoint::QueryGrpc, "/jaeger.api_v3.QueryService/"),
];

/// The gRPC service that is served on the port of the HTTP API, because Grafana knows only one
/// port.
const STREAMING: &str = "/tempopb.StreamingQuerier/";

/// The answer to refused metrics.
const METRICS: Unkept = Unkept {
    paths: ["/v1/metrics", "/opentelemetry.proto.collector.metrics."],
    advice: "otel-backend refuses metrics: set OTEL_METRICS_EXPORTER=none, or start it without --refuse-metrics",
};

/// A signal that is refused: the beginnings of its paths, and the answer.
#[derive(Debug, Clone)]
struct Unkept {
    paths: [&'static str; 2],
    advice: &'static str,
}

impl Road {
    const fn to(home: Endpoint, path: &'static str) -> Self {
        Self {
            path,
            only_post: false,
            home,
        }
    }

    fn leads(&self, method: &Method, path: &str) -> bool {
        let is_it = if self.path.ends_with(['/', '.']) {
            path.starts_with(self.path)
        } else {
            path.strip_suffix('/').unwrap_or(path) == self.path
        };
        is_it && (!self.only_post || method == Method::POST)
    }
}

impl Signpost {
    pub(super) fn new(
        addresses: impl Iterator<Item = (Endpoint, SocketAddr)>,
        refuses_metrics: bool,
    ) -> Self {
        Self {
            refused: refuses_metrics.then_some(METRICS),
            ports: addresses
                .map(|(endpoint, at)| (endpoint, at.port()))
                .collect(),
        }
    }

    /// The answer to a request that belongs to another port, or that no port serves.
    pub(super) fn astray(
        &self,
        at: Endpoint,
        method: &Method,
        path: &str,
        is_grpc: bool,
    ) -> Option<Astray> {
        let is_streaming = is_grpc && path.starts_with(STREAMING);
        if is_streaming && matches!(at, Endpoint::Ui | Endpoint::QueryGrpc) {
            return None;
        }
        let is_of = |signal: &&Unkept| signal.paths.iter().any(|start| path.starts_with(start));
        if let Some(signal) = self.refused.as_ref().filter(is_of) {
            return Some(astray_by(at, signal.advice));
        }
        let road = ROADS.iter().find(|road| road.leads(method, path));
        match road {
            Some(road) if serves(at, road.home) => {
                let wants_grpc = is_over_grpc(road.home);
                (wants_grpc && !is_grpc).then(|| Astray {
                    status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    message: format!(
                        "{path} is taken over gRPC only, with the content type application/grpc"
                    ),
                })
            }
            Some(road) => Some(astray_by(at, &self.right_port(road.home))),
            // Remote sampling is served both ways, over HTTP on any path.
            None if at == Endpoint::Sampling => None,
            None => (is_grpc != is_over_grpc(at)).then(|| Astray::at(at)),
        }
    }

    fn right_port(&self, home: Endpoint) -> String {
        let port = self.ports.iter().find(|(endpoint, _)| *endpoint == home);
        match port {
            Some((_, port)) => format!("{home} is taken on port {port}"),
            None => format!("{home} is switched off ({})", home.flag()),
        }
    }
}

/// A request that came to the wrong port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Astray {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Astray {
    /// A request that no port serves.
    pub(super) fn at(port: Endpoint) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: format!("this port takes {}", served(port)),
        }
    }

    /// The answer, over HTTP or gRPC like the request.
    pub(super) fn answer(&self, is_grpc: bool) -> Response {
        if is_grpc {
            return Status::unimplemented(&self.message).into_http::<Body>();
        }
        let text = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
        let why = Extension(Why {
            message: self.message.clone(),
            counted: false,
        });
        // Some SDKs print the reason in the status line, and not the body.
        let reason = ReasonPhrase::try_from(self.message.as_bytes()).ok();
        let answer = (self.status, why, text, format!("{}\n", self.message));
        (reason.map(Extension), answer).into_response()
    }
}

fn astray_by(at: Endpoint, what_then: &str) -> Astray {
    let astray = Astray::at(at);
    Astray {
        message: format!("{}; {what_then}", astray.message),
        ..astray
    }
}

/// Returns true if a request claims to be gRPC.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    given.starts_with(b"application/grpc")
}

/// Returns true if OTLP was sent in the protocol of the other of its two ports.
pub(super) fn is_swapped(at: Endpoint, is_grpc: bool) -> bool {
    matches!(
        (at, is_grpc),
        (Endpoint::OtlpGrpc, false) | (Endpoint::OtlpHttp, true)
    )
}

/// Returns true if a port also serves requests that belong to another.
fn serves(at: Endpoint, home: Endpoint) -> bool {
    let is_otlp = |endpoint| matches!(endpoint, Endpoint::OtlpGrpc | Endpoint::OtlpHttp);
    at == home
        || is_otlp(at) && is_otlp(home)
        || at == Endpoint::JaegerGrpc && home == Endpoint::Sampling
}

fn is_over_grpc(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::OtlpGrpc | Endpoint::JaegerGrpc | Endpoint::QueryGrpc
    )
}

fn served(at: Endpoint) -> &'static str {
    match at {
        Endpoint::Ui => "the trace page and the query API (/, /api, /health, /metrics)",
        Endpoint::QueryGrpc => "Jaeger's query API over gRPC",
        Endpoint::OtlpGrpc | Endpoint::OtlpHttp => {
            "OTLP, over gRPC and over HTTP (POST /v1/traces, POST /v1/logs), of traces and logs"
        }
        Endpoint::JaegerThrift | Endpoint::JaegerCompact | Endpoint::JaegerBinary => {
            "Jaeger's Thrift (over HTTP: POST /api/traces)"
        }
        Endpoint::JaegerGrpc => "Jaeger over gRPC (CollectorService, SamplingManager)",
        Endpoint::Zipkin => "Zipkin's spans (POST /api/v2/spans, POST /api/v1/spans)",
        Endpoint::Sampling => "requests for sampling strategies (GET /sampling)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(at: Endpoint, path: &str, is_grpc: bool) -> Option<(u16, String)> {
        let address = |endpoint| (endpoint, SocketAddr::from(([127, 0, 0, 1], 7)));
        let signpost = Signpost::new(Endpoint::ALL.into_iter().map(address), true);
        let astray = signpost.astray(at, &Method::POST, path, is_grpc)?;
        Some((astray.status.as_u16(), astray.message))
    }

    const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    #[test]
    fn otlp_is_taken_on_both_of_its_ports() {
        for port in [Endpoint::OtlpGrpc, Endpoint::OtlpHttp] {
            assert_eq!(said(port, "/v1/traces", false), None);
            assert_eq!(said(port, "/v1/logs", false), None);
            assert_eq!(said(port, EXPORT, true), None);
            assert_eq!(said(port, EXPORT, false).unwrap().0, 415);
        }
    }

    #[test]
    fn other_ports_name_the_right_one() {
        for port in Endpoint::ALL {
            if matches!(port, Endpoint::OtlpGrpc | Endpoint::OtlpHttp) {
                continue;
            }
            let (status, message) = said(port, "/v1/traces", false).unwrap();
            assert_eq!(status, 404);
            assert!(
                message.ends_with("; OTLP HTTP is taken on port 7"),
                "{message}"
            );
            let (_, message) = said(port, EXPORT, true).unwrap();
            assert!(
                message.ends_with("; OTLP gRPC is taken on port 7"),
                "{message}"
            );
        }
        assert_eq!(said(Endpoint::Ui, "/api/transform", false), None);
        let search = "/tempopb.StreamingQuerier/Search";
        for port in [Endpoint::Ui, Endpoint::QueryGrpc] {
            assert_eq!(said(port, search, true), None);
        }
        assert!(said(Endpoint::Zipkin, search, true).is_some());
        assert_eq!(said(Endpoint::JaegerThrift, "/api/traces", false), None);
        assert!(said(Endpoint::Ui, "/api/traces", false).is_some());
        assert_eq!(said(Endpoint::Sampling, "/anything", false), None);
        assert!(said(Endpoint::QueryGrpc, "/api/traces/1", false).is_some());
    }
}
