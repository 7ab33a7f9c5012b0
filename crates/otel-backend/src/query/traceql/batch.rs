//! Decoded spans as a batch of columns.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use traceql::{Batch, Column, Scope as At, Source, Value};

use crate::model::{Attribute, Span, UnixNanos, Value as Sent};

/// A list of spans.
#[derive(Debug)]
pub struct Spans<'s> {
    spans: &'s [Span<'s>],
}

impl<'s> Spans<'s> {
    /// All spans of one trace, or any spans.
    pub fn of_trace(spans: &'s [Span<'s>]) -> Self {
        Self { spans }
    }

    fn each<T: Clone>(&self, take: impl Fn(&Span<'_>) -> T) -> Cow<'_, [T]> {
        self.spans.iter().map(take).collect::<Vec<_>>().into()
    }

    fn ends(&self, count: impl Fn(&Span<'_>) -> usize) -> Cow<'_, [u32]> {
        let mut end = 0_usize;
        let ends = self.spans.iter().map(|span| {
            end += count(span);
            number(end)
        });
        ends.collect::<Vec<_>>().into()
    }

    /// A column with a value for each span.
    fn values<'a>(&'a self, take: impl Fn(&'a Span<'s>) -> Value<'a>) -> Column<'a> {
        Column::Values(self.spans.iter().map(take).collect())
    }

    /// A column with a value for each event or link of each span.
    fn items<'a, T: 'a>(
        &'a self,
        items: impl Fn(&'a Span<'s>) -> &'a [T],
        take: impl Fn(&'a Span<'s>, &'a T) -> Value<'a>,
    ) -> Column<'a> {
        let mut values = Vec::new();
        for span in self.spans {
            values.extend(items(span).iter().map(|item| take(span, item)));
        }
        Column::Values(values)
    }

    /// A column with a value for each object that spans share; spans of one sender are adjacent.
    fn shared<'a, T: 'a>(
        &'a self,
        of: impl Fn(&'a Span<'s>) -> &'a Arc<T>,
        take: impl Fn(&'a T) -> Value<'a>,
    ) -> Column<'a> {
        let mut values = Vec::new();
        let mut last: Option<&Arc<T>> = None;
        let codes = self.spans.iter().map(|span| {
            let thing = of(span);
            if !last.is_some_and(|last| Arc::ptr_eq(last, thing)) {
                last = Some(thing);
                values.push(take(thing));
            }
            number(values.len().saturating_sub(1))
        });
        let codes: Vec<_> = codes.collect();
        Column::Dictionary {
            codes: codes.into(),
            values,
        }
    }

    fn attribute<'a>(&'a self, scope: At, key: &str) -> Column<'a> {
        match scope {
            At::Any => Column::Constant(Value::Nil),
            At::Span => self.values(|span| find(&span.attributes, key)),
            At::Resource => self.shared(
                |span| &span.resource,
                |resource| find(&resource.attributes, key),
            ),
            At::Instrumentation => {
                self.shared(|span| &span.scope, |scope| find(&scope.attributes, key))
            }
            At::Event => self.items(|span| &span.events, |_, event| find(&event.attributes, key)),
            At::Link => self.items(|span| &span.links, |_, link| find(&link.attributes, key)),
        }
    }
}

impl Batch for Spans<'_> {
    fn len(&self) -> usize {
        self.spans.len()
    }

    fn trace_ends(&self) -> Cow<'_, [u32]> {
        vec![number(self.spans.len())].into()
    }

    fn trace_id(&self, row: usize) -> [u8; 16] {
        let id = self.spans.get(row).map(|span| *span.trace_id.as_bytes());
        id.unwrap_or_default()
    }

    fn starts(&self) -> Cow<'_, [u64]> {
        self.each(|span| span.start.0)
    }

    fn durations(&self) -> Cow<'_, [i64]> {
        self.each(|span| nanos(span.end.0.saturating_sub(span.start.0)))
    }

    fn span_ids(&self) -> Cow<'_, [u64]> {
        self.each(|span| u64::from_be_bytes(*span.span_id.as_bytes()))
    }

    fn parent_ids(&self) -> Cow<'_, [u64]> {
        self.each(|span| {
            span.parent
                .map_or(0, |id| u64::from_be_bytes(*id.as_bytes()))
        })
    }

    fn event_ends(&self) -> Cow<'_, [u32]> {
        self.ends(|span| span.events.len())
    }

    fn link_ends(&self) -> Cow<'_, [u32]> {
        self.ends(|span| span.links.len())
    }

    fn column(&self, source: &Source) -> Column<'_> {
        match source {
            Source::Name => self.values(|span| text(&span.name)),
            Source::Status => {
                Column::statuses(self.each(|span| u32::from(span.status.code.number())))
            }
            Source::Kind => Column::kinds(self.each(|span| u32::from(span.kind.number()))),
            Source::StatusMessage => self.values(|span| text(&span.status.message)),
            Source::ScopeName => self.shared(|span| &span.scope, |scope| text(&scope.name)),
            Source::ScopeVersion => self.shared(|span| &span.scope, |scope| text(&scope.version)),
            Source::Attribute(scope, key) => self.attribute(*scope, key),
            Source::EventName => self.items(|span| &span.events, |_, event| text(&event.name)),
            Source::EventTime => self.items(
                |span| &span.events,
                |span, event| Value::Duration(since(span.start, event.time)),
            ),
            Source::LinkTraceId => self.items(
                |span| &span.links,
                |_, link| {
                    link.trace_id
                        .map_or(Value::Nil, |id| Value::text(id.to_string()))
                },
            ),
            Source::LinkSpanId => self.items(
                |span| &span.links,
                |_, link| {
                    link.span_id
                        .map_or(Value::Nil, |id| Value::text(id.to_string()))
                },
            ),
        }
    }

    fn keys(&self, scope: At) -> Vec<Cow<'_, str>> {
        let mut keys = BTreeSet::new();
        let mut add = |attributes: &'_ [Attribute<'_>]| {
            for attribute in attributes {
                if !keys.contains(attribute.key.as_ref()) {
                    keys.insert(attribute.key.clone().into_owned());
                }
            }
        };
        for span in self.spans {
            match scope {
                At::Any => {}
                At::Span => add(&span.attributes),
                At::Resource => add(&span.resource.attributes),
                At::Instrumentation => add(&span.scope.attributes),
                At::Event => span.events.iter().for_each(|event| add(&event.attributes)),
                At::Link => span.links.iter().for_each(|link| add(&link.attributes)),
            }
        }
        keys.into_iter().map(Cow::Owned).collect()
    }
}

