//! The fields that each query API cannot show. Jaeger's v3 API and both of Tempo's answer with
//! OTLP, which shows everything.

use super::RuleAction::Change;
use super::{Field, Origin, Rule, rules};
use crate::read::Api;

/// The losses in Jaeger's old API.
static JAEGER: [Rule; 10] = [
    Origin::Api.rule(
        "api-negative",
        &[Field::Times],
        "a duration in Jaeger's old API is not negative",
        Change(rules::no_negative_duration),
    ),
    Origin::Api.rule(
        "api-micros",
        &[Field::Times, Field::Events],
        "Jaeger's old API has whole microseconds",
        Change(rules::whole_micros),
    ),
    Origin::Api.rule(
        "api-structures",
        &[Field::Attributes, Field::Events, Field::Resource],
        "a tag in Jaeger's old API has no type for arrays and maps: they are JSON text",
        Change(rules::structures_as_text),
    ),
    Origin::Api.rule(
        "api-empty",
        &[Field::Attributes, Field::Events, Field::Resource],
        "a tag in Jaeger's old API has a value: none is empty text",
        Change(rules::empty_as_text),
    ),
    Origin::Api.rule(
        "api-scope-attributes",
        &[Field::Scope],
        "Jaeger's old API shows a scope's name and version, and not its attributes",
        Change(rules::no_scope_attributes),
    ),
    Origin::Api.rule(
        "api-schema",
        &[Field::Schema],
        "Jaeger's old API shows no schema URLs",
        Change(rules::no_schema_urls),
    ),
    Origin::Api.rule(
        "api-dropped",
        &[Field::Dropped],
        "Jaeger's old API shows no counts of what was dropped",
        Change(rules::no_dropped_counts),
    ),
    Origin::Api.rule(
        "api-links",
        &[Field::Links],
        "Jaeger's old API shows the ids of a link, and not its attributes, trace state or flags",
        Change(rules::links_by_id),
    ),
    Origin::Api.rule(
        "api-root-link",
        &[Field::Structure],
        "in Jaeger's old API, a root that is linked to a span of its trace looks like its child",
        Change(rules::root_link_is_parent),
    ),
    Origin::Api.rule(
        "api-flags",
        &[Field::Flags],
        "Jaeger's old API shows eight flags",
        Change(rules::eight_flags),
    ),
];

/// The losses in an API.
pub(super) fn rules(api: Api) -> &'static [Rule] {
    match api {
        Api::Jaeger => &JAEGER,
        Api::JaegerV3 | Api::TempoV1 | Api::TempoV2 => &[],
    }
}
