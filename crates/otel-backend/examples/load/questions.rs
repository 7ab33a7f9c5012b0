//! Measures the time of queries, and the time until a span is found.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use otel_backend::model::UnixNanos;

use crate::http::get;
use crate::process::Backend;
use crate::send::{Connection, Protocol, template};
use crate::spans::{Data, Random};
use crate::template::trace_id;

/// The number of times that each query is repeated.
const TIMES: u64 = 50;

/// The longest to wait for a backend to show a span.
const PATIENCE: Duration = Duration::from_mins(1);

/// The number of times that each full scan is repeated.
const SCAN_TIMES: usize = 7;

/// Queries that no index can answer: TraceQL searches and metrics, and the dependencies between
/// services.
const SCANS: [(&str, &str); 10] = [
    ("number that nothing has", "{ span.thread.id > 1000 }"),
    (
        "pattern that nothing matches",
        "{ span.url.path =~ `nothing.*` }",
    ),
    ("long traces", "{ traceDuration > 1h }"),
    ("rate by service", "{} | rate() by (resource.service.name)"),
    (
        "quantiles by name",
        "{ span.http.request.method = `PUT` } | quantile_over_time(duration, .5, .99) by (name)",
    ),
    ("histogram", "{} | histogram_over_time(duration)"),
    ("comparison", "{} | compare({ status = error })"),
    (
        "a tenth below another tenth",
        "{ span.thread.id % 10 = 3 } >> { span.thread.id % 10 = 4 } | count_over_time()",
    ),
    ("values of a tag", ""),
    ("dependencies", DEPENDENCIES),
];

const DEPENDENCIES: &str = "dependencies";

/// Makes the path and the parameters of a request.
type Question = Box<dyn FnMut() -> String>;

/// Each of them is common, but no span has all.
const MANY_TAGS: &[(&str, &str)] = &[
    ("url.path", "/api/items/77"),
    ("component", "redis"),
    ("thread.id", "3"),
    ("http.response.status_code", "500"),
    ("http.request.method", "NONE"),
];

/// Measures every kind of query, and reports each figure with its name.
pub(crate) fn ask_all(
    backend: &Backend,
    spans: u64,
    put: &mut dyn FnMut(&str, f64),
) -> anyhow::Result<()> {
    let Some(query) = backend.query() else {
        return Ok(());
    };
    let cpu = || anyhow::Ok(backend.usage()?.map_or(0.0, |usage| usage.cpu));
    let mut put_times = |name: &str, mut times: Vec<Duration>, cpu: f64| {
        times.sort();
        let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
        put(&format!("{name}, ms, median"), at(0.5));
        put(&format!("{name}, ms, p99"), at(0.99));
        // A busy machine affects this figure less.
        put(&format!("{name}, CPU ms"), cpu * 1e3 / times.len() as f64);
    };
    for (name, mut question) in questions(&query)? {
        let before = cpu()?;
        let times = (0..TIMES).map(|_| ask(&query, &question()));
        let times = times.collect::<Result<_, _>>()?;
        put_times(name, times, cpu()? - before);
    }
    let otlp = backend.address(Protocol::OtlpHttp).context("no receiver")?;
    let before = cpu()?;
    let times = (0..TIMES).map(|n| visible(&otlp, &query, n));
    let times = times.collect::<Result<_, _>>()?;
    put_times("visible after the answer", times, cpu()? - before);
    if backend.is_ours() {
        scan_all(&query, spans, put)?;
    }
    Ok(())
}

/// Measures the queries that scan all of so many spans.
fn scan_all(query: &str, spans: u64, put: &mut dyn FnMut(&str, f64)) -> anyhow::Result<()> {
    for (name, question) in SCANS {
        let path = scan(question);
        let times = (0..SCAN_TIMES).map(|_| ask(query, &path));
        let mut times: Vec<_> = times.collect::<Result<_, _>>()?;
        times.sort();
        let median = times[times.len() / 2].as_secs_f64() * 1e3;
        put(
            &format!("{name}, ms a million"),
            median * 1e6 / spans as f64,
        );
    }
    Ok(())
}

