//! Kills the program at random moments under load, and looks for every acknowledged span and log
//! record.
//!
//! `OTEL_BACKEND_KILLS=1000 cargo test --release -p otel-backend --test program kills` does it a
//! thousand times; add `-- --nocapture` to see the progress.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::support::{Backend, get_json, of_service};

/// The default number of kills.
const KILLS: u64 = 6;

/// The number of clients that send at the same time.
const CLIENTS: u64 = 8;

/// The number of spans in a trace.
const SPANS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_kills_under_load() {
    let kills = std::env::var("OTEL_BACKEND_KILLS");
    let kills = kills.map_or(KILLS, |kills| kills.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let next = Arc::new(AtomicU64::new(1));
    let mut acknowledged = Vec::new();
    for kill in 1..=kills {
        let backend = Backend::in_directory(directory.path());
        check(&backend, acknowledged.iter().rev().take(500)).await;
        acknowledged.extend(send_until_killed(backend, &next).await);
        eprintln!(
            "kill {kill}: {} traces acknowledged so far",
            acknowledged.len()
        );
    }
    let backend = Backend::in_directory(directory.path());
    check(&backend, acknowledged.iter()).await;
    assert!(acknowledged.len() as u64 > kills, "there was no load");
}

/// Kills the program while clients send to it; returns the acknowledged traces.
async fn send_until_killed(backend: Backend, next: &Arc<AtomicU64>) -> Vec<u64> {
    let (sender, mut answers) = unbounded_channel();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let url = backend.otlp_http("/v1/");
        clients.spawn(send(url, Arc::clone(next), sender.clone()));
    }
    drop(sender);
    let mut acknowledged = Vec::new();
    for _ in 0..random() % 120 {
        acknowledged.extend(answers.recv().await);
    }
    backend.kill();
    // Includes the answers that arrived just before the end.
    while let Some(trace) = answers.recv().await {
        acknowledged.push(trace);
    }
    clients.join_all().await;
    acknowledged
}

/// Sends traces, each with log records, until there is no answer.
async fn send(url: String, next: Arc<AtomicU64>, acknowledged: UnboundedSender<u64>) {
    let client = reqwest::Client::new();
    let post = async |signal: &str, body: Value| {
        let request = client.post(format!("{url}{signal}"));
        let request = request.header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.ok()?;
        assert!(answer.status().is_success(), "refused: {}", answer.status());
        Some(())
    };
    loop {
        let trace = next.fetch_add(1, Ordering::Relaxed);
        let spans: Vec<_> = (0..SPANS).map(|number| span(trace, number)).collect();
        let sent = async {
            post("logs", logs_of(trace)).await?;
            post("traces", of_service("many", &spans)).await
        };
        if sent.await.is_none() {
            return;
        }
        acknowledged.send(trace).unwrap();
    }
}

fn span(trace: u64, number: usize) -> Value {
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{:016x}", number + 1),
        "name": "work", "startTimeUnixNano": trace.to_string(),
        // Enough of it for a merge into columns in nearly every life of the program.
        "attributes": [{"key": "text", "value": {"stringValue": "x".repeat(8 << 10)}}],
    })
}

fn logs_of(trace: u64) -> Value {
    let record = |number: usize| {
        json!({
            "traceId": format!("{trace:032x}"), "timeUnixNano": trace.to_string(),
            "body": {"intValue": number.to_string()},
        })
    };
    let records: Vec<_> = (0..SPANS).map(record).collect();
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})
}

/// Looks for all spans and log records of these traces.
async fn check(backend: &Backend, traces: impl Iterator<Item = &u64>) {
    for trace in traces {
        let found = get_json(&backend.ui(&format!("/api/traces/{trace:x}"))).await;
        let spans = found["data"][0]["spans"].as_array().map(Vec::len);
        assert_eq!(spans, Some(SPANS), "trace {trace:x}");
        let found = get_json(&backend.ui(&format!("/api/logs?traceId={trace:032x}"))).await;
        let logs = found["logs"].as_array().map(Vec::len);
        assert_eq!(logs, Some(SPANS), "log records of trace {trace:x}");
    }
}

/// A random number, from the seed that the standard library uses for its maps.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}