/// A number in the type of row numbers.
pub(in crate::query) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Nanoseconds in the type of durations.
pub(in crate::query) fn nanos(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

/// The time from the start to an event; negative if the event came before.
fn since(start: UnixNanos, time: UnixNanos) -> i64 {
    if time >= start {
        nanos(time.0 - start.0)
    } else {
        -nanos(start.0 - time.0)
    }
}

/// A value that is text.
pub(in crate::query) fn text(text: &str) -> Value<'_> {
    Value::text(text)
}

/// The value of the first attribute with that key.
pub(in crate::query) fn find<'a>(attributes: &'a [Attribute<'_>], key: &str) -> Value<'a> {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    found.map_or(Value::Nil, |attribute| value(&attribute.value))
}

/// A sent value in the form of queries.
pub(in crate::query) fn value<'a>(sent: &'a Sent<'_>) -> Value<'a> {
    match sent {
        Sent::Array(values) => {
            let values: Vec<_> = values.iter().map(scalar).collect();
            let is_list = !values.iter().any(Value::is_nil);
            if is_list {
                Value::List(values.into())
            } else {
                Value::Nil
            }
        }
        other => scalar(other),
    }
}

/// A value that a query can compare; others are nil.
fn scalar<'a>(sent: &'a Sent<'_>) -> Value<'a> {
    match sent {
        Sent::String(string) => text(string),
        Sent::Bool(bool) => Value::Bool(*bool),
        Sent::Int(int) => Value::Int(*int),
        Sent::Double(double) => Value::Float(*double),
        Sent::Empty | Sent::Array(_) | Sent::Map(_) | Sent::Bytes(_) => Value::Nil,
    }
}
