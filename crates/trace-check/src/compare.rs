//! Compares two spans, field by field.

use std::fmt::Debug;

use serde::Serialize;

use crate::expect::Field;
use crate::model::{Attribute, Event, Link, Span, short};

/// The kind of a difference in a returned trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The trace was not returned.
    TraceMissing,
    /// The answer holds an earlier state, or another trace.
    StaleAnswer,
    /// Spans of another trace were returned too.
    TracesMerged,
    /// A span was not returned.
    SpanMissing,
    /// A span was returned that was not sent.
    SpanUnknown,
    /// A span was returned too often.
    SpanRepeated,
    /// The resource was returned empty (grafana/tempo#1432).
    ResourceEmpty,
    /// A time has lost its nanoseconds.
    TimeTruncated,
    /// An attribute was not returned.
    AttributeLost,
    /// An attribute was returned that was not sent.
    AttributeAdded,
    /// An attribute has another value.
    AttributeChanged,
    /// An event was not returned.
    EventLost,
    /// An event was returned that was not sent.
    EventAdded,
    /// A link was not returned.
    LinkLost,
    /// A link was returned that was not sent.
    LinkAdded,
    /// Events or links are in another order.
    OrderChanged,
    /// A field has another value.
    FieldChanged,
}

impl Fault {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::TraceMissing => "trace-missing",
            Self::StaleAnswer => "stale-answer",
            Self::TracesMerged => "traces-merged",
            Self::SpanMissing => "span-missing",
            Self::SpanUnknown => "span-unknown",
            Self::SpanRepeated => "span-repeated",
            Self::ResourceEmpty => "resource-empty",
            Self::TimeTruncated => "time-truncated",
            Self::AttributeLost => "attribute-lost",
            Self::AttributeAdded => "attribute-added",
            Self::AttributeChanged => "attribute-changed",
            Self::EventLost => "event-lost",
            Self::EventAdded => "event-added",
            Self::LinkLost => "link-lost",
            Self::LinkAdded => "link-added",
            Self::OrderChanged => "order-changed",
            Self::FieldChanged => "field-changed",
        }
    }
}

/// A difference between a sent and a returned span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The kind of difference.
    pub fault: Fault,
    /// The part of the span.
    pub field: Field,
    /// The place, for example `attributes["speed"]`.
    pub path: String,
    /// The expected value.
    pub expected: String,
    /// The returned value.
    pub found: String,
}

/// Lists all fields in which `found` differs from `expected`.
///
/// Attributes are compared by key; their order counts only among those with the same key. Events
/// and links are compared in order.
pub fn spans(expected: &Span, found: &Span) -> Vec<Difference> {
    let mut log = Vec::new();
    if expected == found {
        return log;
    }
    let (e, f) = (expected, found);
    equal(
        &mut log,
        Field::Structure,
        "trace_id",
        &e.trace_id,
        &f.trace_id,
    );
    equal(
        &mut log,
        Field::Structure,
        "span_id",
        &e.span_id,
        &f.span_id,
    );
    equal(&mut log, Field::Structure, "parent", &e.parent, &f.parent);
    text(&mut log, Field::Name, "name", &e.name, &f.name);
    equal(&mut log, Field::Kind, "kind", &e.kind, &f.kind);
    time(&mut log, Field::Times, "start", e.start, f.start);
    time(&mut log, Field::Times, "end", e.end, f.end);
    equal(
        &mut log,
        Field::Status,
        "status.code",
        &e.status.code,
        &f.status.code,
    );
    let messages = (&e.status.message, &f.status.message);
    text(
        &mut log,
        Field::Status,
        "status.message",
        messages.0,
        messages.1,
    );
    text(
        &mut log,
        Field::State,
        "trace_state",
        &e.trace_state,
        &f.trace_state,
    );
    equal(&mut log, Field::Flags, "flags", &e.flags, &f.flags);
    equal(&mut log, Field::Dropped, "dropped", &e.dropped, &f.dropped);
    attributes(
        &mut log,
        Field::Attributes,
        "attributes",
        &e.attributes,
        &f.attributes,
    );
    sequence(&mut log, Field::Events, "events", &e.events, &f.events);
    sequence(&mut log, Field::Links, "links", &e.links, &f.links);
    resources(&mut log, e, f);
    scopes(&mut log, e, f);
    log
}

