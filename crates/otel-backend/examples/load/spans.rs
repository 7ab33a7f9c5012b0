//! Requests like those of a small shop: five services, eight spans a trace, ten attributes a span.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use otel_backend::model::UnixNanos;
use prost::Message as _;

pub(crate) const SERVICES: [&str; 5] = ["frontend", "checkout", "cart", "payment", "redis"];

const OPERATIONS: [&str; 6] = [
    "GET /",
    "POST /order",
    "GetCart",
    "Charge",
    "HGET",
    "SELECT",
];

/// Spans of a trace.
const TRACE: usize = 8;

/// Spans in this many nanoseconds: when a trace is renewed, its times are set to now.
const BASE: u64 = 0x1111_1111_0000_0000;

/// An encoded request, of which every use has other traces and other times.
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// Where the trace ids are, and which trace of the request each belongs to.
    trace_ids: Vec<(usize, u64)>,
    /// Where times are, and how long after now each is.
    times: Vec<(usize, u64)>,
}

/// A generator of numbers that only have to look random: `SplitMix64`.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// The id of a trace of a request.
pub(crate) fn trace_id(request: u64, trace: u64) -> [u8; 16] {
    let mut random = Random(request * 1_000_003 + trace);
    let (high, low) = (random.next(), random.next());
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}

impl Request {
    pub(crate) fn new(spans: usize) -> Self {
        let mut random = Random(UnixNanos::now().0);
        let traces = spans.div_ceil(TRACE);
        let mut by_service: Vec<Vec<Span>> = vec![Vec::new(); SERVICES.len()];
        for trace in 0..traces {
            for (index, span) in trace_spans(trace as u64, &mut random)
                .into_iter()
                .enumerate()
            {
                by_service[index % SERVICES.len()].push(span);
            }
        }
        let request = ExportTraceServiceRequest {
            resource_spans: by_service
                .into_iter()
                .zip(SERVICES)
                .map(|(spans, service)| resource_spans(service, spans))
                .collect(),
        };
        Self::find_places(request.encode_to_vec(), traces as u64)
    }

    fn find_places(bytes: Vec<u8>, traces: u64) -> Self {
        let mut trace_ids = Vec::new();
        let mut times = Vec::new();
        for trace in 0..traces {
            let id = placeholder_id(trace);
            trace_ids.extend(positions(&bytes, &id).map(|at| (at, trace)));
        }
        let marker = (BASE >> 32).to_le_bytes();
        for at in positions(&bytes, &marker[..4]).map(|at| at - 4) {
            let after = &bytes[at..at + 4];
            let after = after
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            times.push((at, after));
        }
        Self {
            bytes,
            trace_ids,
            times,
        }
    }

    /// The request with the traces of that number, at this moment.
    pub(crate) fn renew(&mut self, number: u64) -> &[u8] {
        let now = UnixNanos::now().0;
        for (at, trace) in &self.trace_ids {
            self.bytes[*at..*at + 16].copy_from_slice(&trace_id(number, *trace));
        }
        for (at, after) in &self.times {
            self.bytes[*at..*at + 8].copy_from_slice(&(now + after).to_le_bytes());
        }
        &self.bytes
    }
}

fn positions<'b>(bytes: &'b [u8], wanted: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    (0..bytes.len().saturating_sub(wanted.len() - 1)).filter(|at| bytes[*at..].starts_with(wanted))
}

fn placeholder_id(trace: u64) -> [u8; 16] {
    let mut id = [0xfe; 16];
    id[8..].copy_from_slice(&(trace | 0xabcd << 48).to_be_bytes());
    id
}

fn trace_spans(trace: u64, random: &mut Random) -> Vec<Span> {
    let ids: Vec<_> = (0..TRACE)
        .map(|_| random.next().to_be_bytes().to_vec())
        .collect();
    (0..TRACE)
        .map(|index| {
            let start = BASE + index as u64 * 1_000_000 + random.below(100_000);
            let failed = random.below(50) == 0;
            let longest = 1 << (10 + random.below(18));
            Span {
                trace_id: placeholder_id(trace).to_vec(),
                span_id: ids[index].clone(),
                parent_span_id: if index == 0 {
                    Vec::new()
                } else {
                    ids[index / 2].clone()
                },
                name: OPERATIONS[index % OPERATIONS.len()].into(),
                kind: 1 + random.below(5) as i32,
                start_time_unix_nano: start,
                end_time_unix_nano: start + random.below(longest),
                attributes: attributes(random),
                events: events(start, random),
                status: failed.then(|| Status {
                    code: 2,
                    message: "upstream timed out".into(),
                }),
                flags: 0x101,
                ..Span::default()
            }
        })
        .collect()
}

fn attributes(random: &mut Random) -> Vec<KeyValue> {
    let methods = ["GET", "POST", "PUT"];
    let method = methods[random.below(3) as usize];
    let status = [200, 200, 200, 404, 500][random.below(5) as usize];
    vec![
        string("http.request.method", method),
        int("http.response.status_code", status),
        string("url.path", &format!("/api/items/{}", random.below(500))),
        string("server.address", "shop.example.com"),
        int("server.port", 8080),
        string("user.id", &format!("u{:08x}", random.below(1 << 32))),
        string("network.protocol.version", "1.1"),
        string("component", SERVICES[random.below(5) as usize]),
        int("thread.id", random.below(32).cast_signed()),
        string("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)"),
    ]
}

/// One span in five has an event.
fn events(start: u64, random: &mut Random) -> Vec<Event> {
    if random.below(5) != 0 {
        return Vec::new();
    }
    vec![Event {
        time_unix_nano: start + 10,
        name: "cache.miss".into(),
        attributes: vec![string("cache.key", &format!("item-{}", random.below(1000)))],
        ..Event::default()
    }]
}

fn resource_spans(service: &str, spans: Vec<Span>) -> ResourceSpans {
    let resource = Resource {
        attributes: vec![
            string("service.name", service),
            string("service.version", "1.4.2"),
            string("host.name", "node-7.example.com"),
            string("telemetry.sdk.language", "rust"),
            string("telemetry.sdk.name", "opentelemetry"),
            string("telemetry.sdk.version", "0.33.1"),
        ],
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "shop".into(),
        version: "1.4.2".into(),
        ..InstrumentationScope::default()
    };
    let scope_spans = ScopeSpans {
        scope: Some(scope),
        spans,
        ..ScopeSpans::default()
    };
    ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    }
}

fn string(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
