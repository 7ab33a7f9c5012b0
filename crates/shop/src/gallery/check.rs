//! The proof of the exhibits: the backend's answer to each query, and trace-check's verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::exhibit::{Exhibit, Shown, Spans};
use crate::call;

/// The pause before the backend is asked again.
const PAUSE: Duration = Duration::from_millis(200);

/// The outcome of an exhibit.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) exhibit: &'static Exhibit,
    /// The traces of the visits with the trouble.
    pub(super) traces: Vec<String>,
    /// The traces that the query found, each with the first span found; `None` if nothing was
    /// checked.
    pub(super) found: Option<Found>,
    /// The differences from what was expected.
    pub(super) problems: Vec<String>,
}

/// Found traces, each with the first span found.
pub(super) type Found = BTreeMap<u128, String>;

/// The checks of a run.
pub(super) struct Checks {
    http: reqwest::Client,
    query_url: String,
    /// The start of the run, in seconds since 1970.
    began: u64,
    /// The longest to wait for the backend to find what it has received.
    patience: Duration,
    files: TempDir,
}

/// The answer of Tempo's search.
#[derive(Deserialize)]
struct Answer {
    traces: Vec<FoundTrace>,
}

#[derive(Deserialize)]
struct FoundTrace {
    #[serde(rename = "traceID")]
    id: String,
    #[serde(rename = "spanSets", default)]
    span_sets: Vec<FoundSpans>,
}

#[derive(Deserialize)]
struct FoundSpans {
    spans: Vec<FoundSpan>,
}

#[derive(Deserialize)]
struct FoundSpan {
    #[serde(rename = "spanID")]
    id: String,
}

/// trace-check's verdict on one trace.
#[derive(Deserialize)]
struct Verdict {
    expected: usize,
    sent: usize,
    found: usize,
    defects: Vec<serde_json::Value>,
    problem: Option<String>,
}

impl Outcome {
    /// The outcome of an exhibit that is not checked.
    pub(super) fn unchecked(shown: &Shown) -> Self {
        Self {
            exhibit: shown.exhibit,
            traces: shown.suffering(),
            found: None,
            problems: Vec::new(),
        }
    }
}

impl Checks {
    /// Prepares checks of what was sent since `began`, in seconds since 1970.
    pub(super) fn new(query_url: &str, began: u64, patience: Duration) -> anyhow::Result<Self> {
        Ok(Self {
            http: call::client()?,
            query_url: query_url.to_owned(),
            began,
            patience,
            files: tempfile::tempdir()?,
        })
    }

    /// Checks all exhibits.
    pub(super) async fn run(&self, shown: Vec<Shown>) -> anyhow::Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for shown in shown {
            outcomes.push(self.check(&shown).await?);
        }
        Ok(outcomes)
    }

    async fn check(&self, shown: &Shown) -> anyhow::Result<Outcome> {
        let traces = shown.suffering();
        let expected: BTreeSet<u128> = traces.iter().map(|trace| number(trace)).collect();
        let found = self.search_until(shown.exhibit.query, &expected).await?;
        let mut problems = Vec::new();
        if traces.is_empty() {
            problems.push("no visit suffered".to_owned());
        }
        for trace in expected.iter().filter(|trace| !found.contains_key(trace)) {
            problems.push(format!("the query does not find {trace:032x}"));
        }
        for trace in found.keys().filter(|trace| !expected.contains(trace)) {
            problems.push(format!(
                "the query finds {trace:032x}, which did not suffer"
            ));
        }
        problems.extend(self.compare(shown).await?);
        Ok(Outcome {
            exhibit: shown.exhibit,
            traces,
            found: Some(found),
            problems,
        })
    }

    /// Repeats the search until the backend finds what is expected, or the time is over.
    async fn search_until(&self, query: &str, expected: &BTreeSet<u128>) -> anyhow::Result<Found> {
        let deadline = Instant::now() + self.patience;
        loop {
            let found = self.search(query).await?;
            let is_whole = expected.iter().all(|trace| found.contains_key(trace));
            if is_whole || Instant::now() >= deadline {
                return Ok(found);
            }
            sleep(PAUSE).await;
        }
    }

    /// The traces of this run that a query finds.
    async fn search(&self, query: &str) -> anyhow::Result<Found> {
        let url = format!("{}/api/search", self.query_url);
        let end = self.began + 3600;
        let request = self.http.get(&url).query(&[
            ("q", query),
            ("start", &self.began.to_string()),
            ("end", &end.to_string()),
            ("limit", "1000"),
        ]);
        let response = request.send().await?;
        let status = response.status();
        let body = response.text().await?;
        anyhow::ensure!(
            status.is_success(),
            "{url} answered {status} to {query}: {body}"
        );
        let answer: Answer =
            serde_json::from_str(&body).with_context(|| format!("{url} is not Tempo's search"))?;
        Ok(answer.traces.into_iter().map(FoundTrace::first).collect())
    }

    /// Compares the spans printed for each visit with those of the backend.
    async fn compare(&self, shown: &Shown) -> anyhow::Result<Vec<String>> {
        let mut verify = Command::new(trace_check());
        verify.args([
            "verify",
            "--json",
            "--timeout",
            "0",
            "--query-url",
            &self.query_url,
        ]);
        for visit in &shown.visits {
            let file = self.files.path().join(&visit.trace_id);
            fs::write(
                &file,
                shown
                    .printed
                    .get(&visit.trace_id)
                    .map_or("", String::as_str),
            )?;
            let (trace, file) = (&visit.trace_id, file.display());
            verify.arg(format!(
                "{trace}:otlp-grpc:{}:{file}",
                shown.exhibit.spans.expected
            ));
        }
        let output = verify
            .output()
            .await
            .context("trace-check does not start")?;
        let verdicts: Vec<Verdict> = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("trace-check: {}", String::from_utf8_lossy(&output.stderr)))?;
        let of_visits = verdicts.iter().zip(&shown.visits);
        let problems = of_visits.filter_map(|(verdict, visit)| {
            let problem = verdict.differs_from(shown.exhibit.spans)?;
            Some(format!("trace-check on {}: {problem}", visit.trace_id))
        });
        Ok(problems.collect())
    }
}

impl FoundTrace {
    /// The trace and the first of its spans.
    fn first(self) -> (u128, String) {
        let spans = self.span_sets.into_iter().flat_map(|set| set.spans);
        let first = spans.map(|span| span.id).next();
        (number(&self.id), first.unwrap_or_default())
    }
}

impl Verdict {
    /// Describes how the trace differs from the expected number of spans.
    fn differs_from(&self, spans: Spans) -> Option<String> {
        let Self {
            expected,
            sent,
            found,
            ..
        } = *self;
        let lost = sent.saturating_sub(found);
        let is_expected = Spans {
            expected,
            sent,
            found,
        } == spans
            && self.defects.len() == lost
            && self
                .defects
                .iter()
                .all(|defect| defect.to_string().contains("span-missing"))
            && self.problem.is_none();
        (!is_expected).then(|| {
            format!(
                "{expected} spans expected, {sent} sent, {found} found instead of {spans:?}; {:?} {:?}",
                self.defects, self.problem
            )
        })
    }
}

/// Parses a trace id; Tempo omits leading zeros.
pub(super) fn number(trace: &str) -> u128 {
    u128::from_str_radix(trace, 16).unwrap_or_default()
}

/// The program beside this one, or else the one on PATH.
fn trace_check() -> PathBuf {
    let beside = std::env::current_exe().map(|program| program.with_file_name("trace-check"));
    match beside {
        Ok(program) if program.exists() => program,
        _ => "trace-check".into(),
    }
}
