//! Runs the same TraceQL queries on Tempo and otel-backend, over the same spans, and compares the
//! answers: for searches, each trace with its spansets; for metrics, each value of each series.
//!
//! A query with a known difference has the reason beside it, as in docs/query-api.md. A difference
//! without a reason, or a reason without a difference, is a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The number of traces that are sent, with some five spans each.
const TRACES: u64 = 1_000;

/// The seconds in which the traces start, the step of metrics, and the age of the last second. Tempo
/// leaves out the last 30 s, and its metrics leave out spans that were older than two minutes when they
/// arrived.
const SECONDS: u64 = 60;
const STEP: u64 = 15;
const AGE: u64 = 40;

/// Searches, with the reason if the answers differ.
const SEARCHES: &[(&str, &str)] = &[
    ("{ }", ""),
    ("{ status = error }", ""),
    ("{ status != error }", ""),
    ("{ status = ok && kind = server }", ""),
    ("{ name = `work` }", ""),
    ("{ name != `work` }", ""),
    ("{ name =~ `wo.*` }", ""),
    ("{ name =~ `wo` }", ""),
    ("{ name !~ `wo.*|query` }", ""),
    ("{ name > `query` }", ""),
    ("{ duration > 80ms }", ""),
    ("{ duration >= 10ms && duration <= 20ms }", ""),
    ("{ duration / 2 > 40ms }", ""),
    ("{ traceDuration > 95ms }", ""),
    ("{ resource.service.name = `shop` }", ""),
    ("{ resource.service.name != `shop` }", ""),
    ("{ .service.name =~ `shop|cart` }", ""),
    ("{ resource.env = `dev` }", ""),
    ("{ .env = `dev` }", ""),
    ("{ span.http.status_code = 500 }", ""),
    ("{ span.http.status_code != 200 }", ""),
    (
        "{ span.http.status_code >= 400 && span.http.status_code < 600 }",
        "",
    ),
    ("{ span.http.status_code - 200 > 3 }", ""),
    (
        "{ span.http.method = `GET` || span.http.method = `PUT` }",
        "",
    ),
    ("{ span.ok }", ""),
    ("{ span.ok = false }", ""),
    ("{ !span.ok }", ""),
    ("{ span.weight * 2 < 1.5 }", ""),
    ("{ span.n < 0 }", ""),
    ("{ span.http.status_code = nil && kind = internal }", ""),
    ("{ span.weight != nil }", ""),
    ("{ span.missing != `a` }", ""),
    ("{ kind = client || kind = producer }", ""),
    ("{ rootName = `GET /` }", ""),
    ("{ rootServiceName = `shop` && status = error }", ""),
    ("{ nestedSetParent < 0 }", ""),
    ("{ span:childCount > 2 }", ""),
    ("{ instrumentation:name = `lib` }", ""),
    ("{ instrumentation:version = `2` && kind = client }", ""),
    ("{ event:name = `exception` }", ""),
    ("{ event.retry = 2 }", ""),
    ("{ event:timeSinceStart > 3ms }", ""),
    ("{ link:traceID != nil }", ""),
    ("{ statusMessage = `deadlock` }", ""),
    ("{ kind = server } >> { status = error }", ""),
    ("{ kind = server } > { kind = internal }", ""),
    ("{ status = error } << { kind = server }", ""),
    ("{ status = error } < { kind = internal }", ""),
    ("{ kind = client } ~ { kind = client }", ""),
    ("{ kind = server } !>> { status = error }", ""),
    ("{ kind = client } !< { status = error }", ""),
    ("{ kind = server } &>> { status = error }", ""),
    ("{ kind = server } &> { kind = internal }", ""),
    ("{ status = error } && { kind = server }", ""),
    ("{ status = error } || { name = `work` }", ""),
    ("{ status = error } | count() > 1", ""),
    ("{ kind = client } | avg(duration) > 20ms", ""),
    ("{ } | max(duration) > 95ms", ""),
    ("{ } | min(duration) < 2ms", ""),
    ("{ } | by(resource.service.name) | count() > 2", ""),
    ("{ } | by(status) | count() > 1 | coalesce()", ""),
    ("{ status = error } | select(resource.env, span.weight)", ""),
    (
        "{ span.weight > 2 }",
        "numbers are compared across int, float and duration",
    ),
    (
        "{ span.weight > 2.5 }",
        "numbers are compared across int, float and duration",
    ),
    (
        "{ .http.method != .env }",
        "an attribute that is missing differs from none",
    ),
    (
        "{ kind = client } | sum(span.weight) > 4",
        "numbers of several types are added as floats",
    ),
    (
        "{ !(span.missing = `a`) }",
        "a negation is also true of spans without the attribute",
    ),
    (
        "{ .weight = nil && resource.env = `dev` }",
        "nil is what neither the span nor its resource has",
    ),
    ("{ -span.n ^ 2 = -9 }", "a power is exact"),
];

