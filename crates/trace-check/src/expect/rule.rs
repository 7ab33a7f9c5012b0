//! One way in which a span may come back other than it was sent.

use serde::{Deserialize, Serialize};

use crate::model::Span;

/// One way in which a span may come back other than it was sent.
#[derive(Debug)]
pub struct Rule {
    /// A short name, for reports.
    pub name: &'static str,
    /// Who does it.
    pub origin: Origin,
    /// What it touches.
    pub fields: &'static [Field],
    /// What is lost or changed, and why.
    pub reason: &'static str,
    /// What it does to a span.
    pub action: RuleAction,
}

/// What a rule does.
#[derive(Debug, Clone, Copy)]
pub enum RuleAction {
    /// The span comes back changed so.
    Change(fn(&mut Span)),
    /// The spans for which this is true do not come back.
    Lose(fn(&Span) -> bool),
    /// The expected span takes from the one that came back what agrees within a rounding.
    Agree(fn(&mut Span, &Span)),
    /// A span that was delivered several times may come back several times.
    Repeat,
    /// The API answers with an error in place of a trace with a span for which this is true.
    Refuse(fn(&Span) -> bool),
}

/// Who is behind a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The protocol has no place for it: a declared loss.
    Protocol,
    /// The API cannot show it: a declared loss.
    Api,
    /// The backend's receiver or store does not keep it: a declared loss.
    Store,
    /// The backend brings it into another form: normalised.
    Backend,
    /// The backend has a defect that is known.
    Fault,
    /// The program did not print it, so that nothing can be said of it.
    Console,
}

impl Origin {
    /// Whether something is lost that was sent, for a reason that is known.
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Protocol | Self::Api | Self::Store)
    }
}

/// The parts of a span, as a report lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Which spans there are, their ids and parents.
    Structure,
    /// The name.
    Name,
    /// The kind.
    Kind,
    /// Start and end.
    Times,
    /// Status and message.
    Status,
    /// Attributes.
    Attributes,
    /// Events.
    Events,
    /// Links.
    Links,
    /// Trace state.
    State,
    /// Flags.
    Flags,
    /// Counts of what was dropped.
    Dropped,
    /// The resource.
    Resource,
    /// The scope.
    Scope,
    /// Schema URLs.
    Schema,
}

impl Field {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 14] = [
        Self::Structure,
        Self::Name,
        Self::Kind,
        Self::Times,
        Self::Status,
        Self::Attributes,
        Self::Events,
        Self::Links,
        Self::State,
        Self::Flags,
        Self::Dropped,
        Self::Resource,
        Self::Scope,
        Self::Schema,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Structure => "spans and parents",
            Self::Name => "name",
            Self::Kind => "kind",
            Self::Times => "start and end",
            Self::Status => "status",
            Self::Attributes => "attributes",
            Self::Events => "events",
            Self::Links => "links",
            Self::State => "trace state",
            Self::Flags => "flags",
            Self::Dropped => "dropped counts",
            Self::Resource => "resource",
            Self::Scope => "scope",
            Self::Schema => "schema URLs",
        }
    }
}
