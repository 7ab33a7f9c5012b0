//! A running otel-backend.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::span::{request, span_id};
use crate::{Log, Span, log};

/// An otel-backend that keeps its traces in memory, on free ports. It is killed when dropped.
#[derive(Debug)]
pub struct Backend {
    _running: test_kit::Backend,
    url: String,
    otlp: String,
    /// The time at which spans were last sent, in milliseconds since 1970. The times of log records
    /// count from it.
    sent_at: AtomicI64,
}

impl Backend {
    /// Starts a backend on free ports, and waits until it is ready.
    pub fn start() -> Self {
        Self::start_on(0)
    }

    /// Starts a backend with its trace page on that port.
    pub fn start_on(ui_port: u16) -> Self {
        let port = ui_port.to_string();
        let running = test_kit::Backend::start(&["--memory", "--ui-port", &port]);
        Self {
            url: running.ui(""),
            otlp: running.otlp_http(""),
            sent_at: AtomicI64::new(now()),
            _running: running,
        }
    }

    /// The address of the trace page and the query API.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of OTLP over HTTP.
    pub fn otlp_url(&self) -> &str {
        &self.otlp
    }

    /// The address of a trace's page.
    pub fn trace_url(&self, trace: &str) -> String {
        format!("{}/trace/{trace}", self.url)
    }

    /// The address of a trace's page, opened at a span.
    pub fn span_url(&self, trace: &str, span: u32) -> String {
        format!("{}/trace/{trace}?uiFind={}", self.url, span_id(span))
    }

    /// Sends the spans as a new trace; returns its id. They are stored when this returns.
    pub fn send(&self, spans: &[Span]) -> String {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let trace = format!("7e57{:028x}", LAST.fetch_add(1, Ordering::Relaxed));
        self.add(&trace, spans);
        trace
    }

    /// Sends more spans of a trace.
    ///
    /// # Panics
    /// If the backend does not accept them.
    pub fn add(&self, trace: &str, spans: &[Span]) {
        let now = now();
        self.sent_at.store(now, Ordering::Relaxed);
        let body = request(trace, spans, now).to_string();
        self.send_json(&body);
    }

    /// Sends log records. They are stored when this returns.
    ///
    /// # Panics
    /// If the backend does not accept them.
    pub fn send_logs(&self, logs: &[Log]) {
        self.post(
            "logs",
            &log::request(logs, self.sent_at.load(Ordering::Relaxed)).to_string(),
        );
    }

    /// Sends an export request in OTLP's JSON.
    ///
    /// # Panics
    /// If the backend does not accept it.
    pub fn send_json(&self, body: &str) {
        self.post("traces", body);
    }

    fn post(&self, signal: &str, body: &str) {
        let sent = ureq::post(format!("{}/v1/{signal}", self.otlp))
            .header("content-type", "application/json")
            .send(body);
        if let Err(error) = sent {
            panic!("the backend did not accept the {signal}: {error}");
        }
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_millis());
    i64::try_from(now).unwrap_or(i64::MAX)
}
