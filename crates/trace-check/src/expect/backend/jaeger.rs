//! Changes by Jaeger behind its receivers, measured with 2.20.0 and its memory store, without
//! adjustments.

use super::{Rule, TWICE};
use crate::expect::RuleAction::{Change, Refuse};
use crate::expect::{Field, Origin, rules};
use crate::model::{Span, Value};
use crate::read::Api;

/// Changes made when Jaeger stores a span.
static STORED: [Rule; 4] = [
    Origin::Backend.rule(
        "jaeger-one-nanosecond",
        &[Field::Times],
        "Jaeger lets a span that does not end after its start end a nanosecond after it",
        Change(|span| {
            if span.end <= span.start {
                span.end = span.start + 1;
            }
        }),
    ),
    Origin::Backend.rule(
        "jaeger-no-name",
        &[Field::Name],
        "Jaeger calls a span without a name `empty-span-name`",
        Change(|span| {
            if span.name.is_empty() {
                "empty-span-name".clone_into(&mut span.name);
            }
        }),
    ),
    Origin::Backend.rule(
        "jaeger-service",
        &[Field::Resource],
        "Jaeger calls a service without a name `missing-service-name`",
        Change(rules::missing_service),
    ),
    Origin::Store.rule(
        "jaeger-store-schema",
        &[Field::Schema],
        "Jaeger's store keeps no schema URLs",
        Change(rules::no_schema_urls),
    ),
];

/// Changes by Jaeger's old API.
static OLD: [Rule; 2] = [
    Origin::Store.rule(
        "jaeger-api-flags",
        &[Field::Flags],
        "Jaeger's old API shows no flags",
        Change(rules::no_flags),
    ),
    Origin::Fault.rule(
        "jaeger-not-finite",
        &[Field::Structure],
        "Jaeger's old API cannot write a number that is not finite, and refuses the whole trace",
        Refuse(is_unwritable),
    ),
];

pub(super) static POSSIBLE: [Rule; 4] = [
    Origin::Backend.rule(
        "jaeger-parent-link",
        &[Field::Links],
        "Jaeger writes a link to the parent in the parent's place",
        Change(rules::parent_link_first),
    ),
    Origin::Backend.rule(
        "jaeger-event-names",
        &[Field::Events],
        "Jaeger sorts events by name once somebody has read the trace adjusted",
        Change(rules::events_by_name),
    ),
    Origin::Store.rule(
        "jaeger-adjusted-keys",
        &[Field::Attributes, Field::Events, Field::Resource],
        "of attributes with one key, Jaeger keeps the last once somebody has read the trace adjusted",
        Change(rules::keys_once),
    ),
    TWICE,
];

pub(super) fn certain(api: Api) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = STORED.iter().collect();
    if api == Api::Jaeger {
        rules.extend(&OLD);
    }
    rules
}

/// Returns true if a tag is infinite or NaN.
fn is_unwritable(span: &Span) -> bool {
    let events = span.events.iter().flat_map(|event| &event.attributes);
    let all = span.attributes.iter().chain(events);
    let mut all = all.chain(&span.resource.attributes);
    all.any(|attribute| matches!(attribute.value, Value::Double(double) if !double.is_finite()))
}
