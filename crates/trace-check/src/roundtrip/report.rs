//! The report of a round trip for people: a matrix with a legend.

use std::fmt::Write as _;

use super::kinds::kinds;
use super::{Lane, LaneState, Outcome, Result, Step, Verdict};
use crate::expect::{Field, Origin};
use crate::prove::Tally;
use crate::read::Api;
use crate::say::say;

/// The most undetected changes that are printed; the others are counted.
const SHOWN: usize = 12;

/// The verdicts on a field, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Same,
    Normalised,
    Lost,
    Fault,
    Defect,
    Unchecked,
}

impl Mark {
    fn symbol(self) -> &'static str {
        match self {
            Self::Same => "=",
            Self::Normalised => "~",
            Self::Lost => "o",
            Self::Fault => "!",
            Self::Defect => "X",
            Self::Unchecked => "-",
        }
    }
}

const LEGEND: &str = "= as sent   ~ normalised by the backend   o declared loss   ! known fault   X defect   - not checked";

/// Writes the whole report.
pub fn text(outcome: &Outcome) -> String {
    let mut out = String::new();
    head(outcome, &mut out);
    for api in &outcome.backend.apis {
        matrix(outcome, *api, &mut out);
    }
    say!(&mut out, "{LEGEND}");
    counts(outcome, &mut out);
    explanations(outcome, &mut out);
    searches(outcome, &mut out);
    logs(outcome, &mut out);
    proof(outcome, &mut out);
    notes(outcome, &mut out);
    defects(outcome, &mut out);
    verdict(outcome, &mut out);
    out
}

fn head(outcome: &Outcome, out: &mut String) {
    let plan = outcome.settings.plan;
    say!(out, "{} at {}", outcome.backend.kind, outcome.backend.url);
    let at = jiff::Timestamp::from_nanosecond(plan.at.into());
    let at = at.map(|at| at.to_string()).unwrap_or_default();
    say!(
        out,
        "to check these traces again: --check-only --seed {} --at {at}",
        plan.seed
    );
}

fn matrix(outcome: &Outcome, api: Api, out: &mut String) {
    say!(out, "");
    let title = format!("read by {}", api.name());
    let names: Vec<&str> = outcome
        .lanes
        .iter()
        .map(|lane| lane.protocol.name())
        .collect();
    let mut line = format!("{title:20}");
    for name in &names {
        let _infallible = write!(line, "  {name}");
    }
    say!(out, "{line}");
    for field in Field::ALL {
        let mut line = format!("{:20}", field.name());
        for lane in &outcome.lanes {
            let width = lane.protocol.name().len();
            let _infallible = write!(line, "  {:^width$}", mark(lane, api, field).symbol());
        }
        say!(out, "{line}");
    }
}

fn mark(lane: &Lane, api: Api, field: Field) -> Mark {
    let Some(view) = lane.views.get(&api) else {
        return Mark::Unchecked;
    };
    if view.defects.iter().any(|d| d.difference.field == field) {
        return Mark::Defect;
    }
    let rules = view
        .rules
        .iter()
        .filter(|rule| rule.fields.contains(&field));
    rules
        .map(|rule| match rule.origin {
            Origin::Backend | Origin::Console => Mark::Normalised,
            Origin::Protocol | Origin::Api | Origin::Store => Mark::Lost,
            Origin::Fault => Mark::Fault,
        })
        .max()
        .unwrap_or(Mark::Same)
}

fn counts(outcome: &Outcome, out: &mut String) {
    say!(out, "");
    say!(
        out,
        "spans           created  exported  acknowledged    stored  returned  visible p50     p95  breaks at"
    );
    for lane in &outcome.lanes {
        let name = lane.protocol.name();
        if let LaneState::NotOffered(_) = lane.state {
            say!(out, "{name:14}  not offered");
            continue;
        }
        let count = |count: Option<usize>| count.map_or("-".to_owned(), |count| count.to_string());
        let counts = lane.counts;
        let millis = |millis: f64| format!("{millis:.0} ms");
        let (p50, p95) = lane
            .visible
            .map_or(("-".to_owned(), "-".to_owned()), |visible| {
                (millis(visible.p50_ms), millis(visible.p95_ms))
            });
        say!(
            out,
            "{name:14}  {:>7}  {:>8}  {:>12}  {:>8}  {:>8}  {p50:>11}  {p95:>6}  {}",
            counts.created,
            count(counts.exported),
            count(counts.acknowledged),
            count(counts.stored),
            counts.returned,
            counts.broken().map_or("", step)
        );
    }
    for lane in &outcome.lanes {
        if let LaneState::NotOffered(reason) | LaneState::Failed(reason) = &lane.state {
            say!(out, "{}: {reason}", lane.protocol.name());
        }
    }
}

pub(super) fn step(step: Step) -> &'static str {
    match step {
        Step::Exported => "exported",
        Step::Acknowledged => "acknowledged",
        Step::Stored => "stored",
        Step::Returned => "returned",
    }
}

/// Writes each rule that explained a difference, with its reason and its places.
fn explanations(outcome: &Outcome, out: &mut String) {
    explain(outcome, "declared loss", Origin::is_loss, out);
    let is_formed = |origin| origin == Origin::Backend;
    explain(outcome, "normalised by the backend", is_formed, out);
    let is_fault = |origin| origin == Origin::Fault;
    explain(outcome, "known faults of the backend", is_fault, out);
    let mut refusals = outcome.views().flat_map(|(_, _, view)| &view.refusals);
    if let Some(first) = refusals.next() {
        let count = refusals.count() + 1;
        say!(out, "  so it refused {count} traces; the first: {first}");
    }
}