fn resources(log: &mut Vec<Difference>, expected: &Span, found: &Span) {
    let (e, f) = (&expected.resource, &found.resource);
    if !e.attributes.is_empty() && f.attributes.is_empty() {
        log.push(Difference {
            fault: Fault::ResourceEmpty,
            field: Field::Resource,
            path: "resource".to_owned(),
            expected: format!("service {:?}", e.service()),
            found: "no attributes (as in grafana/tempo#1432)".to_owned(),
        });
    } else {
        attributes(
            log,
            Field::Resource,
            "resource",
            &e.attributes,
            &f.attributes,
        );
    }
    equal(
        log,
        Field::Dropped,
        "resource.dropped",
        &e.dropped,
        &f.dropped,
    );
    text(
        log,
        Field::Schema,
        "resource.schema_url",
        &e.schema_url,
        &f.schema_url,
    );
}

fn scopes(log: &mut Vec<Difference>, expected: &Span, found: &Span) {
    let (e, f) = (&expected.scope, &found.scope);
    text(log, Field::Scope, "scope.name", &e.name, &f.name);
    text(log, Field::Scope, "scope.version", &e.version, &f.version);
    attributes(
        log,
        Field::Scope,
        "scope.attributes",
        &e.attributes,
        &f.attributes,
    );
    equal(log, Field::Dropped, "scope.dropped", &e.dropped, &f.dropped);
    text(
        log,
        Field::Schema,
        "scope.schema_url",
        &e.schema_url,
        &f.schema_url,
    );
}

fn differ(
    log: &mut Vec<Difference>,
    fault: Fault,
    field: Field,
    path: impl Into<String>,
    (expected, found): (impl Into<String>, impl Into<String>),
) {
    log.push(Difference {
        fault,
        field,
        path: path.into(),
        expected: expected.into(),
        found: found.into(),
    });
}

fn equal<T: PartialEq + Debug>(
    log: &mut Vec<Difference>,
    field: Field,
    path: &str,
    expected: &T,
    found: &T,
) {
    if expected != found {
        let values = (format!("{expected:?}"), format!("{found:?}"));
        differ(log, Fault::FieldChanged, field, path, values);
    }
}

fn text(log: &mut Vec<Difference>, field: Field, path: &str, expected: &str, found: &str) {
    if expected != found {
        let values = (short(expected), short(found));
        differ(log, Fault::FieldChanged, field, path, values);
    }
}

fn time(log: &mut Vec<Difference>, field: Field, path: &str, expected: u64, found: u64) {
    if expected != found {
        let truncated = found == expected - expected % 1_000;
        let fault = if truncated {
            Fault::TimeTruncated
        } else {
            Fault::FieldChanged
        };
        let values = (format!("{expected} ns"), format!("{found} ns"));
        differ(log, fault, field, path, values);
    }
}

fn attributes(
    log: &mut Vec<Difference>,
    field: Field,
    path: &str,
    expected: &[Attribute],
    found: &[Attribute],
) {
    if expected == found {
        return;
    }
    let mut keys: Vec<&str> = Vec::new();
    for attribute in expected.iter().chain(found) {
        if !keys.contains(&attribute.key.as_str()) {
            keys.push(&attribute.key);
        }
    }
    for key in keys {
        let path = format!("{path}[{key:?}]");
        let mut expected = expected.iter().filter(|a| a.key == key).map(|a| &a.value);
        let mut found = found.iter().filter(|a| a.key == key).map(|a| &a.value);
        loop {
            let (fault, values) = match (expected.next(), found.next()) {
                (None, None) => break,
                (Some(e), Some(f)) if e == f => continue,
                (Some(e), Some(f)) => (Fault::AttributeChanged, (e.to_string(), f.to_string())),
                (Some(e), None) => (Fault::AttributeLost, (e.to_string(), "nothing".into())),
                (None, Some(f)) => (Fault::AttributeAdded, ("nothing".into(), f.to_string())),
            };
            differ(log, fault, field, &path, values);
        }
    }
}

/// An element of an ordered list in a span: an event or a link.
trait Item: PartialEq {
    const LOST: Fault;
    const ADDED: Fault;
    fn label(&self) -> String;
    fn compare(&self, other: &Self, path: &str, log: &mut Vec<Difference>);
}

impl Item for Event {
    const LOST: Fault = Fault::EventLost;
    const ADDED: Fault = Fault::EventAdded;

    fn label(&self) -> String {
        format!("{} at {} ns", short(&self.name), self.time)
    }

