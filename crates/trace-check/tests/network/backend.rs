//! A backend in memory that receives OTLP in JSON, and answers through Jaeger's v3 API with planted
//! faults.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use crate::http::{Request, Response, Server};

/// Changes a trace before it is returned. It can see all traces, and the number of earlier requests
/// for this one.
pub(crate) type Fault = fn(&mut Vec<Json>, &Asked<'_>);

/// The state when a trace is requested.
pub(crate) struct Asked<'a> {
    pub(crate) traces: &'a HashMap<String, Vec<Json>>,
    /// The first answer that was not empty.
    pub(crate) first_answer: Option<&'a Vec<Json>>,
}

#[derive(Default)]
struct State {
    traces: HashMap<String, Vec<Json>>,
    answered: HashMap<String, Vec<Json>>,
}

/// Starts a backend with a fault and with Jaeger's v3 API only.
pub(crate) fn start(fault: Fault) -> Server {
    start_with(fault, |_| Response::new(404, ""))
}

/// Starts a backend with a fault, and with Jaeger's old API as given.
pub(crate) fn start_with(fault: Fault, old: fn(&str) -> Response) -> Server {
    let state = Arc::new(Mutex::new(State::default()));
    Server::http(move |request| {
        let mut state = state.lock().unwrap();
        match (request.method.as_str(), path(request)) {
            ("POST", "/v1/traces") => {
                receive(&mut state, &request.body);
                Response::new(200, "{}")
            }
            ("GET", "/api/v3/services") => {
                Response::new(200, json!({ "services": ["a"] }).to_string())
            }
            ("GET", "/api/v3/trace-summaries") => Response::new(200, summaries(&state)),
            ("GET", path) => match path.strip_prefix("/api/v3/traces/") {
                Some(id) => answer(&mut state, id, fault),
                None => old(path.strip_prefix("/api/traces/").unwrap_or_default()),
            },
            _ => Response::new(404, ""),
        }
    })
}

fn path(request: &Request) -> &str {
    request.path.split('?').next().unwrap()
}

/// Stores each span in a group of its own, so that it can be moved.
fn receive(state: &mut State, body: &[u8]) {
    let message: Json = serde_json::from_slice(body).unwrap();
    for group in message["resourceSpans"].as_array().unwrap() {
        for scope in group["scopeSpans"].as_array().unwrap() {
            for span in scope["spans"].as_array().unwrap() {
                let mut one = group.clone();
                let mut one_scope = scope.clone();
                one_scope["spans"] = json!([span]);
                one["scopeSpans"] = json!([one_scope]);
                let id = span["traceId"].as_str().unwrap().to_owned();
                let trace = state.traces.entry(id).or_default();
                // A span that is delivered twice is stored once.
                if !trace.contains(&one) {
                    trace.push(one);
                }
            }
        }
    }
}

fn answer(state: &mut State, id: &str, fault: Fault) -> Response {
    let Some(trace) = state.traces.get(id) else {
        return Response::new(
            404,
            r#"{"error":{"httpCode":404,"message":"No traces found"}}"#,
        );
    };
    let mut spans = trace.clone();
    let asked = Asked {
        traces: &state.traces,
        first_answer: state.answered.get(id),
    };
    fault(&mut spans, &asked);
    let answer = json!({ "result": { "resourceSpans": spans } }).to_string();
    state.answered.entry(id.to_owned()).or_insert(spans);
    Response::new(200, answer)
}

fn summaries(state: &State) -> String {
    let one = |(id, spans): (&String, &Vec<Json>)| {
        json!({
            "traceId": id, "spanCount": spans.len(), "services": [],
            "minStartTimeUnixNano": "0", "maxEndTimeUnixNano": "0",
        })
    };
    let all: Vec<_> = state.traces.iter().map(one).collect();
    json!({ "summaries": all }).to_string()
}

/// The single span of a group.
pub(crate) fn span(group: &mut Json) -> &mut Json {
    &mut group["scopeSpans"][0]["spans"][0]
}
