//! What is told of the exhibits: a line each for people, JSON for programs.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::json;

use super::check::{Outcome, number};
use super::exhibit::Page;

/// How many problems of an exhibit are told.
const TOLD: usize = 5;

/// What a terminal would not take for a part of an address, or a browser not for a part of a value.
const RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A table with a line for each exhibit, and what was not as it should be.
pub(super) fn table(outcomes: &[Outcome], page: &str) -> String {
    let head = ["trouble", "found", "what it is", "TraceQL", "open"].map(str::to_owned);
    let rows = outcomes.iter().map(|outcome| row(outcome, page));
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (a, b, c, d) = (width(0), width(1), width(2), width(3));
    let mut out = String::new();
    for [name, found, what, query, address] in &rows {
        line(
            &mut out,
            format_args!("{name:a$}  {found:>b$}  {what:c$}  {query:d$}  {address}"),
        );
    }
    for outcome in outcomes {
        for problem in outcome.problems.iter().take(TOLD) {
            line(
                &mut out,
                format_args!("{}: {problem}", outcome.exhibit.name),
            );
        }
    }
    line(&mut out, format_args!("{}", verdict(outcomes)));
    out
}

fn row(outcome: &Outcome, page: &str) -> [String; 5] {
    let (exhibit, all) = (outcome.exhibit, outcome.traces.len());
    [
        exhibit.name.to_owned(),
        match &outcome.found {
            Some(found) => format!("{}/{all}", found.len()),
            None => all.to_string(),
        },
        exhibit.what.to_owned(),
        exhibit.query.to_owned(),
        address(outcome, page),
    ]
}

fn verdict(outcomes: &[Outcome]) -> String {
    let bad = outcomes
        .iter()
        .filter(|outcome| !outcome.problems.is_empty())
        .count();
    if outcomes.iter().any(|outcome| outcome.found.is_none()) {
        format!(
            "{} troubles were shown; nothing was checked",
            outcomes.len()
        )
    } else if bad > 0 {
        format!(
            "{bad} of {} troubles were not found as they should be",
            outcomes.len()
        )
    } else {
        format!(
            "{} troubles: each query finds its traces and no others, and every span is accounted for",
            outcomes.len()
        )
    }
}

/// The same for programs: an array with an object per exhibit.
pub(super) fn json(outcomes: &[Outcome], page: &str) -> serde_json::Result<String> {
    let exhibits: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            let exhibit = outcome.exhibit;
            json!({
                "name": exhibit.name,
                "what": exhibit.what,
                "role": exhibit.role,
                "trouble": exhibit.trouble,
                "variables": exhibit.variables,
                "query": exhibit.query,
                "look": exhibit.look,
                "change": exhibit.change,
                "address": address(outcome, page),
                "traces": outcome.traces,
                "problems": outcome.problems,
            })
        })
        .collect();
    serde_json::to_string_pretty(&exhibits)
}

/// The address of the page that shows an exhibit.
fn address(outcome: &Outcome, page: &str) -> String {
    let Some(trace) = outcome.traces.last() else {
        return search(outcome.exhibit.query, page);
    };
    let found = outcome.found.as_ref();
    let span = found.and_then(|found| found.get(&number(trace)));
    match (outcome.exhibit.page, span) {
        (Page::Span, Some(span)) => format!("{page}/trace/{trace}?uiFind={span}"),
        (Page::Search, Some(_)) => search(outcome.exhibit.query, page),
        _ => format!("{page}/trace/{trace}"),
    }
}

fn search(query: &str, page: &str) -> String {
    let query = utf8_percent_encode(query, RESERVED);
    format!("{page}/search?q={query}&lookback=15m")
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(out, "{text}");
}
