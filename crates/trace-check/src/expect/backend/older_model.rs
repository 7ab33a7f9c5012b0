//! The changes to a span that Jaeger stores in its older model, as measured with 2.20.0 and Badger: the
//! same as for a span that is sent in Jaeger's protobuf, including those of its receiver.

use std::sync::Arc;

use super::{Rule, collector};
use crate::expect::RuleAction::Change;
use crate::expect::{Field, Origin, protocol, rules};
use crate::model::{Code, Span, Value, attribute};
use crate::protocol::Protocol;
use crate::read::Api;

static STORED: [Rule; 2] = [
    Origin::Store.rule(
        "jaeger-older-zero",
        &[Field::Attributes, Field::Events, Field::Resource],
        "Jaeger's older model does not write a number that is zero, and so loses the sign of -0.0",
        Change(no_minus_zero),
    ),
    Origin::Store.rule(
        "jaeger-older-error",
        &[Field::Attributes],
        "Jaeger's older model has the tag `error` for spans that failed: an attribute of that name is lost there",
        Change(|span| {
            if span.status.code == Code::Error {
                span.attributes.retain(|attribute| attribute.key != "error");
            }
        }),
    ),
];

/// The changes that Jaeger's v3 makes to spans stored in that model.
static SHOWN: [Rule; 1] = [Origin::Backend.rule(
    "jaeger-older-service",
    &[Field::Resource],
    "Jaeger's older model takes the name that the receiver of Thrift gives to no resource for none",
    Change(|span| {
        let none = attribute("service.name", "OTLPResourceNoServiceName");
        let resource = Arc::make_mut(&mut span.resource);
        resource.attributes.retain(|attribute| *attribute != none);
    }),
)];

pub(super) fn certain(api: Api) -> Vec<&'static Rule> {
    let way = Protocol::JaegerGrpc;
    let mut rules = protocol::rules(way);
    rules.extend(&collector::TRANSLATED);
    rules.extend(collector::rules(way));
    rules.extend(&STORED);
    if api != Api::Jaeger {
        rules.extend(&SHOWN);
    }
    rules
}

fn no_minus_zero(span: &mut Span) {
    rules::for_all_values(span, |value| {
        if let Value::Double(double) = value
            && *double == 0.0
        {
            *double = 0.0;
        }
    });
}