    fn compare(&self, other: &Self, path: &str, log: &mut Vec<Difference>) {
        text(
            log,
            Field::Events,
            &format!("{path}.name"),
            &self.name,
            &other.name,
        );
        time(
            log,
            Field::Events,
            &format!("{path}.time"),
            self.time,
            other.time,
        );
        let (mine, others) = (&self.attributes, &other.attributes);
        attributes(
            log,
            Field::Events,
            &format!("{path}.attributes"),
            mine,
            others,
        );
        let path = format!("{path}.dropped");
        equal(log, Field::Dropped, &path, &self.dropped, &other.dropped);
    }
}

impl Item for Link {
    const LOST: Fault = Fault::LinkLost;
    const ADDED: Fault = Fault::LinkAdded;

    fn label(&self) -> String {
        format!("to span {} of trace {}", self.span_id, self.trace_id)
    }

    fn compare(&self, other: &Self, path: &str, log: &mut Vec<Difference>) {
        let (id, trace_id) = (format!("{path}.span_id"), format!("{path}.trace_id"));
        equal(
            log,
            Field::Links,
            &trace_id,
            &self.trace_id,
            &other.trace_id,
        );
        equal(log, Field::Links, &id, &self.span_id, &other.span_id);
        let states = (&self.trace_state, &other.trace_state);
        text(
            log,
            Field::Links,
            &format!("{path}.trace_state"),
            states.0,
            states.1,
        );
        let (mine, others) = (&self.attributes, &other.attributes);
        attributes(
            log,
            Field::Links,
            &format!("{path}.attributes"),
            mine,
            others,
        );
        let dropped = format!("{path}.dropped");
        equal(log, Field::Dropped, &dropped, &self.dropped, &other.dropped);
        equal(
            log,
            Field::Flags,
            &format!("{path}.flags"),
            &self.flags,
            &other.flags,
        );
    }
}

/// Returns true if two items are equal but for the order of their attributes.
fn same<T: Item>(expected: &T, found: &T) -> bool {
    let differs = || {
        let mut log = Vec::new();
        expected.compare(found, "", &mut log);
        !log.is_empty()
    };
    expected == found || !differs()
}

fn sequence<T: Item>(
    log: &mut Vec<Difference>,
    field: Field,
    path: &str,
    expected: &[T],
    found: &[T],
) {
    let in_order = || expected.iter().zip(found).all(|(e, f)| same(e, f));
    if expected.len() == found.len() && in_order() {
        return;
    }
    // The indices of the items that the other side lacks.
    let mut lost: Vec<usize> = Vec::new();
    let mut added: Vec<usize> = (0..found.len()).collect();
    for (index, item) in expected.iter().enumerate() {
        let is_it = |other: &usize| found.get(*other).is_some_and(|other| same(item, other));
        match added.iter().position(is_it) {
            Some(position) => {
                added.remove(position);
            }
            None => lost.push(index),
        }
    }
    if lost.is_empty() && added.is_empty() {
        let order = ("as sent", "in another order");
        differ(log, Fault::OrderChanged, field, path, order);
        return;
    }
    for pair in 0..lost.len().max(added.len()) {
        let e = lost.get(pair).and_then(|index| expected.get(*index));
        let f = added.get(pair).and_then(|index| found.get(*index));
        let index = lost
            .get(pair)
            .or(added.get(pair))
            .copied()
            .unwrap_or_default();
        let path = format!("{path}[{index}]");
        match (e, f) {
            (Some(e), Some(f)) => e.compare(f, &path, log),
            (Some(e), None) => differ(log, T::LOST, field, path, (e.label(), "nothing")),
            (None, Some(f)) => differ(log, T::ADDED, field, path, ("nothing", f.label())),
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attribute;

    /// Backends sort attributes; that must not hide a different order of events.
    #[test]
    fn the_order_of_events_counts_and_that_of_their_attributes_does_not() {
        let event = |name: &str, keys: [&str; 2]| Event {
            name: name.to_owned(),
            attributes: keys.map(|key| attribute(key, 1)).to_vec(),
            ..Event::default()
        };
        let span = |events: Vec<Event>| Span {
            events,
            ..Span::default()
        };
        let sent = span(vec![event("a", ["k", "l"]), event("b", ["k", "l"])]);
        let sorted = span(vec![event("a", ["l", "k"]), event("b", ["l", "k"])]);
        assert_eq!(spans(&sent, &sorted), []);
        let swapped = span(vec![event("b", ["l", "k"]), event("a", ["k", "l"])]);
        let differences = spans(&sent, &swapped);
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert_eq!(differences[0].fault, Fault::OrderChanged);
    }
}
