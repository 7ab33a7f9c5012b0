//! Spans whose values rarely repeat: a unique id, a URL with a number, an address, an integer, a
//! floating-point number, and an exception on one span in eight.

use super::{Random, Sketch, TRACE, Value};
use crate::template::user_placeholder;

const SERVICES: [&str; 20] = [
    "cart", "checkout", "frontend", "payment", "redis", "catalog", "search", "stock", "mail",
    "shipping", "reviews", "accounts", "sessions", "pricing", "taxes", "images", "gateway",
    "fraud", "ledger", "reports",
];

const VERBS: [&str; 6] = ["GET", "PUT", "POST", "List", "Find", "Load"];

/// Two of the services.
pub(super) fn services(random: &mut Random) -> [&'static str; 2] {
    [0; 2].map(|_| SERVICES[random.below(20) as usize])
}

pub(super) fn sketch(
    trace: u64,
    index: u64,
    services: [&'static str; 2],
    random: &mut Random,
) -> Sketch {
    let number = trace * TRACE + index;
    let longest = 1 << (12 + random.below(20));
    let failed = random.below(8) == 0;
    let name = format!(
        "{} /v{}/things/{}",
        VERBS[random.below(6) as usize],
        random.below(3),
        random.below(40)
    );
    Sketch {
        trace,
        number,
        parent: (index > 0).then(|| trace * TRACE + random.below(index)),
        service: services[(index % 2) as usize],
        attributes: attributes(number, &name, random),
        name,
        kind: 1 + random.below(5) as u8,
        start: index * 900_000 + random.below(800_000),
        duration: random.below(longest),
        failed,
        cache_miss: None,
        exception: failed.then(|| exception(random)),
    }
}

fn attributes(span: u64, name: &str, random: &mut Random) -> Vec<(&'static str, Value)> {
    let methods = ["GET", "POST", "PUT", "DELETE"];
    let [a, b, c] = [0; 3].map(|_| random.below(254) + 1);
    let text = |text: String| Value::Text(text);
    vec![
        (
            "user.id",
            text(format!(
                "{}{:04x}",
                user_placeholder(span),
                random.below(1 << 16)
            )),
        ),
        (
            "url.full",
            text(format!(
                "https://shop.example.com/v1/things/{}",
                random.below(10_000_000)
            )),
        ),
        ("client.address", text(format!("10.{a}.{b}.{c}"))),
        (
            "http.request.body.size",
            Value::Int(random.below(1_000_000).cast_signed()),
        ),
        (
            "cart.total",
            Value::Double(random.below(1 << 52) as f64 / 1e10),
        ),
        (
            "http.request.method",
            text(methods[random.below(4) as usize].to_owned()),
        ),
        (
            "http.response.status_code",
            Value::Int([200, 201, 204, 404, 500][random.below(5) as usize]),
        ),
        ("http.route", text(name.to_owned())),
        ("thread.id", Value::Int(random.below(64).cast_signed())),
        ("feature.enabled", text((random.below(2) == 0).to_string())),
    ]
}

fn exception(random: &mut Random) -> [String; 3] {
    let kinds = ["TimeoutError", "ConnectionReset", "InvalidArgument"];
    [
        kinds[random.below(3) as usize].to_owned(),
        format!(
            "no answer from 10.0.0.{} within {} ms",
            random.below(255),
            random.below(5000)
        ),
        String::new(),
    ]
}
