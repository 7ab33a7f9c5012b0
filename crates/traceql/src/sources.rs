//! The columns from which fields are computed.

use std::collections::BTreeSet;

use crate::{Field, Intrinsic, Scope, Source};

impl Field {
    /// The columns that the field is computed from.
    pub fn sources(&self) -> BTreeSet<Source> {
        sources(std::slice::from_ref(self))
    }
}

/// Returns true if one of the fields needs the durations of spans.
pub(crate) fn needs_durations(fields: &[Field]) -> bool {
    let is_duration = |field: &Field| *field == Field::Intrinsic(Intrinsic::Duration);
    fields
        .iter()
        .any(|field| is_duration(field) || field.is_of_trace())
}

/// Returns true if one of the fields is the id of the trace.
pub(crate) fn needs_trace_ids(fields: &[Field]) -> bool {
    fields.contains(&Field::Intrinsic(Intrinsic::TraceId))
}

/// Returns true if one of the fields needs the ids of spans.
pub(crate) fn needs_ids(fields: &[Field]) -> bool {
    fields.iter().any(|field| match field {
        Field::Intrinsic(Intrinsic::TraceDuration) => false,
        Field::Intrinsic(Intrinsic::SpanId | Intrinsic::ParentId) => true,
        field => field.is_of_trace(),
    })
}

/// The columns from which these fields are computed.
pub(crate) fn sources(fields: &[Field]) -> BTreeSet<Source> {
    let mut sources = BTreeSet::new();
    for field in fields {
        match field {
            Field::Attribute(Scope::Any, key) => {
                sources.insert(Source::Attribute(Scope::Span, key.clone()));
                sources.insert(Source::Attribute(Scope::Resource, key.clone()));
            }
            Field::Attribute(scope, key) => {
                sources.insert(Source::Attribute(*scope, key.clone()));
            }
            Field::Intrinsic(intrinsic) => sources.extend(source(*intrinsic)),
        }
    }
    sources
}

fn source(intrinsic: Intrinsic) -> Option<Source> {
    let service = || Source::Attribute(Scope::Resource, "service.name".to_owned());
    match intrinsic {
        Intrinsic::Name | Intrinsic::RootName => Some(Source::Name),
        Intrinsic::Status => Some(Source::Status),
        Intrinsic::StatusMessage => Some(Source::StatusMessage),
        Intrinsic::Kind => Some(Source::Kind),
        Intrinsic::RootService => Some(service()),
        Intrinsic::EventName => Some(Source::EventName),
        Intrinsic::EventTime => Some(Source::EventTime),
        Intrinsic::LinkTraceId => Some(Source::LinkTraceId),
        Intrinsic::LinkSpanId => Some(Source::LinkSpanId),
        Intrinsic::ScopeName => Some(Source::ScopeName),
        Intrinsic::ScopeVersion => Some(Source::ScopeVersion),
        _ => None,
    }
}
