//! The fields that a condition can test.

use std::cmp::Reverse;

use crate::model::{Attribute, Span, StatusCode, Value};

/// A field of a span or of its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Its name.
    Name,
    /// Its kind: `server`, …, `unspecified`.
    Kind,
    /// Its status: `error`, `ok`, `unset`.
    Status,
    /// The message of its status.
    StatusMessage,
    /// Its duration.
    Duration,
    /// The names of its events.
    EventName,
    /// The name of its scope.
    ScopeName,
    /// The version of its scope.
    ScopeVersion,
    /// The duration of its trace.
    TraceDuration,
    /// The name of its trace's root.
    RootName,
    /// The service of its trace's root.
    RootService,
    /// An attribute of that key.
    Attribute(Place, String),
}

/// A place where attributes are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The span or its resource.
    Any,
    /// The span.
    Span,
    /// The resource.
    Resource,
    /// The scope.
    Scope,
    /// Any of the events.
    Event,
    /// Any of the links.
    Link,
}

/// The facts about a trace that a condition can test.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceFacts {
    /// From the first start to the last end, in nanoseconds.
    pub nanos: u64,
    /// The name of its root, if it is here.
    pub root_name: Option<String>,
    /// The service of its root, if it is here.
    pub root_service: Option<String>,
}

impl TraceFacts {
    /// The facts about the trace of these spans.
    pub fn of(spans: &[Span<'_>]) -> Self {
        let start = spans
            .iter()
            .map(|span| span.start)
            .min()
            .unwrap_or_default();
        let end = spans.iter().map(|span| span.end).max().unwrap_or_default();
        let roots = spans.iter().filter(|span| span.parent.is_none());
        let root = roots.min_by_key(|span| (span.start, Reverse(span.end)));
        Self {
            nanos: end.0.saturating_sub(start.0),
            root_name: root.map(|root| root.name.clone().into_owned()),
            root_service: root.map(|root| root.resource.service_name().to_owned()),
        }
    }
}

impl Place {
    /// The attributes there.
    pub fn attributes<'s>(self, span: &'s Span<'s>) -> Vec<&'s [Attribute<'s>]> {
        match self {
            Self::Any => vec![&span.attributes, &span.resource.attributes],
            Self::Span => vec![&span.attributes],
            Self::Resource => vec![&span.resource.attributes],
            Self::Scope => vec![&span.scope.attributes],
            Self::Event => span.events.iter().map(|e| &e.attributes[..]).collect(),
            Self::Link => span.links.iter().map(|l| &l.attributes[..]).collect(),
        }
    }
}

impl Field {
    /// Whether it is about the trace around a span.
    pub(super) fn is_of_trace(&self) -> bool {
        matches!(
            self,
            Self::TraceDuration | Self::RootName | Self::RootService
        )
    }

    /// Its values in a span; none if the span has no such attribute.
    pub fn values<'s>(&self, span: &'s Span<'s>, trace: Option<&'s TraceFacts>) -> Vec<Value<'s>> {
        let text = |text: &'s str| vec![Value::String(text.into())];
        let named = |name: &'s Option<String>| name.iter().flat_map(|name| text(name)).collect();
        match self {
            Self::Name => text(&span.name),
            Self::Kind => text(match span.kind.as_str() {
                "" => "unspecified",
                kind => kind,
            }),
            Self::Status => text(match span.status.code {
                StatusCode::Unset => "unset",
                StatusCode::Ok => "ok",
                StatusCode::Error => "error",
            }),
            Self::StatusMessage => text(&span.status.message),
            Self::Duration => vec![nanos(span.end.since(span.start).as_nanos())],
            Self::EventName => span.events.iter().flat_map(|e| text(&e.name)).collect(),
            Self::ScopeName => text(&span.scope.name),
            Self::ScopeVersion => text(&span.scope.version),
            Self::TraceDuration => trace.map(|t| nanos(t.nanos.into())).into_iter().collect(),
            Self::RootName => trace.map_or_else(Vec::new, |t| named(&t.root_name)),
            Self::RootService => trace.map_or_else(Vec::new, |t| named(&t.root_service)),
            Self::Attribute(place, key) => {
                let attributes = place.attributes(span).into_iter().flatten();
                let found = attributes.filter(|attribute| attribute.key == *key);
                found.map(|attribute| attribute.value.clone()).collect()
            }
        }
    }
}

fn nanos(nanos: u128) -> Value<'static> {
    Value::Int(i64::try_from(nanos).unwrap_or(i64::MAX))
}
