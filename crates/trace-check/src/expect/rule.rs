//! A rule: one way in which a returned span may differ from the sent one.

use serde::{Deserialize, Serialize};

use crate::model::Span;

/// One way in which a returned span may differ from the sent one.
#[derive(Debug, Serialize)]
pub struct Rule {
    /// A short name, for reports.
    pub name: &'static str,
    /// The cause of the change.
    pub origin: Origin,
    /// The loss or change, and the reason.
    pub reason: &'static str,
    /// The affected fields.
    pub fields: &'static [Field],
    /// The effect on a span.
    #[serde(skip)]
    pub action: RuleAction,
}

/// The effect of a rule.
#[derive(Debug, Clone, Copy)]
pub enum RuleAction {
    /// The span is changed in this way.
    Change(fn(&mut Span)),
    /// Spans for which this is true are not returned.
    Lose(fn(&Span) -> bool),
    /// Values of the returned span that agree within rounding are adopted into the expected one.
    Agree(fn(&mut Span, &Span)),
    /// A span that was delivered several times may be returned several times.
    Repeat,
    /// The API answers with an error instead of a trace if this is true for one of its spans.
    Refuse(fn(&Span) -> bool),
}

/// The cause of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The protocol cannot carry the field: a declared loss.
    Protocol,
    /// The API cannot show the field: a declared loss.
    Api,
    /// The backend's receiver or store drops the field: a declared loss.
    Store,
    /// The backend normalises the field.
    Backend,
    /// A known defect of the backend.
    Fault,
    /// The program did not print the field, so it cannot be compared.
    Console,
}

impl Origin {
    /// A rule for a change of this cause.
    pub(super) const fn rule(
        self,
        name: &'static str,
        fields: &'static [Field],
        reason: &'static str,
        action: RuleAction,
    ) -> Rule {
        Rule {
            name,
            origin: self,
            fields,
            reason,
            action,
        }
    }

    /// Returns true if sent data is lost for a known reason.
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Protocol | Self::Api | Self::Store)
    }
}

/// The parts of a span, as listed in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The set of spans, with their ids and parents.
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
    /// The trace state.
    State,
    /// Flags.
    Flags,
    /// The counts of dropped items.
    Dropped,
    /// The resource.
    Resource,
    /// The scope.
    Scope,
    /// Schema URLs.
    Schema,
}

impl Field {
    /// All fields, in the order of reports.
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
