//! Judges a returned trace: each difference is a declared loss, a normalisation by the backend, or
//! a defect.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use crate::compare::{self, Difference, Fault};
use crate::expect::{Field, Profile, Rule, RuleAction};
use crate::model::{Span, SpanId, Trace};

/// The verdict on a trace.
#[derive(Debug, Default)]
pub struct Judgement {
    /// The rules that explained a difference, each once.
    pub rules: Vec<&'static Rule>,
    /// The differences that no rule explains.
    pub defects: Vec<Defect>,
    /// The number of spans returned, each counted once.
    pub returned: usize,
    /// The backend's own warnings about spans.
    pub notes: Vec<String>,
    /// For each optional rule, by name, the number of spans that needed it.
    pub excused: BTreeMap<&'static str, usize>,
}

/// A difference that no rule explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// The span's name and id, or the trace.
    pub subject: String,
    /// The difference.
    #[serde(flatten)]
    pub difference: Difference,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            fault,
            path,
            expected,
            found,
            ..
        } = &self.difference;
        let place = if path.is_empty() { "" } else { ": " };
        write!(
            f,
            "{}: {fault}{place}{path}: expected {expected}, found {found}",
            self.subject
        )
    }
}

/// The trace of each span id in a run.
pub type Owners = HashMap<SpanId, String>;

impl Judgement {
    /// Returns true if spans are missing, which may only be late.
    pub fn lacks_spans(&self) -> bool {
        self.defects.iter().any(|defect| {
            matches!(
                defect.difference.fault,
                Fault::TraceMissing | Fault::StaleAnswer | Fault::SpanMissing
            )
        })
    }

    /// Records that a rule explained a difference.
    pub(crate) fn explain(&mut self, rule: &'static Rule) {
        if !self.rules.iter().any(|other| other.name == rule.name) {
            self.rules.push(rule);
        }
    }

    /// Records that an optional rule explained a difference in a span.
    fn excuse(&mut self, rule: &'static Rule) {
        self.explain(rule);
        *self.excused.entry(rule.name).or_default() += 1;
    }

    fn blame(&mut self, subject: String, fault: Fault, expected: &str, found: impl Into<String>) {
        self.defects.push(Defect {
            subject,
            difference: Difference {
                fault,
                field: Field::Structure,
                path: String::new(),
                expected: expected.to_owned(),
                found: found.into(),
            },
        });
    }
}

/// A span that should be returned.
struct Expected<'a> {
    /// The span as it was sent.
    sent: &'a Span,
    /// The span as it should be returned.
    span: Span,
    /// The number of deliveries of the span.
    deliveries: usize,
}

/// Judges the spans returned for a trace after so many deliveries.
pub fn judge(
    trace: &Trace,
    deliveries: usize,
    found: &[Span],
    profile: &Profile,
    owners: &Owners,
) -> Judgement {
    let mut judgement = Judgement::default();
    let subject = format!("trace {} ({})", trace.id, trace.name);
    if found.is_empty() {
        judgement.blame(subject, Fault::TraceMissing, "a trace", "nothing");
        return judgement;
    }
    if let Some(owner) = other_trace(trace, found, owners) {
        judgement.blame(
            subject,
            Fault::StaleAnswer,
            "this trace",
            format!("only {owner}"),
        );
        return judgement;
    }
    let expected = expect(trace, deliveries, profile, &mut judgement);
    let noted = found.iter().filter(|span| !span.notes.is_empty());
    let notes = noted.flat_map(|span| {
        span.notes
            .iter()
            .map(|note| format!("{}: {note}", label(span)))
    });
    judgement.notes = notes.collect();
    let mut by_id: HashMap<SpanId, Vec<&Span>> = HashMap::new();
    for span in found {
        by_id.entry(span.span_id).or_default().push(span);
    }
    if let Some(shown) = earlier(trace, deliveries, &by_id) {
        let found = format!("what was there after {shown} of them");
        let expected = format!("{deliveries} deliveries");
        judgement.blame(subject.clone(), Fault::StaleAnswer, &expected, found);
        return judgement;
    }
    let own: HashSet<SpanId> = trace.spans.iter().map(|span| span.span_id).collect();
    let mut merged: Vec<&str> = Vec::new();
    for span in found {
        if !own.contains(&span.span_id) {
            match owners.get(&span.span_id) {
                Some(owner) if merged.contains(&owner.as_str()) => {}
                Some(owner) => merged.push(owner),
                None => judgement.blame(
                    label(span),
                    Fault::SpanUnknown,
                    "no such span",
                    "a span that was never sent",
                ),
            }
        }
    }
    for owner in merged {
        let found = format!("spans of {owner} too");
        judgement.blame(subject.clone(), Fault::TracesMerged, "its own spans", found);
    }
    for expected in &expected {
        let copies = by_id.remove(&expected.span.span_id).unwrap_or_default();
        judge_span(expected, &copies, profile, &mut judgement);
    }
    judgement
}

