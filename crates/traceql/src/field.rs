//! The fields of a query: what it can ask about a span, its events, its links and its trace.

use std::fmt;

/// A field of a span.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Something that every span has.
    Intrinsic(Intrinsic),
    /// The attribute with that key.
    Attribute(Scope, String),
}

/// The place where an attribute is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The span, or its resource if the span has no such attribute.
    Any,
    /// The span.
    Span,
    /// The resource.
    Resource,
    /// The instrumentation scope.
    Instrumentation,
    /// The events of the span.
    Event,
    /// The links of the span.
    Link,
}

/// A field that is not an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Intrinsic {
    /// The span's name.
    Name,
    /// The code of the span's status.
    Status,
    /// The message of the span's status.
    StatusMessage,
    /// The span's kind.
    Kind,
    /// The time from the span's start to its end.
    Duration,
    /// The span's id.
    SpanId,
    /// The id of the span's parent; zeros for a root.
    ParentId,
    /// The number of direct children of the span.
    ChildCount,
    /// The id of the trace.
    TraceId,
    /// The time from the first start to the last end in the trace.
    TraceDuration,
    /// The name of the root of the trace.
    RootName,
    /// The service of the root of the trace.
    RootService,
    /// The span's number on the way down in a depth-first walk.
    NestedSetLeft,
    /// The span's number on the way up.
    NestedSetRight,
    /// The left number of the span's parent.
    NestedSetParent,
    /// The name of an event.
    EventName,
    /// The time from the start of the span to an event.
    EventTime,
    /// The trace id of a link.
    LinkTraceId,
    /// The span id of a link.
    LinkSpanId,
    /// The name of the instrumentation scope.
    ScopeName,
    /// The version of the instrumentation scope.
    ScopeVersion,
}

/// The names of each intrinsic: the one with its scope, and the short one if there is one.
const NAMES: [(Intrinsic, &str, Option<&str>); 21] = [
    (Intrinsic::Name, "span:name", Some("name")),
    (Intrinsic::Status, "span:status", Some("status")),
    (
        Intrinsic::StatusMessage,
        "span:statusMessage",
        Some("statusMessage"),
    ),
    (Intrinsic::Kind, "span:kind", Some("kind")),
    (Intrinsic::Duration, "span:duration", Some("duration")),
    (Intrinsic::SpanId, "span:id", None),
    (Intrinsic::ParentId, "span:parentID", None),
    (Intrinsic::ChildCount, "span:childCount", None),
    (Intrinsic::TraceId, "trace:id", None),
    (
        Intrinsic::TraceDuration,
        "trace:duration",
        Some("traceDuration"),
    ),
    (Intrinsic::RootName, "trace:rootName", Some("rootName")),
    (
        Intrinsic::RootService,
        "trace:rootService",
        Some("rootServiceName"),
    ),
    (
        Intrinsic::NestedSetLeft,
        "nestedSetLeft",
        Some("nestedSetLeft"),
    ),
    (
        Intrinsic::NestedSetRight,
        "nestedSetRight",
        Some("nestedSetRight"),
    ),
    (
        Intrinsic::NestedSetParent,
        "nestedSetParent",
        Some("nestedSetParent"),
    ),
    (Intrinsic::EventName, "event:name", None),
    (Intrinsic::EventTime, "event:timeSinceStart", None),
    (Intrinsic::LinkTraceId, "link:traceID", None),
    (Intrinsic::LinkSpanId, "link:spanID", None),
    (Intrinsic::ScopeName, "instrumentation:name", None),
    (Intrinsic::ScopeVersion, "instrumentation:version", None),
];

/// The scopes that a query can name.
const SCOPES: [(Scope, &str); 5] = [
    (Scope::Resource, "resource"),
    (Scope::Span, "span"),
    (Scope::Event, "event"),
    (Scope::Link, "link"),
    (Scope::Instrumentation, "instrumentation"),
];

