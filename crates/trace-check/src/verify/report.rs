//! The report of `verify`, for people and for programs.

use super::Outcome;
use crate::expect::Rule;
use crate::say::say;

/// The most defects of a sample that are printed; the others are counted.
const SHOWN: usize = 10;

/// A table with a row for each sample, followed by the differences.
pub fn table(outcomes: &[Outcome]) -> String {
    let rows = outcomes.iter().map(|outcome| {
        [
            outcome.sample.clone(),
            outcome.protocol.to_string(),
            outcome.sent.to_string(),
            outcome.found.to_string(),
            outcome.url.clone().unwrap_or_default(),
        ]
    });
    let head = ["sample", "protocol", "sent", "found", "trace"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);

    let mut out = String::new();
    for [sample, protocol, sent, found, url] in &rows {
        let (a, b, c, d) = (width(0), width(1), width(2), width(3));
        say!(
            &mut out,
            "{sample:a$}  {protocol:b$}  {sent:>c$}  {found:>d$}  {url}"
        );
    }
    for outcome in outcomes {
        problems(outcome, &mut out);
    }
    if outcomes.iter().all(Outcome::is_whole) {
        verdict(outcomes, &mut out);
    }
    out
}

/// The report as JSON: an array with an object for each sample.
pub fn json(outcomes: &[Outcome]) -> String {
    serde_json::to_string_pretty(outcomes)
        .unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
}

fn problems(outcome: &Outcome, out: &mut String) {
    let name = &outcome.sample;
    if outcome.sent != outcome.expected {
        let (expected, sent) = (outcome.expected, outcome.sent);
        say!(
            out,
            "{name}: expected {expected} spans, but {sent} were sent"
        );
    }
    if let Some(problem) = &outcome.problem {
        say!(out, "{name}: {problem}");
    }
    for defect in outcome.defects.iter().take(SHOWN) {
        say!(out, "{name}: {defect}");
    }
    if outcome.defects.len() > SHOWN {
        let more = outcome.defects.len() - SHOWN;
        say!(out, "{name}: and {more} more defects");
    }
}

fn verdict(outcomes: &[Outcome], out: &mut String) {
    let spans: usize = outcomes.iter().map(|outcome| outcome.found).sum();
    let mut rules: Vec<&Rule> = outcomes.iter().flat_map(|o| o.rules.clone()).collect();
    rules.sort_by_key(|rule| rule.name);
    rules.dedup_by_key(|rule| rule.name);
    let except = if rules.is_empty() { "" } else { ", except:" };
    say!(
        out,
        "all {spans} spans arrived, and every field equals what was sent{except}"
    );
    for rule in rules {
        let of = outcomes.iter().filter(|outcome| {
            let mut names = outcome.rules.iter().map(|rule| rule.name);
            names.any(|name| name == rule.name)
        });
        let samples: Vec<&str> = of.map(|outcome| outcome.sample.as_str()).collect();
        say!(out, "  {} [{}]", rule.reason, samples.join(", "));
    }
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Difference, Fault};
    use crate::expect::{Field, Profile};
    use crate::judge::Defect;
    use crate::protocol::Protocol;
    use crate::read::{Api, Kind};

    fn outcome(sample: &str, found: usize) -> Outcome {
        Outcome {
            sample: sample.into(),
            protocol: Protocol::JaegerGrpc,
            expected: 3,
            sent: 3,
            found,
            url: Some("http://127.0.0.1:16686/trace/1".into()),
            rules: Vec::new(),
            defects: Vec::new(),
            problem: None,
        }
    }

    #[test]
    fn a_whole_table_says_so() {
        insta::assert_snapshot!(table(&[outcome("manual-grpc", 3), outcome("b", 3)]), @r"
        sample       protocol     sent  found  trace
        manual-grpc  Jaeger gRPC     3      3  http://127.0.0.1:16686/trace/1
        b            Jaeger gRPC     3      3  http://127.0.0.1:16686/trace/1
        all 6 spans arrived, and every field equals what was sent
        ");
    }

    #[test]
    fn what_cannot_equal_what_was_sent_is_named() {
        let profile = Profile::new(Protocol::JaegerGrpc, Kind::OtelBackend, Api::JaegerV3);
        let mut links = outcome("manual-grpc", 3);
        links.rules = profile.certain;
        links.rules.retain(|rule| rule.name == "jaeger-links");
        insta::assert_snapshot!(table(&[links, outcome("b", 3)]), @r"
        sample       protocol     sent  found  trace
        manual-grpc  Jaeger gRPC     3      3  http://127.0.0.1:16686/trace/1
        b            Jaeger gRPC     3      3  http://127.0.0.1:16686/trace/1
        all 6 spans arrived, and every field equals what was sent, except:
          a Jaeger reference has ids and a type: no attributes, trace state or flags [manual-grpc]
        ");
    }

    #[test]
    fn what_is_missing_is_named_below_the_table() {
        let mut missing = outcome("manual-grpc", 2);
        missing.defects.push(Defect {
            subject: "\"baz\" (01)".into(),
            difference: Difference {
                fault: Fault::SpanMissing,
                field: Field::Structure,
                path: String::new(),
                expected: "the span".into(),
                found: "nothing".into(),
            },
        });
        insta::assert_snapshot!(table(&[missing]), @r#"
        sample       protocol     sent  found  trace
        manual-grpc  Jaeger gRPC     3      2  http://127.0.0.1:16686/trace/1
        manual-grpc: "baz" (01): span-missing: expected the span, found nothing
        "#);
    }
}
