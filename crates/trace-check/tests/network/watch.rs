//! Tests that traces are followed, and that an unreachable backend is waited for.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use trace_check::read::{Backend, Kind};
use trace_check::watch::{WatchArgs, watch};

use crate::http::{Response, Server};

const ID: &str = "0af7651916cd43dd8448eb211c80319c";

fn args(url: &str) -> WatchArgs {
    WatchArgs {
        url: url.to_owned(),
        service: Some("shop".to_owned()),
        trace_url: Some("http://page/trace/{trace_id}".to_owned()),
        interval: Duration::from_millis(5),
        since: Duration::ZERO,
        count: Some(1),
    }
}

fn follow(server: &Server) -> (String, Vec<String>) {
    let backend = Backend {
        kind: Kind::Unknown,
        url: server.url(),
        apis: vec![trace_check::read::Api::JaegerV3],
    };
    let mut out = Vec::new();
    let mut complaints = Vec::new();
    watch(
        &args(&server.url()),
        &backend,
        &mut out,
        &mut |text: &str| {
            complaints.push(text.to_owned());
        },
    )
    .unwrap();
    (String::from_utf8(out).unwrap(), complaints)
}

fn summaries(ids: &[&str]) -> Response {
    let all: Vec<_> = ids
        .iter()
        .map(|id| json!({ "traceId": id, "spanCount": 1 }))
        .collect();
    Response::new(200, json!({ "summaries": all }).to_string())
}

fn trace() -> Response {
    let span = json!({
        "traceId": ID, "spanId": "b7ad6b7169203331", "name": "GET /", "kind": 2,
        "startTimeUnixNano": "1700000000123000000", "endTimeUnixNano": "1700000000125500000",
        "status": { "code": 2 },
    });
    let service = json!([{ "key": "service.name", "value": { "stringValue": "shop" } }]);
    let group = json!({
        "resource": { "attributes": service }, "scopeSpans": [{ "spans": [span] }],
    });
    Response::new(
        200,
        json!({ "result": { "resourceSpans": [group] } }).to_string(),
    )
}

/// Answers searches in this order, and repeats the last answer.
fn searches(answers: Vec<fn() -> Response>) -> Server {
    let asked = AtomicUsize::new(0);
    Server::http(move |request| {
        if request.path.starts_with("/api/v3/trace-summaries") {
            let index = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            answers[index]()
        } else {
            trace()
        }
    })
}

#[test]
fn a_trace_that_arrives_is_one_line() {
    let server = searches(vec![|| summaries(&[]), || summaries(&[ID])]);
    let (out, complaints) = follow(&server);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[1],
        "22:13:20.123       1       1      2.5 ms  shop GET /  \
         http://page/trace/0af7651916cd43dd8448eb211c80319c"
    );
    assert_eq!((lines.len(), complaints.len()), (2, 0));
}

#[test]
fn a_backend_that_goes_away_is_said_to_and_asked_again() {
    let server = searches(vec![
        || summaries(&[]),
        || Response::new(503, "closing"),
        || Response::new(503, "closing"),
        || summaries(&[ID]),
    ]);
    let (out, complaints) = follow(&server);
    assert_eq!(out.lines().count(), 2);
    let [away, back] = complaints.as_slice() else {
        panic!("expected two lines: {complaints:?}");
    };
    assert!(
        away.contains("503") && away.ends_with("asking again"),
        "{away}"
    );
    assert!(back.ends_with("answers again"), "{back}");
}

#[test]
fn output_that_is_closed_ends_it() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let server = searches(vec![|| summaries(&[])]);
    let backend = Backend {
        kind: Kind::Unknown,
        url: server.url(),
        apis: vec![trace_check::read::Api::JaegerV3],
    };
    let ended = watch(
        &args(&server.url()),
        &backend,
        &mut Closed,
        &mut |_: &str| {},
    );
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}
