//! A running otel-backend.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Span;
use crate::lines::lines;
use crate::span::{request, span_id};

/// What no test sends by or asks.
const UNUSED: [&str; 8] = [
    "query-grpc",
    "otlp-grpc",
    "jaeger-thrift",
    "jaeger-grpc",
    "jaeger-compact",
    "jaeger-binary",
    "zipkin",
    "sampling",
];

/// An otel-backend that keeps its traces in memory, on free ports. It is killed when dropped.
#[derive(Debug)]
pub struct Backend {
    child: Child,
    url: String,
    otlp: String,
}

impl Backend {
    /// Starts a backend on free ports and waits until it listens.
    pub fn start() -> Self {
        Self::start_on(0)
    }

    /// Starts a backend whose trace page is on that port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_on(ui_port: u16) -> Self {
        let mut command = Command::new(program());
        command.args(["--memory", "--otlp-http-port", "0"]);
        command.args(["--ui-port", &ui_port.to_string()]);
        for protocol in UNUSED {
            command.args([&format!("--{protocol}-port"), "off"]);
        }
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("otel-backend does not start: {error}"));
        let said = lines(child.stderr.take());
        let url = address(&said, "trace page");
        let otlp = address(&said, "OTLP");
        Self { child, url, otlp }
    }

    /// The address of the trace page and the query API.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address that takes OTLP over HTTP.
    pub fn otlp_url(&self) -> &str {
        &self.otlp
    }

    /// The address of a trace's page.
    pub fn trace_url(&self, trace: &str) -> String {
        format!("{}/trace/{trace}", self.url)
    }

    /// The address of a trace's page that opens a span.
    pub fn span_url(&self, trace: &str, span: u32) -> String {
        format!("{}/trace/{trace}?uiFind={}", self.url, span_id(span))
    }

    /// Sends the spans as a new trace and returns its id. They are stored when this returns.
    pub fn send(&self, spans: &[Span]) -> String {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let trace = format!("7e57{:028x}", LAST.fetch_add(1, Ordering::Relaxed));
        self.add(&trace, spans);
        trace
    }

    /// Sends more spans of a trace.
    ///
    /// # Panics
    /// When the backend does not accept them.
    pub fn add(&self, trace: &str, spans: &[Span]) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_millis());
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let body = request(trace, spans, now).to_string();
        self.send_json(&body);
    }

    /// Sends an export request, written as OTLP's JSON.
    ///
    /// # Panics
    /// When the backend does not accept it.
    pub fn send_json(&self, body: &str) {
        let sent = ureq::post(format!("{}/v1/traces", self.otlp))
            .header("content-type", "application/json")
            .send(body);
        if let Err(error) = sent {
            panic!("the backend did not accept the spans: {error}");
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The address in the line that says what listens.
fn address(said: &Receiver<String>, of: &str) -> String {
    let line = said
        .iter()
        .find(|line| line.contains("listening on") && line.contains(of));
    let line = line.unwrap_or_else(|| panic!("otel-backend ended before it listened for {of}"));
    let address = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    address.map_or_else(|| panic!("no address in: {line}"), str::to_owned)
}

/// The program, built as the running test was.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let running = env::current_exe().unwrap_or_default();
        // target/<profile>/deps/<test>, or target/<profile>/examples/<example>
        let folder = running
            .ancestors()
            .skip(1)
            .find(|folder| !folder.ends_with("deps") && !folder.ends_with("examples"));
        let folder = folder.unwrap_or_else(|| panic!("a program lies in a folder"));
        let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--locked", "--quiet", "--package", "otel-backend"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(
            built.is_ok_and(|status| status.success()),
            "otel-backend does not build"
        );
        folder.join("otel-backend")
    })
}
