//! The fields that each protocol cannot carry.
//!
//! Sources of the mappings: <https://opentelemetry.io/docs/specs/otel/compatibility/>, Jaeger's
//! IDL, and Zipkin's API <https://zipkin.io/zipkin-api/>. OTLP carries everything in all its forms.

use super::RuleAction::Change;
use super::{Field, Origin, Rule, rules};
use crate::model::{Kind, Span};
use crate::protocol::Protocol;

const fn lost(
    name: &'static str,
    fields: &'static [Field],
    reason: &'static str,
    change: fn(&mut Span),
) -> Rule {
    Rule {
        name,
        origin: Origin::Protocol,
        fields,
        reason,
        action: Change(change),
    }
}

/// The losses in Jaeger's Thrift and protobuf.
static JAEGER: [Rule; 8] = [
    lost(
        "jaeger-structures",
        &[Field::Attributes, Field::Events, Field::Resource],
        "a Jaeger tag has no type for arrays and maps: they are JSON text",
        rules::structures_as_text,
    ),
    lost(
        "jaeger-empty",
        &[Field::Attributes, Field::Events, Field::Resource],
        "a Jaeger tag has a value: none is empty text",
        rules::empty_as_text,
    ),
    lost(
        "jaeger-scope-attributes",
        &[Field::Scope],
        "Jaeger has no scope; its name and version are tags, its attributes have no place",
        rules::no_scope_attributes,
    ),
    lost(
        "jaeger-schema",
        &[Field::Schema],
        "Jaeger has no schema URLs",
        rules::no_schema_urls,
    ),
    lost(
        "jaeger-dropped",
        &[Field::Dropped],
        "Jaeger has no counts of what was dropped",
        rules::no_dropped_counts,
    ),
    lost(
        "jaeger-links",
        &[Field::Links],
        "a Jaeger reference has ids and a type: no attributes, trace state or flags",
        rules::links_by_id,
    ),
    lost(
        "jaeger-root-link",
        &[Field::Structure],
        "a reference into its own trace makes a span without a parent a child",
        rules::root_link_is_parent,
    ),
    lost(
        "jaeger-flags",
        &[Field::Flags],
        "of W3C's flags, Jaeger's has only `sampled`",
        rules::sampled_flag_only,
    ),
];

static THRIFT: [Rule; 1] = [lost(
    "thrift-micros",
    &[Field::Times, Field::Events],
    "Thrift has whole microseconds",
    rules::whole_micros,
)];

static ZIPKIN: [Rule; 13] = [
    lost(
        "zipkin-negative",
        &[Field::Times],
        "a Zipkin duration is not negative",
        rules::no_negative_duration,
    ),
    lost(
        "zipkin-micros",
        &[Field::Times, Field::Events],
        "Zipkin has whole microseconds",
        rules::whole_micros,
    ),
    lost(
        "zipkin-links",
        &[Field::Links],
        "Zipkin has no links",
        rules::no_links,
    ),
    lost(
        "zipkin-events",
        &[Field::Events],
        "a Zipkin annotation has a time and a text: no attributes",
        |span| {
            for event in &mut span.events {
                event.attributes.clear();
            }
        },
    ),
    lost(
        "zipkin-error",
        &[Field::Attributes],
        "Zipkin's tag `error` says that a span failed: an attribute of that name has no place",
        |span| span.attributes.retain(|attribute| attribute.key != "error"),
    ),
    lost(
        "zipkin-scope-attributes",
        &[Field::Scope],
        "Zipkin has no scope; its name and version are tags, its attributes have no place",
        rules::no_scope_attributes,
    ),
    lost(
        "zipkin-resource",
        &[Field::Resource, Field::Attributes],
        "Zipkin's endpoint has the name of the service; what else is known of it are tags of the span",
        rules::resource_as_attributes,
    ),
    lost(
        "zipkin-tags",
        &[Field::Attributes],
        "a Zipkin tag is text",
        rules::everything_as_text,
    ),
    lost(
        "zipkin-keys",
        &[Field::Attributes],
        "Zipkin's tags are an object: of tags with one key, the last stays",
        rules::keys_once,
    ),
    lost(
        "zipkin-kind",
        &[Field::Kind],
        "Zipkin has no kind INTERNAL",
        |span| {
            if span.kind == Kind::Internal {
                span.kind = Kind::Unspecified;
            }
        },
    ),
    lost(
        "zipkin-state",
        &[Field::State, Field::Flags],
        "Zipkin has no trace state and no flags",
        |span| {
            rules::no_trace_state(span);
            rules::no_flags(span);
        },
    ),
    lost(
        "zipkin-dropped",
        &[Field::Dropped],
        "Zipkin has no counts of what was dropped",
        rules::no_dropped_counts,
    ),
    lost(
        "zipkin-schema",
        &[Field::Schema],
        "Zipkin has no schema URLs",
        rules::no_schema_urls,
    ),
];

/// The losses in a protocol.
pub(super) fn rules(protocol: Protocol) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    if protocol.is_jaeger() {
        rules.extend(&JAEGER);
        if protocol != Protocol::JaegerGrpc {
            rules.extend(&THRIFT);
        }
    }
    if protocol == Protocol::Zipkin {
        rules.extend(&ZIPKIN);
    }
    rules
}
