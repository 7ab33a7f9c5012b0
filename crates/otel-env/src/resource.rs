//! The resource: what produces the spans.

use crate::percent;
use crate::reader::Reader;
use crate::variables::{RESOURCE_ATTRIBUTES, SERVICE_NAME};

const SERVICE_NAME_KEY: &str = "service.name";

/// What produces the spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// The name of the service; `None` where the environment does not say it.
    pub service_name: Option<String>,
    /// The other attributes, in the order they were given. The last one of a key counts.
    pub attributes: Vec<(String, String)>,
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Resource {
    let mut attributes = attributes(reader);
    let named = attributes
        .iter()
        .rfind(|(key, value)| key == SERVICE_NAME_KEY && !value.is_empty())
        .map(|(_, value)| value.clone());
    attributes.retain(|(key, _)| key != SERVICE_NAME_KEY);
    Resource {
        service_name: reader.text(&SERVICE_NAME).or(named),
        attributes,
    }
}

/// "In case of any error, e.g. failure during the decoding process, the entire environment
/// variable value SHOULD be discarded and an error SHOULD be reported."
/// <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>
fn attributes(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    reader
        .parse(&RESOURCE_ATTRIBUTES, |text| {
            text.split(',')
                .filter(|pair| !pair.trim().is_empty())
                .map(attribute)
                .collect()
        })
        .unwrap_or_default()
}

fn attribute(pair: &str) -> Option<(String, String)> {
    let (key, value) = pair.split_once('=')?;
    let key = percent::decoded(key.trim()).filter(|key| !key.is_empty())?;
    Some((key, percent::decoded(value.trim())?))
}