/// The spans that should be returned, after all rules that always apply.
fn expect<'a>(
    trace: &'a Trace,
    deliveries: usize,
    profile: &Profile,
    judgement: &mut Judgement,
) -> Vec<Expected<'a>> {
    let mut counts = vec![0; trace.spans.len()];
    for index in trace.deliveries.iter().take(deliveries).flatten() {
        if let Some(count) = counts.get_mut(*index) {
            *count += 1;
        }
    }
    let mut expected = Vec::new();
    for (sent, deliveries) in trace.spans.iter().zip(counts) {
        if deliveries == 0 {
            continue;
        }
        let mut span = sent.clone();
        for rule in &profile.certain {
            if let RuleAction::Change(change) = rule.action {
                let before = span.clone();
                change(&mut span);
                if profile.told(&span) != profile.told(&before) {
                    judgement.explain(rule);
                }
            }
        }
        expected.push(Expected {
            sent,
            span: profile.told(&span).into_owned(),
            deliveries,
        });
    }
    expected
}

fn judge_span(
    expected: &Expected<'_>,
    copies: &[&Span],
    profile: &Profile,
    judgement: &mut Judgement,
) {
    let Some((first, others)) = copies.split_first() else {
        let lose = |rule: &&&Rule| match rule.action {
            RuleAction::Lose(is_lost) => is_lost(expected.sent),
            _ => false,
        };
        match profile.possible.iter().find(lose) {
            Some(rule) => judgement.excuse(rule),
            None => judgement.blame(
                label(&expected.span),
                Fault::SpanMissing,
                "the span",
                "nothing",
            ),
        }
        return;
    };
    judgement.returned += 1;
    judge_copy(&expected.span, first, profile, judgement);
    if others.is_empty() {
        return;
    }
    let repeat = |rule: &&&Rule| matches!(rule.action, RuleAction::Repeat);
    let may_repeat = copies.len() <= expected.deliveries;
    match profile.possible.iter().find(repeat) {
        Some(rule) if may_repeat => {
            judgement.excuse(rule);
            for other in others {
                judge_copy(&expected.span, other, profile, judgement);
            }
        }
        _ => judgement.blame(
            label(&expected.span),
            Fault::SpanRepeated,
            "the span once",
            format!("{} of this id", copies.len()),
        ),
    }
}

/// Compares an expected span with a returned one, and applies each optional rule that reduces the
/// differences.
fn judge_copy(expected: &Span, found: &Span, profile: &Profile, judgement: &mut Judgement) {
    let found = &*profile.told(found);
    let mut expected = expected.clone();
    profile.agree(&mut expected, found);
    let mut differences = compare::spans(&expected, found);
    for rule in &profile.possible {
        if differences.is_empty() {
            break;
        }
        let RuleAction::Change(change) = rule.action else {
            continue;
        };
        let mut changed = expected.clone();
        change(&mut changed);
        let fewer = compare::spans(&changed, found);
        if fewer.len() < differences.len() {
            judgement.excuse(rule);
            (expected, differences) = (changed, fewer);
        }
    }
    let subject = label(found);
    let defects = differences.into_iter().map(|difference| Defect {
        subject: subject.clone(),
        difference,
    });
    judgement.defects.extend(defects);
}

fn label(span: &Span) -> String {
    format!("{} ({})", crate::model::short(&span.name), span.span_id)
}

/// The name of the other trace, if only that one's spans were returned.
fn other_trace<'o>(trace: &Trace, found: &[Span], owners: &'o Owners) -> Option<&'o str> {
    let first = owners.get(&found.first()?.span_id)?;
    let came: HashSet<SpanId> = found.iter().map(|span| span.span_id).collect();
    let any = trace.spans.iter().any(|span| came.contains(&span.span_id));
    (!any).then_some(first)
}

/// The number of deliveries after which the expected spans were exactly those returned, if that was
/// before the last delivery.
fn earlier(trace: &Trace, deliveries: usize, found: &HashMap<SpanId, Vec<&Span>>) -> Option<usize> {
    (1..deliveries).find(|count| {
        let sent = |count: usize| {
            let indices = trace.deliveries.iter().take(count).flatten();
            let ids = indices.filter_map(|index| trace.spans.get(*index));
            ids.map(|span| span.span_id).collect::<HashSet<_>>()
        };
        let then = sent(*count);
        then.len() < sent(deliveries).len()
            && then.len() == found.len()
            && then.iter().all(|id| found.contains_key(id))
    })
}
