//! Makes spans of three kinds, eight per trace, with ten or more attributes.

mod texts;
mod varied;

use std::time::{SystemTime, UNIX_EPOCH};

use crate::template::user_placeholder;

pub(crate) const SERVICES: [&str; 5] = ["frontend", "checkout", "cart", "payment", "redis"];

/// The resource attributes of each service beside its name.
pub(crate) const RESOURCE: [(&str, &str); 5] = [
    ("service.version", "1.4.2"),
    ("host.name", "node-7.example.com"),
    ("telemetry.sdk.language", "rust"),
    ("telemetry.sdk.name", "opentelemetry"),
    ("telemetry.sdk.version", "0.33.1"),
];

const OPERATIONS: [&str; 6] = [
    "GET /",
    "POST /order",
    "GetCart",
    "Charge",
    "HGET",
    "SELECT",
];

/// The number of spans in a trace.
pub(crate) const TRACE: u64 = 8;

/// The kind of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Data {
    /// Those of a small shop with five services; most values repeat.
    Shop,
    /// Those of twenty services, two in a request; most values rarely repeat. OTLP only.
    Varied,
    /// Those of the shop with SQL, stack traces and conversations with a model. OTLP only.
    Texts,
}

/// A span before it is encoded.
pub(crate) struct Sketch {
    /// The number of its trace.
    pub(crate) trace: u64,
    /// Its number among all spans.
    pub(crate) number: u64,
    /// The number of its parent.
    pub(crate) parent: Option<u64>,
    pub(crate) service: &'static str,
    pub(crate) name: String,
    /// Its kind, as OTLP's number.
    pub(crate) kind: u8,
    /// The start, in nanoseconds after the current time.
    pub(crate) start: u64,
    /// The duration in nanoseconds.
    pub(crate) duration: u64,
    pub(crate) failed: bool,
    pub(crate) attributes: Vec<(&'static str, Value)>,
    /// The key of the missing cache entry, if the span has such an event.
    pub(crate) cache_miss: Option<String>,
    /// The type, message and stack trace of an exception, if the span has one.
    pub(crate) exception: Option<[String; 3]>,
}

pub(crate) enum Value {
    Text(String),
    Int(i64),
    Double(f64),
}

/// `SplitMix64`, a generator of pseudorandom numbers.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Makes a generator with a different seed each time.
    pub(crate) fn seeded() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(since.unwrap_or_default().as_nanos() as u64)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// The spans of so many traces, trace by trace.
pub(crate) fn sketches(data: Data, traces: u64) -> Vec<Sketch> {
    let mut random = Random::seeded();
    let services = varied::services(&mut random);
    let numbers = (0..traces).flat_map(|trace| (0..TRACE).map(move |index| (trace, index)));
    let sketch = |(trace, index)| match data {
        Data::Shop => sketch(trace, index, &mut random),
        Data::Varied => varied::sketch(trace, index, services, &mut random),
        Data::Texts => texts::sketch(trace, index, &mut random),
    };
    numbers.map(sketch).collect()
}

fn sketch(trace: u64, index: u64, random: &mut Random) -> Sketch {
    let number = trace * TRACE + index;
    let longest = 1 << (10 + random.below(18));
    Sketch {
        trace,
        number,
        parent: (index > 0).then_some(trace * TRACE + index / 2),
        service: SERVICES[index as usize % SERVICES.len()],
        name: OPERATIONS[index as usize % OPERATIONS.len()].to_owned(),
        kind: 1 + random.below(5) as u8,
        start: index * 1_000_000 + random.below(100_000),
        duration: random.below(longest),
        failed: random.below(50) == 0,
        attributes: attributes(number, random),
        // One span in five has an event.
        cache_miss: (random.below(5) == 0).then(|| format!("item-{}", random.below(1000))),
        exception: None,
    }
}

fn attributes(span: u64, random: &mut Random) -> Vec<(&'static str, Value)> {
    let text = |text: &str| Value::Text(text.to_owned());
    let methods = ["GET", "POST", "PUT"];
    let status = [200, 200, 200, 404, 500][random.below(5) as usize];
    vec![
        (
            "http.request.method",
            text(methods[random.below(3) as usize]),
        ),
        ("http.response.status_code", Value::Int(status)),
        (
            "url.path",
            Value::Text(format!("/api/items/{}", random.below(500))),
        ),
        ("server.address", text("shop.example.com")),
        ("server.port", Value::Int(8080)),
        ("user.id", Value::Text(user_placeholder(span))),
        ("network.protocol.version", text("1.1")),
        ("component", text(SERVICES[random.below(5) as usize])),
        ("thread.id", Value::Int(random.below(32).cast_signed())),
        (
            "user_agent.original",
            text("Mozilla/5.0 (X11; Linux x86_64)"),
        ),
    ]
}
