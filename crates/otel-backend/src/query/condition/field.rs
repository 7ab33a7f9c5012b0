//! The fields that a condition can test.

use crate::model::{Attribute, Span, SpanKind, StatusCode, Value};

/// A field of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Name,
    /// The kind: `server`, …, `unspecified`.
    Kind,
    /// The status: `error`, `ok`, `unset`.
    Status,
    /// The message of the status.
    StatusMessage,
    /// The duration.
    Duration,
    /// The names of the events.
    EventName,
    /// The name of the scope.
    ScopeName,
    /// The version of the scope.
    ScopeVersion,
    /// An attribute with that key.
    Attribute(Place, String),
}

/// A place where attributes are looked up.
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

impl Place {
    /// The attributes in that place.
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
    /// The value of a kind.
    pub(in crate::query) fn kind_text(kind: SpanKind) -> &'static str {
        match kind.as_str() {
            "" => "unspecified",
            kind => kind,
        }
    }

    /// The value of a status.
    pub(in crate::query) fn status_text(code: StatusCode) -> &'static str {
        match code {
            StatusCode::Unset => "unset",
            StatusCode::Ok => "ok",
            StatusCode::Error => "error",
        }
    }

    /// The field's values in a span; empty if the span does not have it.
    pub fn values<'s>(&self, span: &'s Span<'s>) -> Vec<Value<'s>> {
        let text = |text: &'s str| vec![Value::String(text.into())];
        match self {
            Self::Name => text(&span.name),
            Self::Kind => text(Self::kind_text(span.kind)),
            Self::Status => text(Self::status_text(span.status.code)),
            Self::StatusMessage => text(&span.status.message),
            Self::Duration => vec![nanos(span.end.since(span.start).as_nanos())],
            Self::EventName => span.events.iter().flat_map(|e| text(&e.name)).collect(),
            Self::ScopeName => text(&span.scope.name),
            Self::ScopeVersion => text(&span.scope.version),
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
