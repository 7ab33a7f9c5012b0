//! The fields that each query API cannot show. Jaeger's v3 API and both of Tempo's answer with
//! OTLP, which shows everything.

use super::RuleAction::Change;
use super::{Field, Origin, Rule, rules};
use crate::model::Span;
use crate::read::Api;

const fn hidden(
    name: &'static str,
    fields: &'static [Field],
    reason: &'static str,
    change: fn(&mut Span),
) -> Rule {
    Rule {
        name,
        origin: Origin::Api,
        fields,
        reason,
        action: Change(change),
    }
}

/// The losses in Jaeger's old API.
static JAEGER: [Rule; 10] = [
    hidden(
        "api-negative",
        &[Field::Times],
        "a duration in Jaeger's old API is not negative",
        rules::no_negative_duration,
    ),
    hidden(
        "api-micros",
        &[Field::Times, Field::Events],
        "Jaeger's old API has whole microseconds",
        rules::whole_micros,
    ),
    hidden(
        "api-structures",
        &[Field::Attributes, Field::Events, Field::Resource],
        "a tag in Jaeger's old API has no type for arrays and maps: they are JSON text",
        rules::structures_as_text,
    ),
    hidden(
        "api-empty",
        &[Field::Attributes, Field::Events, Field::Resource],
        "a tag in Jaeger's old API has a value: none is empty text",
        rules::empty_as_text,
    ),
    hidden(
        "api-scope-attributes",
        &[Field::Scope],
        "Jaeger's old API shows a scope's name and version, and not its attributes",
        rules::no_scope_attributes,
    ),
    hidden(
        "api-schema",
        &[Field::Schema],
        "Jaeger's old API shows no schema URLs",
        rules::no_schema_urls,
    ),
    hidden(
        "api-dropped",
        &[Field::Dropped],
        "Jaeger's old API shows no counts of what was dropped",
        rules::no_dropped_counts,
    ),
    hidden(
        "api-links",
        &[Field::Links],
        "Jaeger's old API shows the ids of a link, and not its attributes, trace state or flags",
        rules::links_by_id,
    ),
    hidden(
        "api-root-link",
        &[Field::Structure],
        "in Jaeger's old API, a root that is linked to a span of its trace looks like its child",
        rules::root_link_is_parent,
    ),
    hidden(
        "api-flags",
        &[Field::Flags],
        "Jaeger's old API shows eight flags",
        rules::eight_flags,
    ),
];

/// The losses in an API.
pub(super) fn rules(api: Api) -> Vec<&'static Rule> {
    match api {
        Api::Jaeger => JAEGER.iter().collect(),
        Api::JaegerV3 | Api::TempoV1 | Api::TempoV2 => Vec::new(),
    }
}