/// Metrics, with the reason if the answers differ.
const METRICS: &[(&str, &str)] = &[
    ("{ } | rate()", ""),
    ("{ } | count_over_time()", ""),
    ("{ status = error } | rate() by (resource.service.name)", ""),
    ("{ } | count_over_time() by (kind, status)", ""),
    ("{ } | count_over_time() by (span.http.status_code)", ""),
    ("{ } | min_over_time(duration) by (name)", ""),
    ("{ } | max_over_time(duration) by (name)", ""),
    ("{ } | avg_over_time(duration) by (resource.env)", ""),
    ("{ } | quantile_over_time(duration, 0.5, 0.9)", ""),
    ("{ } | histogram_over_time(duration)", ""),
    (
        "{ } | count_over_time() by (resource.service.name) | topk(2)",
        "",
    ),
    (
        "{ } | count_over_time() by (resource.service.name) | bottomk(1)",
        "",
    ),
    ("{ kind = server } >> { kind = client } | rate()", ""),
    (
        "{ } | sum_over_time(span.weight)",
        "numbers of several types are added as floats",
    ),
];

/// The addresses of a backend.
pub(crate) struct Place {
    /// The API of Tempo.
    pub(crate) query: String,
    /// OTLP over HTTP.
    pub(crate) otlp: String,
}