/// The path and the parameters of a full scan.
fn scan(question: &str) -> String {
    let end = UnixNanos::now().micros() / 1_000_000 + 60;
    let (start, quoted) = (end - 86_400, escape(question));
    match question {
        DEPENDENCIES => format!("/api/dependencies?endTs={end}000&lookback=86400000"),
        "" => "/tempo/api/v2/search/tag/span.http.route/values".to_owned(),
        _ if question.contains(" | ") => {
            format!("/tempo/api/metrics/query_range?q={quoted}&start={start}&end={end}")
        }
        _ => format!("/tempo/api/search?q={quoted}&start={start}&end={end}"),
    }
}

/// Escapes a text for use in a parameter.
pub(crate) fn escape(text: &str) -> String {
    let escaped = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    escaped.collect()
}

fn questions(query: &str) -> anyhow::Result<Vec<(&'static str, Question)>> {
    let mut random = Random(7);
    let by_id = move || path_of(random.below(200), random.below(50));
    let user = any_user(query)?;
    Ok(vec![
        ("trace by id", Box::new(by_id) as Question),
        ("newest 20 of a service", search(&[], "")),
        (
            "service and tag",
            search(&[("http.request.method", "PUT")], ""),
        ),
        ("rare tag", search(&[("user.id", &user)], "")),
        ("tag that nothing has", search(&[("user.id", "nobody")], "")),
        ("many tags, never together", search(MANY_TAGS, "")),
        ("duration", search(&[], "&minDuration=100ms")),
        ("errors", search(&[("error", "true")], "")),
    ])
}

/// Measures the query for a trace, given its number, that was sent by OTLP.
pub(crate) fn trace(backend: &Backend, number: u64) -> anyhow::Result<Duration> {
    let query = backend.query().context("no query API")?;
    let began = Instant::now();
    get(&query, &path_of(number, 0))?;
    Ok(began.elapsed())
}

fn path_of(request: u64, trace: u64) -> String {
    format!("/api/traces/{:032x}", trace_id(request, trace))
}

fn search(tags: &[(&str, &str)], more: &str) -> Question {
    let tags: Vec<_> = tags
        .iter()
        .map(|(key, value)| format!("%22{key}%22:%22{value}%22"))
        .collect();
    let tags = tags.join(",");
    let tags = if tags.is_empty() {
        String::new()
    } else {
        format!("&tags=%7B{tags}%7D")
    };
    let parameters = format!("service=cart{tags}{more}");
    Box::new(move || {
        let end = UnixNanos::now().micros() + 60_000_000;
        let start = end - 86_400_000_000;
        format!("/api/traces?{parameters}&limit=20&start={start}&end={end}")
    })
}

/// The user in some span; few other spans have the same user.
fn any_user(query: &str) -> anyhow::Result<String> {
    let (_, body) = get(query, &search(&[], "")())?;
    let behind = body
        .split("\"user.id\",\"type\":\"string\",\"value\":\"")
        .nth(1);
    let user = behind.and_then(|behind| behind.split('"').next());
    Ok(user.context("no user was found")?.to_owned())
}

pub(crate) fn ask(address: &str, path: &str) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let (head, _) = get(address, path)?;
    ensure!(head.contains(" 200 "), "{path}: {head}");
    Ok(began.elapsed())
}

/// Sends a trace, and repeats the query for it until it is found.
fn visible(otlp: &str, query: &str, number: u64) -> anyhow::Result<Duration> {
    let number = (1 << 50) + number;
    let mut connection = Connection::open(Protocol::OtlpHttp, otlp)?;
    connection.send(template(Data::Shop, Protocol::OtlpHttp, 8, 0).renew(number))?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let (head, body) = get(query, &path_of(number, 0))?;
        if head.contains(" 200 ") && body.contains("spanID") {
            break;
        }
    }
    Ok(began.elapsed())
}
