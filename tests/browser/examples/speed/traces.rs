//! The traces for the measurements, which are always the same.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

const SERVICES: [&str; 5] = ["frontend", "cart", "checkout", "payments", "inventory"];
const OPERATIONS: [&str; 6] = [
    "GET /product/{id}",
    "redis GET",
    "SELECT stock",
    "POST /v1/charges",
    "cache.fill",
    "validate",
];
const LEVELS: u32 = 18;
const MICROSECOND: u64 = 1_000;
/// Backends limit the size of a request.
const SPANS_PER_REQUEST: usize = 4_000;
/// The traces among which is searched.
const SPANS_OF_A_TRACE: u32 = 20;
const SPREAD_MINUTES: u64 = 50;

/// The text that is searched for; about one span in a hundred has it.
pub(crate) const SEARCHED: &str = "user-42";

/// A span late in the trace, to be opened by its address.
pub(crate) fn late_span(trace: &str) -> String {
    let spans = u64::from_str_radix(trace.get(24..).unwrap_or_default(), 16).unwrap_or(1);
    format!("{:016x}", spans * 9 / 10)
}

/// Sends a trace of so many spans; returns its id.
pub(crate) fn send(otlp: &str, spans: u32) -> String {
    let now = now();
    let trace = format!("{now:016x}{spans:016x}");
    let spans = generate(&trace, spans, now - 120_000_000_000, &mut Dice(42));
    post(otlp, &spans);
    trace
}

/// Sends so many spans in traces of [`SPANS_OF_A_TRACE`], spread over the last [`SPREAD_MINUTES`].
pub(crate) fn send_many(otlp: &str, spans: u32) {
    let now = now();
    let traces = spans.div_ceil(SPANS_OF_A_TRACE);
    let apart = SPREAD_MINUTES * 60_000_000_000 / u64::from(traces.max(1));
    let mut dice = Dice(7);
    let mut waiting = Vec::new();
    for number in 0..traces {
        let trace = format!("{now:016x}{number:016x}");
        let begin = now - 10_000_000_000 - u64::from(number) * apart;
        waiting.extend(generate(&trace, SPANS_OF_A_TRACE, begin, &mut dice));
        if waiting.len() >= SPANS_PER_REQUEST || number + 1 == traces {
            post(otlp, &waiting);
            waiting.clear();
        }
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(now.map_or(0, |now| now.as_nanos())).unwrap_or(u64::MAX)
}

fn post(otlp: &str, spans: &[(usize, Value)]) {
    for part in spans.chunks(SPANS_PER_REQUEST) {
        let resources: Vec<_> = SERVICES
            .iter()
            .map(|service| resource(service, part))
            .collect();
        let body = json!({ "resourceSpans": resources }).to_string();
        let sent = ureq::post(format!("{}/v1/traces", otlp.trim_end_matches('/')))
            .header("content-type", "application/json")
            .send(&body);
        if let Err(error) = sent {
            panic!("{otlp} did not accept the spans: {error}");
        }
    }
}

fn resource(service: &str, spans: &[(usize, Value)]) -> Value {
    let of_service = spans
        .iter()
        .filter(|(at, _)| SERVICES.get(*at) == Some(&service));
    json!({
        "resource": { "attributes": [
            text("service.name", service),
            text("host.name", &format!("{service}-0.node.local")),
            text("service.version", "1.4.0"),
            text("deployment.environment.name", "production"),
        ] },
        "scopeSpans": [{
            "scope": { "name": "speed", "version": "1.0" },
            "spans": of_service.map(|(_, span)| span).collect::<Vec<_>>(),
        }],
    })
}

/// A span that may get more children.
struct Open {
    id: u32,
    start: u64,
    length: u64,
    level: u32,
    service: usize,
}

/// The spans, each with the number of its service. A parent comes before its children.
fn generate(trace: &str, count: u32, begin: u64, dice: &mut Dice) -> Vec<(usize, Value)> {
    let root = Open {
        id: 1,
        start: begin,
        length: 6_800_000 * MICROSECOND,
        level: 1,
        service: 0,
    };
    let mut spans = vec![(0, span(trace, &root, 0, dice))];
    let mut open = vec![root];
    let mut id = 1;
    while id < count {
        let at = dice.below(open.len().min(6));
        let parent = &open[at];
        let (from, length, level) = (parent.start, parent.length, parent.level);
        let (parent_id, parent_service) = (parent.id, parent.service);
        for _ in 0..=dice.below(6) {
            if id == count {
                break;
            }
            id += 1;
            let child_length = (length / (3 + dice.below(12) as u64)).max(8 * MICROSECOND);
            let room = length.saturating_sub(child_length).max(1);
            let child = Open {
                id,
                start: from + dice.next() % room,
                length: child_length,
                level: level + 1,
                service: if dice.below(2) == 0 {
                    parent_service
                } else {
                    dice.below(SERVICES.len())
                },
            };
            spans.push((child.service, span(trace, &child, parent_id, dice)));
            if child.level < LEVELS {
                open.push(child);
            }
        }
        if open.len() > 1 {
            open.remove(at);
        }
    }
    spans
}

fn span(trace: &str, of: &Open, parent: u32, dice: &mut Dice) -> Value {
    let failed = dice.below(50) == 0;
    let operation = OPERATIONS[dice.below(OPERATIONS.len())];
    let events = if dice.below(10) == 0 {
        json!([{ "name": "retry", "timeUnixNano": (of.start + of.length / 2).to_string(),
                 "attributes": [whole("attempt", 2)] }])
    } else {
        json!([])
    };
    let id = of.id;
    json!({
        "traceId": trace,
        "spanId": format!("{id:016x}"),
        "parentSpanId": if parent == 0 { String::new() } else { format!("{parent:016x}") },
        "name": operation,
        "kind": 1 + dice.below(3),
        "startTimeUnixNano": of.start.to_string(),
        "endTimeUnixNano": (of.start + of.length).to_string(),
        "attributes": [
            text("http.request.method", "POST"),
            whole("http.response.status_code", if failed { 500 } else { 200 }),
            text("url.full", &format!("https://shop.example/v1/charges?id={id}")),
            text("app.user.id", &format!("user-{}", dice.below(1000))),
            text("code.function.name", "payments.handler.post_v1_charges"),
            whole("thread.id", dice.below(64)),
            json!({ "key": "app.cached", "value": { "boolValue": dice.below(2) == 0 } }),
            json!({ "key": "app.ratio", "value": { "doubleValue": 0.25 } }),
        ],
        "events": events,
        "status": if failed { json!({ "code": 2, "message": "deadline exceeded" }) } else { json!({}) },
    })
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn whole(key: &str, value: usize) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

/// Pseudorandom numbers that are always the same.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        let Self(state) = self;
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *state >> 33
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "less than `limit`, which is a usize"
    )]
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}