/// Sends the spans to both, and runs all queries on both; returns true if all answers are as
/// expected.
pub(crate) fn compare(ours: &Place, theirs: &Place) -> bool {
    // Whole steps, so that both begin at the same time.
    let first = (now() / 1_000_000_000 - AGE - SECONDS) / STEP * STEP;
    let start = first * 1_000_000_000;
    for place in [ours, theirs] {
        for number in (0..TRACES).step_by(100) {
            let batch: Vec<_> = (number..number + 100).map(|n| trace(n, start)).collect();
            send(place, &json!({"resourceSpans": batch.concat()}));
        }
    }
    let window = [first, first + SECONDS];
    let all = |place: &Place| searched(place, "{ }", window).len() as u64 >= TRACES;
    let until = Instant::now() + Duration::from_mins(1);
    while !(all(ours) && all(theirs)) && Instant::now() < until {
        sleep(Duration::from_millis(500));
    }
    let mut well = true;
    let mut judge = |query: &str, reason: &str, difference: Option<String>| {
        let is_right = difference.is_none() == reason.is_empty();
        match difference {
            Some(difference) if reason.is_empty() => println!("    {query}: {difference}"),
            None if !reason.is_empty() => println!("    {query}: equal, though {reason}"),
            _ => {}
        }
        well &= is_right;
    };
    for (query, reason) in SEARCHES {
        let [here, there] = [ours, theirs].map(|place| searched(place, query, window));
        judge(query, reason, difference(&here, &there));
    }
    for (query, reason) in METRICS {
        let [here, there] = [ours, theirs].map(|place| measured(place, query, window));
        judge(query, reason, difference(&here, &there));
    }
    let asked = SEARCHES.len() + METRICS.len();
    let result = if well { "passed" } else { "FAILED" };
    println!("  {asked} queries of TraceQL, asked of both: {result}");
    well
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(now.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

/// A pseudorandom number from a seed.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (z ^ (z >> 27)) >> 8
}

/// The `resourceSpans` of one trace: a server span, work below it, and calls below that.
fn trace(number: u64, start: u64) -> Vec<Value> {
    let pick = |salt: u64, of: u64| mixed(number * 31 + salt) % of;
    let begin = start + 1_000_000_000 + pick(1, (SECONDS - 2) * 1_000) * 1_000_000;
    let span = |id: u64, parent: u64, name: &str, kind: u64, from: u64, micros: u64| {
        json!({
            "traceId": format!("{:032x}", 0xabcd_0000_0000 + number),
            "spanId": format!("{id:016x}"),
            "parentSpanId": if parent == 0 { String::new() } else { format!("{parent:016x}") },
            "name": name, "kind": kind,
            "startTimeUnixNano": (begin + from * 1000).to_string(),
            "endTimeUnixNano": (begin + (from + micros) * 1000).to_string(),
            "status": status(pick(id + 40, 8)),
        })
    };
    let codes = [200, 200, 201, 404, 500, 503];
    let methods = ["GET", "PUT", "POST"];
    let mut root = span(0x1001, 0, "GET /", 2, 0, 10_000 + pick(2, 90_000));
    let code = codes.get(usize::try_from(pick(3, 6)).unwrap_or(0));
    let method = methods.get(usize::try_from(pick(4, 3)).unwrap_or(0));
    root["attributes"] = json!([
        {"key": "http.status_code", "value": {"intValue": code}},
        {"key": "http.method", "value": {"stringValue": method}},
    ]);
    let mut work = span(0x1002, 0x1001, "work", 1, 500, 1000 + pick(5, 9_000));
    work["attributes"] = json!([
        {"key": "ok", "value": {"boolValue": pick(6, 2) == 0}},
        {"key": "n", "value": {"intValue": -3 + pick(7, 6).cast_signed()}},
    ]);
    work["events"] = json!([{
        "timeUnixNano": (begin + (500 + pick(8, 8_000)) * 1000).to_string(),
        "name": if pick(9, 3) == 0 { "exception" } else { "log" },
        "attributes": [{"key": "retry", "value": {"intValue": pick(10, 4)}}],
    }]);
    let mut calls = Vec::new();
    for call in 0..=pick(11, 4) {
        let micros = 1000 + pick(12 + call, 40_000);
        let mut span = span(0x2000 + call, 0x1002, "query", 3, 600 + call, micros);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let weight = pick(20 + call, 9) as f64 * 0.5 + 0.25;
        // Sometimes an integer, which is another type.
        let value = match pick(30 + call, 7) {
            0 => json!({"intValue": 3}),
            _ => json!({"doubleValue": weight}),
        };
        span["attributes"] = json!([{"key": "weight", "value": value}]);
        if pick(50 + call, 5) == 0 {
            span["links"] = json!([{"traceId": "f".repeat(32), "spanId": "00000000000000ff"}]);
        }
        calls.push(span);
    }
    let group = |service: &str, version: &str, spans: Value| {
        json!({
            "resource": {"attributes": [
                {"key": "service.name", "value": {"stringValue": service}},
                {"key": "env", "value": {"stringValue": if number.is_multiple_of(3) { "dev" } else { "prod" }}},
            ]},
            "scopeSpans": [{"scope": {"name": "lib", "version": version}, "spans": spans}],
        })
    };
    let front = ["shop", "cart", "mail"];
    let front = front.get(usize::try_from(pick(60, 3)).unwrap_or(0));
    vec![
        group(front.unwrap_or(&"shop"), "1", json!([root, work])),
        group("db", "2", json!(calls)),
    ]
}

fn status(of: u64) -> Value {
    match of {
        0 => json!({"code": 2, "message": "deadlock"}),
        1 => json!({"code": 1}),
        _ => json!({}),
    }
}

fn send(place: &Place, spans: &Value) {
    let sent = ureq::post(format!("{}/v1/traces", place.otlp))
        .content_type("application/json")
        .send(spans.to_string());
    if let Err(error) = sent {
        panic!("{} does not take the spans: {error}", place.otlp);
    }
}

fn ask(place: &Place, path: &str, parameters: &[(&str, String)]) -> Result<Value, String> {
    let request = parameters.iter().fold(
        ureq::get(format!("{}/api/{path}", place.query)),
        |request, (name, value)| request.query(*name, value),
    );
    let request = request.config().http_status_as_error(false).build();
    let mut answer = request.call().map_err(|error| error.to_string())?;
    let body = answer
        .body_mut()
        .with_config()
        .limit(256 << 20)
        .read_to_string();
    let body = body.map_err(|error| error.to_string())?;
    serde_json::from_str(&body).map_err(|_| format!("{}: {body}", answer.status()))
}

/// The results, each with the part that is compared.
type Found = BTreeMap<String, String>;

/// The matching traces, each with its spansets.
fn searched(place: &Place, query: &str, [start, end]: [u64; 2]) -> Found {
    let parameters = [
        ("q", query.to_owned()),
        ("limit", (TRACES + 1).to_string()),
        ("spss", "100".to_owned()),
        ("start", start.to_string()),
        ("end", end.to_string()),
    ];
    let answer = match ask(place, "search", &parameters) {
        Ok(answer) => answer,
        Err(reason) => return Found::from([("an error".to_owned(), reason)]),
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let traces = list(&answer["traces"]).into_iter().map(|trace| {
        let sets = list(&trace["spanSets"]).into_iter().map(|set| {
            let spans = list(&set["spans"]).into_iter();
            let ids: BTreeSet<_> = spans.map(|span| text(&span["spanID"])).collect();
            format!("{} of {ids:?}", set["matched"])
        });
        let sets: BTreeSet<_> = sets.collect();
        (
            format!("{:0>32}", text(&trace["traceID"])),
            format!("{sets:?}"),
        )
    });
    traces.collect()
}

/// The values of all series, without zeros.
fn measured(place: &Place, query: &str, [start, end]: [u64; 2]) -> Found {
    let parameters = [
        ("q", query.to_owned()),
        ("start", start.to_string()),
        ("end", end.to_string()),
        ("step", format!("{STEP}s")),
    ];
    let answer = match ask(place, "metrics/query_range", &parameters) {
        Ok(answer) => answer,
        Err(reason) => return Found::from([("an error".to_owned(), reason)]),
    };
    let mut found = Found::new();
    for series in answer["series"].as_array().into_iter().flatten() {
        let labels = series["labels"].as_array().into_iter().flatten();
        let labels: BTreeSet<_> = labels
            .map(|label| format!("{}={}", label["key"], label["value"]))
            .collect();
        for sample in series["samples"].as_array().into_iter().flatten() {
            let value = sample["value"].as_f64().unwrap_or_default();
            if value != 0.0 {
                let key = format!("{labels:?} at {}", sample["timestampMs"]);
                // Sums of floats depend on their order.
                found.insert(key, format!("{value:.9e}"));
            }
        }
    }
    found
}

/// The first difference, and the number of differences.
fn difference(here: &Found, there: &Found) -> Option<String> {
    let keys: BTreeSet<_> = here.keys().chain(there.keys()).collect();
    let mut differ = keys
        .into_iter()
        .filter(|key| here.get(*key) != there.get(*key));
    let first = differ.next()?;
    let more = differ.count();
    let say = |found: &Found| {
        found
            .get(first)
            .cloned()
            .unwrap_or_else(|| "nothing".to_owned())
    };
    Some(format!(
        "{first}: here {}, there {}; and {more} more",
        say(here),
        say(there)
    ))
}
