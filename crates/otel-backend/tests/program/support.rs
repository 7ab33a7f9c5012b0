//! Starts the real program, and speaks HTTP with it.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use otel_backend::config::Endpoint;
use serde_json::{Value, json};

/// The program, running. It is killed when this is dropped.
pub(crate) struct Backend {
    child: Child,
    /// Its URLs, by what they are for.
    urls: HashMap<String, String>,
}

/// The program, on its way out.
pub(crate) struct Ending(Backend);

/// A program that did not start, and what it said.
pub(crate) struct Refusal {
    pub(crate) status: ExitStatus,
    pub(crate) stderr: String,
}

/// The program with every port free to choose.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otel-backend"));
    command.env_clear();
    for endpoint in Endpoint::ALL {
        command.env(endpoint.variable(), "0");
    }
    command.args(arguments).stderr(Stdio::piped());
    command
}

/// Runs a program that is expected to end by itself.
pub(crate) fn refused(mut command: Command) -> Refusal {
    let output = command.output().unwrap();
    Refusal {
        status: output.status,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Backend {
    pub(crate) fn in_memory() -> Self {
        Self::start(&["--memory"])
    }

    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self::start(&["--data-dir", directory.to_str().unwrap()])
    }

    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::of(command(arguments))
    }

    /// Starts a program that was made with [`command`].
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut urls = HashMap::new();
        loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended at once");
            if line == "otel-backend: ready\n" {
                break;
            }
            if let Some((url, what)) = listener(&line) {
                urls.insert(what.to_owned(), url.to_owned());
            }
        }
        // What it says later goes on to our own stderr, so that it never waits for a reader.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::stderr()));
        Self { child, urls }
    }

    pub(crate) fn ui(&self, path: &str) -> String {
        self.url("trace page and query API", path)
    }

    pub(crate) fn otlp_http(&self, path: &str) -> String {
        self.url("OTLP HTTP", path)
    }

    pub(crate) fn otlp_grpc(&self) -> String {
        self.url("OTLP gRPC", "")
    }

    pub(crate) fn jaeger_thrift(&self, path: &str) -> String {
        self.url("Jaeger Thrift HTTP", path)
    }

    pub(crate) fn jaeger_grpc(&self) -> String {
        self.url("Jaeger gRPC", "")
    }

    /// Where datagrams go.
    pub(crate) fn udp(&self, what: &str) -> String {
        self.url(what, "").replace("udp://", "")
    }

    pub(crate) fn query_grpc(&self) -> String {
        self.url("query gRPC", "")
    }

    pub(crate) fn url(&self, what: &str, path: &str) -> String {
        format!("{}{path}", self.urls[what])
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as `kill` does.
    pub(crate) fn terminate(self) -> ExitStatus {
        self.ask_to_end().wait()
    }

    /// Asks it to end, as `kill` does.
    pub(crate) fn ask_to_end(self) -> Ending {
        let id = self.child.id().to_string();
        let status = Command::new("kill").arg(id).status().unwrap();
        assert!(status.success());
        Ending(self)
    }
}

impl Ending {
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.0.child.wait().unwrap()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn listener(line: &str) -> Option<(&str, &str)> {
    let (url, what) = line
        .strip_prefix("otel-backend: listening on ")?
        .split_once(" (")?;
    Some((url, what.trim_end().strip_suffix(')')?))
}

/// Status and body.
pub(crate) async fn get(url: &str) -> (u16, String) {
    let response = reqwest::get(url).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The body in JSON of an answer that succeeded.
pub(crate) async fn get_json(url: &str) -> Value {
    let (status, body) = get(url).await;
    assert_eq!(status, 200, "{url}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// Posts a body; returns status and body of the answer.
pub(crate) async fn post(url: &str, content_type: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let request = reqwest::Client::new()
        .post(url)
        .header("content-type", content_type)
        .body(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.bytes().await.unwrap().to_vec())
}

/// Posts spans in OTLP's JSON, which must all be taken.
pub(crate) async fn export(backend: &Backend, spans: &Value) {
    let body = spans.to_string().into_bytes();
    let answer = post(&backend.otlp_http("/v1/traces"), "application/json", body).await;
    assert_eq!(answer, (200, b"{}".to_vec()));
}

/// Spans of one service in OTLP's JSON.
pub(crate) fn of_service(service: &str, spans: &[Value]) -> Value {
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": service}},
            {"key": "host.name", "value": {"stringValue": "here"}},
        ]},
        "scopeSpans": [{"scope": {"name": "lib", "version": "1.0"}, "spans": spans}],
    }]})
}

/// A trace of two spans, of which the first failed.
pub(crate) fn shop_trace() -> Value {
    of_service(
        "shop",
        &[
            json!({
                "traceId": "0000000000000000000000000000abcd", "spanId": "0000000000000001",
                "name": "GET /", "kind": 2,
                "startTimeUnixNano": "1700000000000001999",
                "endTimeUnixNano": "1700000000500000000",
                "attributes": [
                    {"key": "http.status", "value": {"intValue": "500"}},
                    {"key": "ratio", "value": {"doubleValue": 2.0}},
                    {"key": "big", "value": {"intValue": "9007199254740993"}},
                    {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}]}}},
                ],
                "status": {"code": 2, "message": "it broke"},
            }),
            json!({
                "traceId": "0000000000000000000000000000abcd", "spanId": "0000000000000002",
                "parentSpanId": "0000000000000001", "name": "SELECT", "kind": 3,
                "startTimeUnixNano": "1700000000100000000",
                "endTimeUnixNano": "1700000000200000000",
                "events": [{
                    "timeUnixNano": "1700000000150000000", "name": "row",
                    "attributes": [{"key": "n", "value": {"boolValue": true}}],
                }],
                "links": [{
                    "traceId": "0123456789abcdef0123456789abcdef", "spanId": "00000000000000ff",
                }],
            }),
        ],
    )
}

/// Status, content type and body.
pub(crate) async fn ask(
    backend: &Backend,
    method: reqwest::Method,
    path: &str,
) -> (u16, String, String) {
    let request = reqwest::Client::new().request(method, backend.ui(path));
    let response = request.send().await.unwrap();
    let content_type = response.headers().get("content-type");
    let content_type = content_type.map(|value| value.to_str().unwrap().to_owned());
    (
        response.status().as_u16(),
        content_type.unwrap_or_default(),
        response.text().await.unwrap(),
    )
}
