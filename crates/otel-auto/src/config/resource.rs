//! The resource: what produces the spans.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;

use super::percent;
use super::variable::Reader;
use super::variables::{RESOURCE_ATTRIBUTES, SERVICE_NAME};

const SERVICE_NAME_KEY: Key = Key::from_static_str("service.name");

pub(super) fn read(reader: &mut Reader<'_>) -> Resource {
    let attributes = attributes(reader);
    let given = attributes.iter().rfind(|attribute| {
        attribute.key == SERVICE_NAME_KEY && !attribute.value.as_str().is_empty()
    });
    let service = reader
        .text(&SERVICE_NAME)
        .or_else(|| given.map(|attribute| attribute.value.to_string()))
        .unwrap_or_else(unknown_service);
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attribute(KeyValue::new(
            "telemetry.auto.version",
            env!("CARGO_PKG_VERSION"),
        ))
        .with_attributes(attributes)
        .with_service_name(service)
        .build()
}

/// "In case of any error, e.g. failure during the decoding process, the entire environment
/// variable value SHOULD be discarded and an error SHOULD be reported."
/// <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>
fn attributes(reader: &mut Reader<'_>) -> Vec<KeyValue> {
    reader
        .parse(&RESOURCE_ATTRIBUTES, |text| {
            text.split(',')
                .filter(|pair| !pair.trim().is_empty())
                .map(attribute)
                .collect()
        })
        .unwrap_or_default()
}

fn attribute(pair: &str) -> Option<KeyValue> {
    let (key, value) = pair.split_once('=')?;
    let key = percent::decoded(key.trim()).filter(|key| !key.is_empty())?;
    Some(KeyValue::new(key, percent::decoded(value.trim())?))
}

/// <https://opentelemetry.io/docs/specs/semconv/resource/#service>
fn unknown_service() -> String {
    match program() {
        Some(program) => format!("unknown_service:{program}"),
        None => "unknown_service".to_owned(),
    }
}

/// The file name of the running program.
pub(crate) fn program() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    Some(path.file_stem()?.to_str()?.to_owned())
}
