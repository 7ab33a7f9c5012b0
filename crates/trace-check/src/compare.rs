//! Compares two spans, field by field.

use std::fmt::{self, Display};

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

/// Writes the name in reports.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
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
    let mut differences = Vec::new();
    if expected == found {
        return differences;
    }
    let (e, f) = (expected, found);
    let mut log = Log::new(&mut differences);
    log.equal(Field::Structure, "trace_id", &e.trace_id, &f.trace_id);
    log.equal(Field::Structure, "span_id", &e.span_id, &f.span_id);
    log.equal(Field::Structure, "parent", &parent(e), &parent(f));
    log.text(Field::Name, "name", &e.name, &f.name);
    log.equal(Field::Kind, "kind", &e.kind, &f.kind);
    log.time(Field::Times, "start", e.start, f.start);
    log.time(Field::Times, "end", e.end, f.end);
    let (status, other) = (&e.status, &f.status);
    log.equal(Field::Status, "status.code", &status.code, &other.code);
    log.text(
        Field::Status,
        "status.message",
        &status.message,
        &other.message,
    );
    log.text(Field::State, "trace_state", &e.trace_state, &f.trace_state);
    log.equal(Field::Flags, "flags", &e.flags, &f.flags);
    log.equal(Field::Dropped, "dropped", &e.dropped, &f.dropped);
    log.attributes(
        Field::Attributes,
        "attributes",
        &e.attributes,
        &f.attributes,
    );
    log.sequence(Field::Events, "events", &e.events, &f.events);
    log.sequence(Field::Links, "links", &e.links, &f.links);
    resources(&mut log, e, f);
    scopes(&mut log, e, f);
    differences
}

fn parent(span: &Span) -> String {
    span.parent
        .map_or_else(|| "none".to_owned(), |id| id.to_string())
}

fn resources(log: &mut Log<'_>, expected: &Span, found: &Span) {
    let (e, f) = (&expected.resource, &found.resource);
    if !e.attributes.is_empty() && f.attributes.is_empty() {
        let values = (
            format!("service {:?}", e.service()),
            "no attributes (as in grafana/tempo#1432)",
        );
        log.add(Fault::ResourceEmpty, Field::Resource, "resource", values);
    } else {
        log.attributes(Field::Resource, "resource", &e.attributes, &f.attributes);
    }
    log.equal(Field::Dropped, "resource.dropped", &e.dropped, &f.dropped);
    log.text(
        Field::Schema,
        "resource.schema_url",
        &e.schema_url,
        &f.schema_url,
    );
}

fn scopes(log: &mut Log<'_>, expected: &Span, found: &Span) {
    let (e, f) = (&expected.scope, &found.scope);
    log.text(Field::Scope, "scope.name", &e.name, &f.name);
    log.text(Field::Scope, "scope.version", &e.version, &f.version);
    log.attributes(
        Field::Scope,
        "scope.attributes",
        &e.attributes,
        &f.attributes,
    );
    log.equal(Field::Dropped, "scope.dropped", &e.dropped, &f.dropped);
    log.text(
        Field::Schema,
        "scope.schema_url",
        &e.schema_url,
        &f.schema_url,
    );
}

/// The differences found so far, and the place of the values that are compared.
struct Log<'l> {
    differences: &'l mut Vec<Difference>,
    /// Precedes every path, for example `events[0].`
    place: String,
}

impl<'l> Log<'l> {
    fn new(differences: &'l mut Vec<Difference>) -> Self {
        Self {
            differences,
            place: String::new(),
        }
    }

