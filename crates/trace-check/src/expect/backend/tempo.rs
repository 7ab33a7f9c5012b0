//! Changes by Tempo behind its receivers, measured with 3.1.0-dev.

use std::sync::Arc;

use super::{Rule, TWICE};
use crate::expect::RuleAction::Change;
use crate::expect::{Field, Origin, rules};
use crate::model::Value;
use crate::protocol::Protocol;

static CERTAIN: [Rule; 2] = [
    Origin::Store.rule(
        "tempo-cut",
        &[
            Field::Attributes,
            Field::Events,
            Field::Resource,
            Field::Scope,
        ],
        "Tempo cuts text after 2048 bytes (max_attribute_bytes)",
        Change(|span| {
            rules::for_all_values(span, |value| {
                if let Value::String(text) = value {
                    text.truncate(2048);
                }
            });
        }),
    ),
    Origin::Store.rule(
        "tempo-schema",
        &[Field::Schema],
        "Tempo keeps no schema URLs",
        Change(rules::no_schema_urls),
    ),
];

static ZIPKIN: [Rule; 1] = [Origin::Store.rule(
    "tempo-zipkin-scope",
    &[Field::Scope, Field::Attributes],
    "Tempo leaves the scope from Zipkin among the attributes",
    Change(rules::scope_as_attributes),
)];

pub(super) static POSSIBLE: [Rule; 3] = [
    Origin::Store.rule(
        "tempo-block-dropped",
        &[Field::Dropped],
        "Tempo loses the dropped counts of resource and scope once a span is in a block",
        Change(|span| {
            Arc::make_mut(&mut span.resource).dropped = 0;
            Arc::make_mut(&mut span.scope).dropped = 0;
        }),
    ),
    Origin::Store.rule(
        "tempo-block-flags",
        &[Field::Flags],
        "Tempo loses flags once a span is in a block",
        Change(rules::no_flags),
    ),
    TWICE,
];

pub(super) fn certain(protocol: Protocol) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = CERTAIN.iter().collect();
    if protocol == Protocol::Zipkin {
        rules.extend(&ZIPKIN);
    }
    rules
}