fn explain(outcome: &Outcome, title: &str, is_here: fn(Origin) -> bool, out: &mut String) {
    let mut rules = outcome.rules();
    rules.retain(|(rule, _)| is_here(rule.origin));
    if rules.is_empty() {
        return;
    }
    say!(out, "");
    say!(out, "{title}:");
    for (rule, places) in rules {
        let mut where_: Vec<&str> = match rule.origin {
            Origin::Api => places.iter().map(|(_, api)| api.name()).collect(),
            _ => places.iter().map(|(protocol, _)| protocol.name()).collect(),
        };
        where_.dedup();
        let where_ = where_.join(", ");
        say!(out, "  {}: {} [{where_}]", rule.name, rule.reason);
    }
}

fn searches(outcome: &Outcome, out: &mut String) {
    if outcome.searches.is_empty() {
        return;
    }
    let right = |verdict| {
        outcome
            .searches
            .iter()
            .filter(|s| s.verdict == verdict)
            .count()
    };
    say!(out, "");
    say!(
        out,
        "searches: {} of {} right",
        right(Verdict::Right),
        outcome.searches.len()
    );
    for search in &outcome.searches {
        let what = match (search.verdict, search.must_match) {
            (Verdict::Right, _) => continue,
            (_, true) => "must match, and does not",
            (_, false) => "must not match, and does",
        };
        let known = match search.verdict {
            Verdict::Known => " (known for this backend)",
            _ => "",
        };
        say!(out, "  {}: {what}{known} {}", search.name, search.note);
    }
}

fn logs(outcome: &Outcome, out: &mut String) {
    if !outcome.logs.is_empty() {
        say!(out, "");
    }
    for lane in &outcome.logs {
        let verdict = match (&lane.failure, lane.defects.len()) {
            (Some(reason), _) => reason.clone(),
            (None, 0) => "all as sent".to_owned(),
            (None, number) => format!("{number} DEFECTS"),
        };
        let (sent, protocol) = (lane.sent, lane.protocol.name());
        say!(out, "log records by {protocol}: {sent} sent, {verdict}");
        for defect in lane.defects.iter().take(SHOWN) {
            say!(out, "  {defect}");
        }
    }
}

fn proof(outcome: &Outcome, out: &mut String) {
    if !outcome.settings.prove {
        return;
    }
    let mut tally = Tally::default();
    for lane in &outcome.lanes {
        tally.add(lane.tally.clone());
    }
    for lane in &outcome.logs {
        tally.add(lane.mutations.clone());
    }
    say!(out, "");
    say!(
        out,
        "mutations: {} of {} changes to returned traces were reported ({} %)",
        tally.mutants - tally.survivors.len(),
        tally.mutants,
        tally.kill_rate()
    );
    for survivor in tally.survivors.iter().take(SHOWN) {
        say!(out, "  not reported: {survivor}");
    }
}

/// Writes a line for each kind of defect. The JSON has all of them.
fn defects(outcome: &Outcome, out: &mut String) {
    let kinds = kinds(outcome.views());
    if kinds.is_empty() {
        return;
    }
    let count: usize = kinds.iter().map(|kind| kind.count).sum();
    say!(out, "");
    say!(
        out,
        "defects: {count} of {} kinds (--json lists each)",
        kinds.len()
    );
    for kind in kinds {
        say!(out, "  {kind}");
    }
}

/// Writes the backend's own warnings, with one line for those that differ only in numbers.
fn notes(outcome: &Outcome, out: &mut String) {
    let mut kinds: Vec<(String, usize, &str)> = Vec::new();
    for note in outcome.views().flat_map(|(_, _, view)| &view.notes) {
        let text = note
            .split_once("): ")
            .map_or(note.as_str(), |(_, text)| text);
        let kind: String = text
            .chars()
            .filter(char::is_ascii_alphabetic)
            .take(40)
            .collect();
        match kinds.iter_mut().find(|(other, ..)| *other == kind) {
            Some((_, count, _)) => *count += 1,
            None => kinds.push((kind, 1, note)),
        }
    }
    if kinds.is_empty() {
        return;
    }
    say!(out, "");
    say!(
        out,
        "warnings of {} (they lose nothing):",
        outcome.backend.kind
    );
    for (_, count, first) in kinds {
        say!(out, "  {count} times, first {first}");
    }
}

fn verdict(outcome: &Outcome, out: &mut String) {
    say!(out, "");
    let all = outcome.lanes.len();
    let absent: Vec<&str> = outcome
        .lanes
        .iter()
        .filter(|lane| matches!(lane.state, LaneState::NotOffered(_)))
        .map(|lane| lane.protocol.name())
        .collect();
    let checked = all - absent.len();
    let missing = if absent.is_empty() {
        String::new()
    } else {
        format!("; not offered, so not checked: {}", absent.join(", "))
    };
    let words = match outcome.result() {
        Result::Whole => "no defect",
        Result::KnownFaults => "no defect but those of the backend, named above",
        Result::Defects => "DEFECTS, see above",
        Result::Nothing => "NOTHING CHECKED",
    };
    say!(
        out,
        "{words}: {checked} of {all} protocols checked{missing}"
    );
}
