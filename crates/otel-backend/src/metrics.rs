//! The program's own metrics, for Prometheus.
//!
//! Spec: <https://prometheus.io/docs/specs/om/open_metrics_spec/>

mod labels;
mod process;
mod udp;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::config::Endpoint;
pub use labels::Protocol;
use labels::{NotForwarded, OfEndpoint, OfProtocol, Reason, RefusedAt};
pub(crate) use process::gauge;
pub use udp::UdpDrops;

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The counters; clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Counters>);

struct Counters {
    registry: Registry,
    spans: SignalCounters,
    logs: SignalCounters,
    bytes: Family<OfProtocol, Counter>,
    refused_requests: Family<Reason, Counter>,
    turned_away: Family<RefusedAt, Counter>,
    dropped_points: Family<OfProtocol, Counter>,
    connections: Family<OfEndpoint, Gauge>,
    latency: Family<OfEndpoint, Histogram, fn() -> Histogram>,
}

/// The counters of spans, or of log records, that were stored, refused and forwarded.
#[derive(Debug)]
pub struct SignalCounters {
    stored: Family<OfProtocol, Counter>,
    refused: Family<Reason, Counter>,
    of_odd_time: Family<Reason, Counter>,
    forwarded: Counter,
    not_forwarded: Family<NotForwarded, Counter>,
}

impl SignalCounters {
    fn new(registry: &mut Registry, name: &str, title: &str) -> Self {
        Self {
            stored: register(
                registry,
                &format!("{name}_stored"),
                &format!("{title} stored"),
            ),
            refused: register(
                registry,
                &format!("{name}_refused"),
                &format!(
                    "{title} not stored, by reason; those of requests that were not decoded are not known"
                ),
            ),
            of_odd_time: register(
                registry,
                &format!("{name}_of_odd_time"),
                &format!("{title} stored with a time that can hardly be right, by reason"),
            ),
            forwarded: register(
                registry,
                &format!("{name}_forwarded"),
                &format!("{title} that another endpoint has taken"),
            ),
            not_forwarded: register(
                registry,
                &format!("{name}_not_forwarded"),
                &format!("{title} stored here that another endpoint has not taken, by reason"),
            ),
        }
    }

    /// Counts those that another endpoint has taken.
    pub fn forwarded(&self, number: usize) {
        self.forwarded.inc_by(number as u64);
    }

    /// Counts those that were stored here and are lost to another endpoint.
    pub fn not_forwarded(&self, reason: &'static str, number: usize) {
        let counter = self
            .not_forwarded
            .get_or_create_owned(&NotForwarded { reason });
        counter.inc_by(number as u64);
    }

    /// Counts items that were stored.
    pub fn stored(&self, protocol: Protocol, number: usize) {
        let counter = self.stored.get_or_create_owned(&OfProtocol { protocol });
        counter.inc_by(number as u64);
    }

    /// Counts items that were not stored.
    pub fn refused(&self, protocol: Protocol, reason: &'static str, number: usize) {
        add(&self.refused, &Reason { protocol, reason }, number);
    }

    /// Counts items that were stored with a time that can hardly be right.
    pub fn of_odd_time(&self, protocol: Protocol, reason: &'static str, number: usize) {
        add(&self.of_odd_time, &Reason { protocol, reason }, number);
    }
}

/// Adds to a counter, which exists from the first time on.
fn add(counters: &Family<Reason, Counter>, labels: &Reason, number: usize) {
    if number > 0 {
        let counter = counters.get_or_create_owned(labels);
        counter.inc_by(number as u64);
    }
}

/// From half a millisecond to 16 seconds.
fn latency_buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Makes metrics that start at zero. `collectors` are called whenever the metrics are read.
    pub fn new(collectors: Vec<Box<dyn Collector>>) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(process::Process));
        for collector in collectors {
            registry.register_collector(collector);
        }
        let seconds = "otel_backend_request_duration";
        let latency = Family::new_with_constructor(latency_buckets as fn() -> Histogram);
        let help = "Time from the head of a request to that of its answer";
        registry.register_with_unit(seconds, help, Unit::Seconds, latency.clone());
        Self(Arc::new(Counters {
            spans: SignalCounters::new(&mut registry, "spans", "Spans"),
            logs: SignalCounters::new(&mut registry, "log_records", "Log records"),
            bytes: register(
                &mut registry,
                "received_bytes",
                "Bytes of requests as sent, in bodies and datagrams",
            ),
            refused_requests: register(
                &mut registry,
                "requests_refused",
                "Requests and datagrams of which nothing was stored, by reason",
            ),
            turned_away: register(
                &mut registry,
                "requests_turned_away",
                "Requests that no receiver saw: those that came to the wrong port, path or method, \
                 from a page that may not ask, or that asked a question which was refused",
            ),
            dropped_points: register(
                &mut registry,
                "metric_points_dropped",
                "Data points of metrics, which are accepted and dropped",
            ),
            connections: register(&mut registry, "connections", "Connections that are open"),
            latency,
            registry,
        }))
    }

    /// All metrics as text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        text::encode(&mut text, &self.0.registry).ok();
        text
    }

    /// Counts the bytes of a request.
    pub fn received(&self, protocol: Protocol, bytes: usize) {
        let counter = self.0.bytes.get_or_create_owned(&OfProtocol { protocol });
        counter.inc_by(bytes as u64);
    }

    /// The counters of spans.
    pub fn spans(&self) -> &SignalCounters {
        &self.0.spans
    }

    /// The counters of log records.
    pub fn logs(&self) -> &SignalCounters {
        &self.0.logs
    }

    /// Counts a request that was refused.
    pub fn refused_request(&self, protocol: Protocol, reason: &'static str) {
        let labels = Reason { protocol, reason };
        self.0.refused_requests.get_or_create_owned(&labels).inc();
    }

    /// Counts a request that was refused before it reached a receiver, or that held no spans.
    pub fn turned_away(&self, endpoint: Endpoint, reason: &'static str) {
        let labels = RefusedAt { endpoint, reason };
        self.0.turned_away.get_or_create_owned(&labels).inc();
    }

    /// Counts data points that were accepted and dropped.
    pub fn dropped_points(&self, protocol: Protocol, points: usize) {
        let dropped = &self.0.dropped_points;
        let counter = dropped.get_or_create_owned(&OfProtocol { protocol });
        counter.inc_by(points as u64);
    }

    /// The number of connections of an endpoint.
    pub fn connections(&self, endpoint: Endpoint) -> Gauge {
        self.0
            .connections
            .get_or_create_owned(&OfEndpoint { endpoint })
    }

    /// The latencies of an endpoint.
    pub fn latency(&self, endpoint: Endpoint) -> Histogram {
        self.0.latency.get_or_create_owned(&OfEndpoint { endpoint })
    }
}

fn register<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(format!("otel_backend_{name}"), help, metric.clone());
    metric
}

/// Adds a latency.
pub fn observe(latency: &Histogram, time: Duration) {
    latency.observe(time.as_secs_f64());
}