    /// The same log, for the fields of an item.
    fn within(&mut self, item: &str) -> Log<'_> {
        Log {
            place: format!("{}{item}.", self.place),
            differences: self.differences,
        }
    }

    fn add(
        &mut self,
        fault: Fault,
        field: Field,
        path: &str,
        (expected, found): (impl Into<String>, impl Into<String>),
    ) {
        self.differences.push(Difference {
            fault,
            field,
            path: format!("{}{path}", self.place),
            expected: expected.into(),
            found: found.into(),
        });
    }

    fn equal<T: PartialEq + Display>(&mut self, field: Field, path: &str, expected: &T, found: &T) {
        if expected != found {
            let values = (expected.to_string(), found.to_string());
            self.add(Fault::FieldChanged, field, path, values);
        }
    }

    fn text(&mut self, field: Field, path: &str, expected: &str, found: &str) {
        if expected != found {
            let values = (short(expected), short(found));
            self.add(Fault::FieldChanged, field, path, values);
        }
    }

    fn time(&mut self, field: Field, path: &str, expected: u64, found: u64) {
        if expected != found {
            let truncated = found == expected - expected % 1_000;
            let fault = if truncated {
                Fault::TimeTruncated
            } else {
                Fault::FieldChanged
            };
            let values = (format!("{expected} ns"), format!("{found} ns"));
            self.add(fault, field, path, values);
        }
    }

    fn attributes(
        &mut self,
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
                self.add(fault, field, &path, values);
            }
        }
    }

    fn sequence<T: Item>(&mut self, field: Field, path: &str, expected: &[T], found: &[T]) {
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
            self.add(Fault::OrderChanged, field, path, order);
            return;
        }
        for pair in 0..lost.len().max(added.len()) {
            let (lost, added) = (lost.get(pair), added.get(pair));
            let index = lost.or(added).copied().unwrap_or_default();
            let path = format!("{path}[{index}]");
            let e = lost.and_then(|index| expected.get(*index));
            let f = added.and_then(|index| found.get(*index));
            match (e, f) {
                (Some(e), Some(f)) => e.compare(f, &mut self.within(&path)),
                (Some(e), None) => self.add(T::LOST, field, &path, (e.label(), "nothing")),
                (None, Some(f)) => self.add(T::ADDED, field, &path, ("nothing", f.label())),
                (None, None) => {}
            }
        }
    }
}

/// An element of an ordered list in a span: an event or a link.
trait Item: PartialEq {
    const LOST: Fault;
    const ADDED: Fault;
    fn label(&self) -> String;
    fn compare(&self, other: &Self, log: &mut Log<'_>);
}

impl Item for Event {
    const LOST: Fault = Fault::EventLost;
    const ADDED: Fault = Fault::EventAdded;

    fn label(&self) -> String {
        format!("{} at {} ns", short(&self.name), self.time)
    }

    fn compare(&self, other: &Self, log: &mut Log<'_>) {
        log.text(Field::Events, "name", &self.name, &other.name);
        log.time(Field::Events, "time", self.time, other.time);
        log.attributes(
            Field::Events,
            "attributes",
            &self.attributes,
            &other.attributes,
        );
        log.equal(Field::Dropped, "dropped", &self.dropped, &other.dropped);
    }
}

impl Item for Link {
    const LOST: Fault = Fault::LinkLost;
    const ADDED: Fault = Fault::LinkAdded;

    fn label(&self) -> String {
        format!("to span {} of trace {}", self.span_id, self.trace_id)
    }

    fn compare(&self, other: &Self, log: &mut Log<'_>) {
        log.equal(Field::Links, "trace_id", &self.trace_id, &other.trace_id);
        log.equal(Field::Links, "span_id", &self.span_id, &other.span_id);
        log.text(
            Field::Links,
            "trace_state",
            &self.trace_state,
            &other.trace_state,
        );
        log.attributes(
            Field::Links,
            "attributes",
            &self.attributes,
            &other.attributes,
        );
        log.equal(Field::Dropped, "dropped", &self.dropped, &other.dropped);
        log.equal(Field::Flags, "flags", &self.flags, &other.flags);
    }
}

/// Returns true if two items are equal but for the order of their attributes.
fn same<T: Item>(expected: &T, found: &T) -> bool {
    let differs = || {
        let mut differences = Vec::new();
        expected.compare(found, &mut Log::new(&mut differences));
        !differences.is_empty()
    };
    expected == found || !differs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dropped, Id, attribute};

    #[test]
    fn a_parent_and_counts_are_told_in_words() {
        let sent = Span {
            parent: Some(Id([1; 8])),
            dropped: Dropped {
                events: 3,
                ..Dropped::default()
            },
            ..Span::default()
        };
        let told = spans(&sent, &Span::default());
        let told: Vec<_> = told.iter().map(|d| (&*d.expected, &*d.found)).collect();
        let dropped = (
            "0 attributes, 3 events, 0 links",
            "0 attributes, 0 events, 0 links",
        );
        assert_eq!(told, [("0101010101010101", "none"), dropped]);
    }

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
