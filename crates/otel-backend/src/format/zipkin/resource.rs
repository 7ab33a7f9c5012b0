//! The resource of a span, which Zipkin does not have: exporters put its attributes among the tags.

use crate::model::{Attribute, Resource, Text, Value};

/// The prefixes of resource attributes in OpenTelemetry's semantic conventions.
const PREFIXES: [&str; 14] = [
    "service.",
    "telemetry.",
    "host.",
    "os.",
    "process.",
    "container.",
    "k8s.",
    "cloud.",
    "deployment.",
    "device.",
    "webengine.",
    "aws.ecs.",
    "aws.eks.",
    "aws.log.",
];

/// Removes the resource from the tags. `service` is the name of the local endpoint, or "".
pub(super) fn take<'a>(tags: &mut Vec<Attribute<'a>>, service: Text<'a>) -> Resource<'a> {
    let is_of_resource =
        |tag: &mut Attribute<'_>| PREFIXES.iter().any(|prefix| tag.key.starts_with(prefix));
    let mut attributes: Vec<_> = tags.extract_if(.., is_of_resource).collect();
    // The tag has the original name; Zipkin usually converts the names of endpoints to lower case.
    let named = attributes
        .iter()
        .any(|attribute| attribute.key == "service.name");
    if !named && !service.is_empty() {
        attributes.insert(0, Attribute::new("service.name", Value::String(service)));
    }
    Resource {
        attributes,
        ..Resource::default()
    }
}
