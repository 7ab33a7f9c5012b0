//! Changes by the receivers of the OpenTelemetry Collector, which Jaeger 2 and Tempo also use.
//!
//! Source: its translators,
//! <https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/translator>, and
//! the answers of Jaeger 2.20.0 and Tempo 3.1.0-dev.

use std::sync::Arc;

use super::Rule;
use crate::expect::RuleAction::Change;
use crate::expect::protocol::for_protocol;
use crate::expect::{Field, Origin, rules};
use crate::model::{Code, attribute};
use crate::protocol::Protocol;

/// Changes by the receivers of Jaeger's protocols in every implementation.
pub(super) static TRANSLATED: [Rule; 2] = [
    Origin::Backend.rule(
        "link-type",
        &[Field::Links],
        "links from Jaeger's protocols say their type of reference in `opentracing.ref_type`",
        Change(rules::link_type),
    ),
    Origin::Backend.rule(
        "host-name",
        &[Field::Resource],
        "`hostname` from Jaeger's protocols is called `host.name`",
        Change(rules::host_name),
    ),
];

static JAEGER: [Rule; 2] = [
    Origin::Store.rule(
        "collector-jaeger-keys",
        &[Field::Attributes],
        "of tags with one key, the receiver of Jaeger's protocols keeps the last",
        Change(rules::keys_once),
    ),
    Origin::Store.rule(
        "collector-jaeger-flags",
        &[Field::Flags],
        "the receiver of Jaeger's protocols drops the flags",
        Change(rules::no_flags),
    ),
];

static THRIFT: [Rule; 1] = [Origin::Backend.rule(
    "collector-thrift-service",
    &[Field::Resource],
    "the receiver of Thrift takes the name that stands for no resource for a service",
    Change(|span| {
        if span.resource.attributes.is_empty() {
            let name = attribute("service.name", "OTLPResourceNoServiceName");
            Arc::make_mut(&mut span.resource).attributes.push(name);
        }
    }),
)];

static THRIFT_TAGS: [Rule; 2] = [
    Origin::Store.rule(
        "collector-thrift-scope",
        &[Field::Scope, Field::Attributes],
        "the receiver of Thrift leaves the scope among the attributes",
        Change(rules::scope_as_attributes),
    ),
    Origin::Store.rule(
        "collector-thrift-state",
        &[Field::State, Field::Attributes],
        "the receiver of Thrift leaves the trace state among the attributes",
        Change(rules::trace_state_as_attribute),
    ),
];

static ZIPKIN: [Rule; 2] = [
    Origin::Store.rule(
        "collector-zipkin-ok",
        &[Field::Status],
        "the receiver of Zipkin takes the status OK for none",
        Change(|span| {
            if span.status.code == Code::Ok {
                span.status.code = Code::Unset;
            }
        }),
    ),
    Origin::Store.rule(
        "collector-zipkin-message",
        &[Field::Status, Field::Attributes],
        "the receiver of Zipkin leaves the message of a failed span in the attribute `error`",
        Change(|span| {
            if span.status.code == Code::Error {
                let message = std::mem::take(&mut span.status.message);
                span.attributes.push(attribute("error", message));
            }
        }),
    ),
];

/// The rules for the receiver of a protocol.
pub(super) fn rules(protocol: Protocol) -> Vec<&'static Rule> {
    for_protocol(protocol, &JAEGER, &THRIFT, &ZIPKIN)
}

/// The rules for the fields that the receiver of a protocol leaves among the attributes.
pub(super) fn left_as_tags(protocol: Protocol) -> &'static [Rule] {
    let is_thrift = protocol.is_jaeger() && protocol != Protocol::JaegerGrpc;
    if is_thrift { &THRIFT_TAGS } else { &[] }
}
