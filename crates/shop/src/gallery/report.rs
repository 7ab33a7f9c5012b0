//! The report on the exhibits: a table for people, JSON for programs.

use std::fmt::Write as _;

use serde_json::json;

use super::check::Outcome;
use super::pages::Pages;

/// The most problems shown for an exhibit.
const TOLD: usize = 5;

/// A table with a row for each exhibit, followed by the problems.
pub(super) fn table(outcomes: &[Outcome], pages: &Pages) -> String {
    let head = ["trouble", "found", "what it is", "TraceQL", "open"].map(str::to_owned);
    let rows = outcomes.iter().map(|outcome| row(outcome, pages));
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
    if let Some(all) = pages.search("{}") {
        line(&mut out, format_args!("all visits: {all}"));
    }
    line(&mut out, format_args!("{}", verdict(outcomes)));
    out
}

fn row(outcome: &Outcome, pages: &Pages) -> [String; 5] {
    let (exhibit, all) = (outcome.exhibit, outcome.traces.len());
    [
        exhibit.name.to_owned(),
        match &outcome.found {
            Some(found) => format!("{}/{all}", found.len()),
            None => all.to_string(),
        },
        exhibit.what.to_owned(),
        exhibit.query.to_owned(),
        pages.exhibit(outcome),
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

/// The report as JSON.
pub(super) fn json(outcomes: &[Outcome], pages: &Pages) -> serde_json::Result<String> {
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
                "address": pages.exhibit(outcome),
                "traces": outcome.traces,
                "problems": outcome.problems,
            })
        })
        .collect();
    serde_json::to_string_pretty(&json!({ "all": pages.search("{}"), "exhibits": exhibits }))
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(out, "{text}");
}
