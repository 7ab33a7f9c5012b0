//! Changes to the set of returned spans.

use std::collections::HashSet;

use super::{Mutant, targets};
use crate::model::{Id, Span, SpanId, Trace};

/// Changes the set of returned spans. `other` is another trace of the run.
pub(super) fn mutants(
    trace: &Trace,
    found: &[Span],
    other: &[Span],
    attack: &mut impl FnMut(Mutant),
) {
    let mut with = |name: &str, spans: Vec<Span>| {
        attack(Mutant {
            name: name.to_owned(),
            spans,
        });
    };
    with("nothing", Vec::new());
    if !other.is_empty() {
        with("another trace", other.to_vec());
        with("another trace too", [found, other].concat());
    }
    let mut adopted = other.to_vec();
    for span in &mut adopted {
        span.trace_id = trace.id;
    }
    if !other.is_empty() {
        with(
            "another trace too, under this id",
            [found, &adopted].concat(),
        );
    }
    for index in targets(found.len()) {
        let Some(span) = found.get(index) else {
            continue;
        };
        let mut without = found.to_vec();
        without.retain(|other| other.span_id != span.span_id);
        with(&format!("span {index}: removed"), without);
        // One more copy than was ever delivered.
        let copies = vec![span.clone(); trace.deliveries.len()];
        with(
            &format!("span {index}: repeated"),
            [found, &copies].concat(),
        );
        let unknown = Span {
            span_id: Id([0x77; 8]),
            ..span.clone()
        };
        with(&format!("span {index}: again by another id"), {
            [found, &[unknown]].concat()
        });
    }
    if let [first, second, ..] = found {
        let swap = |change: &dyn Fn(&mut Span, &mut Span)| {
            let mut spans = found.to_vec();
            if let [first, second, ..] = spans.as_mut_slice() {
                change(first, second);
            }
            spans
        };
        if first.span_id != second.span_id {
            with("the ids of two spans: swapped", {
                swap(&|a, b| std::mem::swap(&mut a.span_id, &mut b.span_id))
            });
        }
        if first.name != second.name {
            with("the names of two spans: swapped", {
                swap(&|a, b| std::mem::swap(&mut a.name, &mut b.name))
            });
        }
    }
    for count in 1..trace.deliveries.len() {
        let then: HashSet<SpanId> = trace
            .deliveries
            .iter()
            .take(count)
            .flatten()
            .filter_map(|index| trace.spans.get(*index))
            .map(|span| span.span_id)
            .collect();
        let stale = found.iter().filter(|span| then.contains(&span.span_id));
        let stale: Vec<Span> = stale.cloned().collect();
        if stale.len() < found.len() {
            with(&format!("as after {count} deliveries"), stale);
        }
    }
}
