//! Makes the page of what each backend keeps, by field and protocol, in Markdown, from reports of
//! `roundtrip --json`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::expect::Field;
use crate::say::say;

/// The arguments of `matrix`.
#[derive(Debug, clap::Args)]
pub struct MatrixArgs {
    /// Reports of `roundtrip --json`, one for each backend.
    #[arg(required = true)]
    pub reports: Vec<PathBuf>,
}

/// The reasons why a file cannot be used as a report.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// The file cannot be read.
    #[error("cannot read {path}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file does not hold a report.
    #[error("{path} is not a report of roundtrip --json", path = .path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
}

#[derive(Deserialize)]
struct Report {
    name: String,
    at: String,
    best_api: String,
    protocols: Vec<Lane>,
    rules: Vec<RuleSeen>,
}

#[derive(Deserialize)]
struct Lane {
    protocol: String,
    state: String,
    apis: Vec<View>,
}

#[derive(Deserialize)]
struct View {
    api: String,
    declared: Vec<String>,
    normalised: Vec<String>,
    faults: Vec<String>,
    defects: Vec<DefectSeen>,
}

#[derive(Deserialize)]
struct DefectSeen {
    field: Field,
}

#[derive(Deserialize)]
struct RuleSeen {
    name: String,
    reason: String,
    fields: Vec<Field>,
}

const HEAD: &str = "\
# What each backend keeps

Traces that are hard to carry were sent to each backend by every protocol, read back by the API of it
that loses least, and compared field by field. `just peers` makes this page; `trace-check roundtrip`
does the same for one backend, and proves with `--prove` that it sees every change.

`=` as sent, `~` brought into another form, `o` lost or moved, `!` a fault of the backend, `X` not
explained, `-` not received. The number leads to what happens.
";

/// Makes the page.
///
/// # Errors
/// [`MatrixError`] names the unusable file.
pub fn text(args: &MatrixArgs) -> Result<String, MatrixError> {
    let reports: Result<Vec<Report>, _> = args.reports.iter().map(|path| read(path)).collect();
    let mut notes = Notes::default();
    let mut page = HEAD.to_owned();
    for report in reports? {
        table(&report, &mut notes, &mut page);
    }
    page.push_str("\n## What happens\n\n");
    for (index, sentence) in notes.sentences.iter().enumerate() {
        let number = index + 1;
        say!(&mut page, "{number}. <a id=\"n{number}\"></a>{sentence}");
    }
    Ok(page)
}

fn read(path: &Path) -> Result<Report, MatrixError> {
    let text = std::fs::read(path).map_err(|source| MatrixError::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&text).map_err(|source| MatrixError::Report {
        path: path.to_owned(),
        source,
    })
}

fn table(report: &Report, notes: &mut Notes, page: &mut String) {
    let date = report.at.split('T').next().unwrap_or_default();
    say!(page, "\n## {}", report.name);
    say!(page, "\nRead by {}, on {date}.", report.best_api);
    say!(page, "");
    let names: Vec<&str> = report
        .protocols
        .iter()
        .map(|lane| lane.protocol.as_str())
        .collect();
    say!(page, "| | {} |", names.join(" | "));
    say!(page, "|---|{}", "---|".repeat(names.len()));
    for field in Field::ALL {
        let cells: Vec<String> = report
            .protocols
            .iter()
            .map(|lane| cell(report, lane, field, notes))
            .collect();
        say!(page, "| {} | {} |", field.name(), cells.join(" | "));
    }
}

fn cell(report: &Report, lane: &Lane, field: Field, notes: &mut Notes) -> String {
    let view = lane.apis.iter().find(|view| view.api == report.best_api);
    let Some(view) = view.filter(|_| lane.state == "checked") else {
        return "-".to_owned();
    };
    let of = |names: &[String]| -> Vec<&str> {
        let rules = report
            .rules
            .iter()
            .filter(|rule| rule.fields.contains(&field));
        let seen = rules.filter(|rule| names.contains(&rule.name));
        seen.map(|rule| rule.reason.as_str()).collect()
    };
    let (lost, formed, faults) = (of(&view.declared), of(&view.normalised), of(&view.faults));
    let symbol = if view.defects.iter().any(|defect| defect.field == field) {
        "X"
    } else if !faults.is_empty() {
        "!"
    } else if !lost.is_empty() {
        "o"
    } else if !formed.is_empty() {
        "~"
    } else {
        return "=".to_owned();
    };
    let sentence = [faults, lost, formed].concat().join("; ");
    match sentence.as_str() {
        "" => symbol.to_owned(),
        sentence => {
            let number = notes.number(sentence);
            format!("{symbol} [{number}](#n{number})")
        }
    }
}

/// The distinct footnotes.
#[derive(Default)]
struct Notes {
    sentences: Vec<String>,
}

impl Notes {
    /// The number of a footnote, from 1.
    fn number(&mut self, text: &str) -> usize {
        let mut sentence = text.to_owned();
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        sentence.push('.');
        let known = self.sentences.iter().position(|other| *other == sentence);
        known.unwrap_or_else(|| {
            self.sentences.push(sentence);
            self.sentences.len() - 1
        }) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_is_not_whole_leads_to_a_sentence() {
        let report: Report = serde_json::from_str(
            r#"{"name": "x 1", "at": "2026-01-02T03:04:05Z", "best_api": "jaeger-v3",
                "protocols": [
                    {"protocol": "zipkin", "state": "checked", "apis": [
                        {"api": "jaeger-v3", "declared": ["links", "kinds"], "normalised": ["names"],
                         "faults": [], "defects": [{"field": "status"}]}]},
                    {"protocol": "otlp-http", "state": "not-offered", "apis": []}],
                "rules": [
                    {"name": "links", "reason": "there are no links", "fields": ["links"]},
                    {"name": "kinds", "reason": "there is no kind", "fields": ["kind"]},
                    {"name": "names", "reason": "names are short", "fields": ["name", "kind"]}]}"#,
        )
        .unwrap();
        let mut notes = Notes::default();
        let mut cell = |field| cell(&report, &report.protocols[0], field, &mut notes);
        assert_eq!(cell(Field::Name), "~ [1](#n1)");
        assert_eq!(cell(Field::Kind), "o [2](#n2)");
        assert_eq!(cell(Field::Status), "X");
        assert_eq!(cell(Field::Events), "=");
        assert_eq!(cell(Field::Name), "~ [1](#n1)");
        assert_eq!(
            notes.sentences,
            ["Names are short.", "There is no kind; names are short."]
        );
        let mut page = String::new();
        table(&report, &mut notes, &mut page);
        assert!(page.contains("| links | o [3](#n3) | - |"), "{page}");
        assert!(page.contains("on 2026-01-02"), "{page}");
    }
}
