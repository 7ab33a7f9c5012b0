//! The fields that each protocol cannot carry.
//!
//! Sources of the mappings: <https://opentelemetry.io/docs/specs/otel/compatibility/>, Jaeger's
//! IDL, and Zipkin's API <https://zipkin.io/zipkin-api/>. OTLP carries everything in all its forms.

use super::RuleAction::Change;
use super::{Field, Origin, Rule, rules};
use crate::model::Kind;
use crate::protocol::Protocol;

/// The losses in Jaeger's Thrift and protobuf.
static JAEGER: [Rule; 8] = [
    Origin::Protocol.rule(
        "jaeger-structures",
        &[Field::Attributes, Field::Events, Field::Resource],
        "a Jaeger tag has no type for arrays and maps: they are JSON text",
        Change(rules::structures_as_text),
    ),
    Origin::Protocol.rule(
        "jaeger-empty",
        &[Field::Attributes, Field::Events, Field::Resource],
        "a Jaeger tag has a value: none is empty text",
        Change(rules::empty_as_text),
    ),
    Origin::Protocol.rule(
        "jaeger-scope-attributes",
        &[Field::Scope],
        "Jaeger has no scope; its name and version are tags, its attributes have no place",
        Change(rules::no_scope_attributes),
    ),
    Origin::Protocol.rule(
        "jaeger-schema",
        &[Field::Schema],
        "Jaeger has no schema URLs",
        Change(rules::no_schema_urls),
    ),
    Origin::Protocol.rule(
        "jaeger-dropped",
        &[Field::Dropped],
        "Jaeger has no counts of what was dropped",
        Change(rules::no_dropped_counts),
    ),
    Origin::Protocol.rule(
        "jaeger-links",
        &[Field::Links],
        "a Jaeger reference has ids and a type: no attributes, trace state or flags",
        Change(rules::links_by_id),
    ),
    Origin::Protocol.rule(
        "jaeger-root-link",
        &[Field::Structure],
        "a reference into its own trace makes a span without a parent a child",
        Change(rules::root_link_is_parent),
    ),
    Origin::Protocol.rule(
        "jaeger-flags",
        &[Field::Flags],
        "of W3C's flags, Jaeger's has only `sampled`",
        Change(rules::sampled_flag_only),
    ),
];

static THRIFT: [Rule; 1] = [Origin::Protocol.rule(
    "thrift-micros",
    &[Field::Times, Field::Events],
    "Thrift has whole microseconds",
    Change(rules::whole_micros),
)];

static ZIPKIN: [Rule; 13] = [
    Origin::Protocol.rule(
        "zipkin-negative",
        &[Field::Times],
        "a Zipkin duration is not negative",
        Change(rules::no_negative_duration),),
    Origin::Protocol.rule(
        "zipkin-micros",
        &[Field::Times, Field::Events],
        "Zipkin has whole microseconds",
        Change(rules::whole_micros),),
    Origin::Protocol.rule(
        "zipkin-links",
        &[Field::Links],
        "Zipkin has no links",
        Change(rules::no_links),),
    Origin::Protocol.rule(
        "zipkin-events",
        &[Field::Events],
        "a Zipkin annotation has a time and a text: no attributes",
        Change(|span| {
            for event in &mut span.events {
                event.attributes.clear();
            }
        }),),
    Origin::Protocol.rule(
        "zipkin-error",
        &[Field::Attributes],
        "Zipkin's tag `error` says that a span failed: an attribute of that name has no place",
        Change(|span| span.attributes.retain(|attribute| attribute.key != "error")),),
    Origin::Protocol.rule(
        "zipkin-scope-attributes",
        &[Field::Scope],
        "Zipkin has no scope; its name and version are tags, its attributes have no place",
        Change(rules::no_scope_attributes),),
    Origin::Protocol.rule(
        "zipkin-resource",
        &[Field::Resource, Field::Attributes],
        "Zipkin's endpoint has the name of the service; what else is known of it are tags of the span",
        Change(rules::resource_as_attributes),),
    Origin::Protocol.rule(
        "zipkin-tags",
        &[Field::Attributes],
        "a Zipkin tag is text",
        Change(rules::everything_as_text),),
    Origin::Protocol.rule(
        "zipkin-keys",
        &[Field::Attributes],
        "Zipkin's tags are an object: of tags with one key, the last stays",
        Change(rules::keys_once),),
    Origin::Protocol.rule(
        "zipkin-kind",
        &[Field::Kind],
        "Zipkin has no kind INTERNAL",
        Change(|span| {
            if span.kind == Kind::Internal {
                span.kind = Kind::Unspecified;
            }
        }),),
    Origin::Protocol.rule(
        "zipkin-state",
        &[Field::State, Field::Flags],
        "Zipkin has no trace state and no flags",
        Change(|span| {
            rules::no_trace_state(span);
            rules::no_flags(span);
        }),),
    Origin::Protocol.rule(
        "zipkin-dropped",
        &[Field::Dropped],
        "Zipkin has no counts of what was dropped",
        Change(rules::no_dropped_counts),),
    Origin::Protocol.rule(
        "zipkin-schema",
        &[Field::Schema],
        "Zipkin has no schema URLs",
        Change(rules::no_schema_urls),),
];

/// The losses in a protocol.
pub(super) fn rules(protocol: Protocol) -> Vec<&'static Rule> {
    for_protocol(protocol, &JAEGER, &THRIFT, &ZIPKIN)
}

/// The rules that concern a protocol: those for all of Jaeger's, those for Thrift, and those for Zipkin.
pub(super) fn for_protocol(
    protocol: Protocol,
    jaeger: &'static [Rule],
    thrift: &'static [Rule],
    zipkin: &'static [Rule],
) -> Vec<&'static Rule> {
    match protocol {
        Protocol::Zipkin => zipkin.iter().collect(),
        Protocol::JaegerGrpc => jaeger.iter().collect(),
        _ if protocol.is_jaeger() => jaeger.iter().chain(thrift).collect(),
        _ => Vec::new(),
    }
}