impl Intrinsic {
    /// Every intrinsic.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(intrinsic, ..)| *intrinsic)
    }

    /// Parses the name of an intrinsic, short or with its scope.
    pub fn from_name(name: &str) -> Option<Self> {
        let named =
            |(_, long, short): &&(_, &str, Option<&str>)| *long == name || *short == Some(name);
        NAMES.iter().find(named).map(|(intrinsic, ..)| *intrinsic)
    }

    /// The name with its scope.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// The short name if there is one, else the name with its scope.
    pub fn short_name(self) -> &'static str {
        let (long, short) = self.names();
        short.unwrap_or(long)
    }

    fn names(self) -> (&'static str, Option<&'static str>) {
        let found = NAMES.iter().find(|(intrinsic, ..)| *intrinsic == self);
        found.map_or(("", None), |(_, long, short)| (long, *short))
    }

    /// Returns true for ids, which are compared without regard to case and leading zeros.
    pub(crate) fn is_id(self) -> bool {
        matches!(
            self,
            Self::SpanId | Self::ParentId | Self::TraceId | Self::LinkTraceId | Self::LinkSpanId
        )
    }

    /// Returns true if the value is known only when all spans of the trace are.
    pub fn is_of_trace(self) -> bool {
        matches!(
            self,
            Self::ChildCount
                | Self::TraceDuration
                | Self::RootName
                | Self::RootService
                | Self::NestedSetLeft
                | Self::NestedSetRight
                | Self::NestedSetParent
        )
    }
}

impl Scope {
    /// Parses the name of a scope.
    pub fn from_name(name: &str) -> Option<Self> {
        SCOPES
            .iter()
            .find(|(_, n)| *n == name)
            .map(|(scope, _)| *scope)
    }

    /// The name of the scope; "" for [`Scope::Any`].
    pub fn name(self) -> &'static str {
        SCOPES
            .iter()
            .find(|(scope, _)| *scope == self)
            .map_or("", |(_, name)| name)
    }
}

impl Field {
    /// The name of the service, which every resource has.
    pub fn service_name() -> Self {
        Self::Attribute(Scope::Resource, "service.name".to_owned())
    }

    /// Returns true for fields of events, of which a span has one value for each event.
    pub fn is_of_event(&self) -> bool {
        matches!(
            self,
            Self::Attribute(Scope::Event, _)
                | Self::Intrinsic(Intrinsic::EventName | Intrinsic::EventTime)
        )
    }

    /// Returns true for fields of links, of which a span has one value for each link.
    pub fn is_of_link(&self) -> bool {
        matches!(
            self,
            Self::Attribute(Scope::Link, _)
                | Self::Intrinsic(Intrinsic::LinkTraceId | Intrinsic::LinkSpanId)
        )
    }

    /// Returns true if the value is known only when all spans of the trace are.
    pub fn is_of_trace(&self) -> bool {
        matches!(self, Self::Intrinsic(intrinsic) if intrinsic.is_of_trace())
    }

    /// The key without a scope, as the answer of a search names it.
    pub fn bare_name(&self) -> &str {
        match self {
            Self::Intrinsic(intrinsic) => intrinsic.short_name(),
            Self::Attribute(_, key) => key,
        }
    }
}

/// Writes the field as in a query: attributes with their scope, intrinsics by their short name.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intrinsic(intrinsic) => f.write_str(intrinsic.short_name()),
            Self::Attribute(scope, key) => {
                write!(f, "{}.", scope.name())?;
                // `.5` would be read as a number.
                let is_number =
                    *scope == Scope::Any && key.starts_with(|c: char| c.is_ascii_digit());
                if !is_number && !key.is_empty() && key.chars().all(is_of_name) {
                    return f.write_str(key);
                }
                let quoted = key.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "\"{quoted}\"")
            }
        }
    }
}

/// Returns true if a character can stand in the name of an attribute without quotes.
pub(crate) fn is_of_name(char: char) -> bool {
    !char.is_whitespace() && !"{}()=~!<>&|^,\"".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_intrinsic_is_found_by_both_of_its_names() {
        for intrinsic in Intrinsic::all() {
            assert_eq!(Intrinsic::from_name(intrinsic.name()), Some(intrinsic));
            assert_eq!(
                Intrinsic::from_name(intrinsic.short_name()),
                Some(intrinsic)
            );
        }
        assert_eq!(Intrinsic::from_name("childCount"), None);
    }

    #[test]
    fn keys_that_are_no_plain_names_are_quoted() {
        let field = |key: &str| Field::Attribute(Scope::Span, key.to_owned()).to_string();
        assert_eq!(field("http.url"), "span.http.url");
        assert_eq!(field("a b"), "span.\"a b\"");
        assert_eq!(field("a\"\\"), r#"span."a\"\\""#);
        assert_eq!(
            Field::Attribute(Scope::Any, "5a".to_owned()).to_string(),
            ".\"5a\""
        );
    }
}
