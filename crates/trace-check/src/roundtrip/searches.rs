//! Searches that must find a trace, and searches that must not.

use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::model::{Trace, Value};
use crate::read::{Backend, Find, Kind};
use crate::wait::PAUSE;

/// One search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Search {
    /// The description of the search.
    pub name: &'static str,
    /// True if it must find the trace.
    pub must_match: bool,
    /// The result.
    pub verdict: Verdict,
    /// Details, or "".
    pub note: String,
}

/// The result of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The search found the trace if it had to, and only then.
    Right,
    /// The result is wrong.
    Wrong,
    /// The result is wrong, and known to be wrong in this backend.
    Known,
}

const MICRO: u64 = 1_000;
const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600 * SECOND;

/// Searches for the single span of this trace.
pub(super) fn run(backend: &Backend, trace: &Trace, timeout: Duration) -> Vec<Search> {
    let Some(span) = trace.spans.first() else {
        return Vec::new();
    };
    let plain = Find {
        service: span.resource.service().to_owned(),
        window: (span.start - HOUR, span.start + HOUR),
        limit: 100,
        ..Find::default()
    };
    let duration = span.end - span.start;
    let mut searches = Vec::new();
    // The first search shows when the backend's index has caught up.
    let deadline = Instant::now() + timeout;
    for (name, must_match, find) in cases(trace, &plain, span.start, duration) {
        if backend.kind == Kind::Tempo && name.starts_with("window") {
            // Tempo's windows are whole seconds, and tell where to search rather than what to find.
            continue;
        }
        let deadline = if must_match { deadline } else { Instant::now() };
        searches.push(search(backend, trace, name, must_match, &find, deadline));
    }
    searches
}

fn search(
    backend: &Backend,
    trace: &Trace,
    name: &'static str,
    must_match: bool,
    find: &Find,
    deadline: Instant,
) -> Search {
    loop {
        let answer = backend.find(find);
        let (matches, note) = match &answer {
            Ok(found) => (
                found.iter().any(|found| found.id == trace.id),
                String::new(),
            ),
            Err(error) => (!must_match, error.to_string()),
        };
        if matches == must_match || Instant::now() >= deadline {
            let known = is_known(backend.kind, name);
            let verdict = match (matches == must_match, known) {
                (true, _) => Verdict::Right,
                (false, true) => Verdict::Known,
                (false, false) => Verdict::Wrong,
            };
            return Search {
                name,
                must_match,
                verdict,
                note,
            };
        }
        thread::sleep(PAUSE);
    }
}

/// Returns true if a backend is known to answer this one wrongly, as measured: `VictoriaTraces` at
/// the edges, and Tempo 3.1.0-dev for the lower bound of a duration if a span that ends before it
/// starts is in the same block.
fn is_known(backend: Kind, name: &str) -> bool {
    match backend {
        Kind::VictoriaTraces => name.contains("edge"),
        Kind::Tempo => name == "duration, shortest at the edge",
        Kind::OtelBackend | Kind::Jaeger | Kind::JaegerOlderModel | Kind::Unknown => false,
    }
}

type Case = (&'static str, bool, Find);

fn cases(trace: &Trace, plain: &Find, start: u64, duration: u64) -> Vec<Case> {
    let mut cases: Vec<Case> = vec![("service", true, plain.clone())];
    cases.extend(by_name(trace, plain));
    cases.extend(by_duration(plain, duration));
    cases.extend(by_window(plain, start));
    cases
}

fn by_name(trace: &Trace, plain: &Find) -> Vec<Case> {
    let attributes = trace.spans.iter().flat_map(|span| &span.attributes);
    let token = attributes
        .filter(|attribute| attribute.key == "check.token")
        .find_map(|attribute| match &attribute.value {
            Value::String(token) => Some(token.clone()),
            _ => None,
        })
        .unwrap_or_default();
    let name = trace.spans.first().map(|span| span.name.clone());
    let name = name.unwrap_or_default();
    let with = |change: &dyn Fn(&mut Find)| {
        let mut find = plain.clone();
        change(&mut find);
        find
    };
    let tag = |key: &str, value: String| {
        let pair = Some((key.to_owned(), value));
        with(&|find| find.tag.clone_from(&pair))
    };
    let operation = |name: String| with(&|find| find.operation = Some(name.clone()));
    vec![
        ("operation", true, operation(name.clone())),
        ("tag", true, tag("check.token", token.clone())),
        (
            "another service",
            false,
            with(&|find| find.service.push('x')),
        ),
        ("another operation", false, operation(format!("{name}x"))),
        (
            "another value of a tag",
            false,
            tag("check.token", format!("{token}x")),
        ),
        (
            "the start of a tag's value",
            false,
            tag("check.token", token.chars().take(8).collect()),
        ),
        ("another tag", false, tag("check.other", token)),
    ]
}

fn by_duration(plain: &Find, duration: u64) -> Vec<Case> {
    let between = |shortest: Option<u64>, longest: Option<u64>| Find {
        shortest,
        longest,
        ..plain.clone()
    };
    vec![
        (
            "duration, shortest at the edge",
            true,
            between(Some(duration), None),
        ),
        (
            "duration, longest at the edge",
            true,
            between(None, Some(duration)),
        ),
        (
            "duration, shortest beyond the edge",
            false,
            between(Some(duration + MICRO), None),
        ),
        (
            "duration, longest before the edge",
            false,
            between(None, Some(duration - MICRO)),
        ),
    ]
}

fn by_window(plain: &Find, start: u64) -> Vec<Case> {
    let window = |from: u64, to: u64| Find {
        window: (from, to),
        ..plain.clone()
    };
    vec![
        (
            "window, start at the edge",
            true,
            window(start, start + HOUR),
        ),
        ("window, end at the edge", true, window(start - HOUR, start)),
        (
            "window, start beyond the edge",
            false,
            window(start + MICRO, start + HOUR),
        ),
        (
            "window, end before the edge",
            false,
            window(start - HOUR, start - MICRO),
        ),
        (
            "window, an hour earlier",
            false,
            window(start - 2 * HOUR, start - HOUR),
        ),
    ]
}
