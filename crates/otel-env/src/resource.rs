//! The resource: the attributes of the program that makes the spans.

use std::fmt;

use crate::percent;
use crate::reader::Reader;
use crate::variables::{RESOURCE_ATTRIBUTES, RESOURCE_DETECTORS, SERVICE_NAME};

pub(crate) const SERVICE_NAME_KEY: &str = "service.name";

/// The attributes of the program that makes the spans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// The name of the service; `None` if it is not set.
    pub service_name: Option<String>,
    /// The other attributes, in the given order. The last value of each key counts.
    pub attributes: Vec<(String, Value)>,
    /// The detectors to run. Given attributes override detected ones.
    pub detectors: Vec<Detector>,
}

/// The value of an attribute. Variables give text only, a file all types.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Value {
    String(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    Strings(Vec<String>),
    Bools(Vec<bool>),
    Ints(Vec<i64>),
    Doubles(Vec<f64>),
}

/// A group of attributes that a program detects by itself.
///
/// The names are those of the declarative configuration, but `os` is separate from `host`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detector {
    /// `container.id`.
    Container,
    /// `host.name`, `host.arch`, `host.id`.
    Host,
    /// `os.type`, `os.version`, `os.description`.
    Os,
    /// `process.pid`, `process.executable.name`, `process.executable.path`, `process.command`.
    Process,
    /// `service.instance.id`, which is new at each start.
    Service,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.write_str(text),
            Self::Bool(flag) => flag.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Double(number) => number.fmt(f),
            Self::Strings(values) => write!(f, "{values:?}"),
            Self::Bools(values) => write!(f, "{values:?}"),
            Self::Ints(values) => write!(f, "{values:?}"),
            Self::Doubles(values) => write!(f, "{values:?}"),
        }
    }
}

impl Detector {
    const ALL: [Self; 5] = [
        Self::Container,
        Self::Host,
        Self::Os,
        Self::Process,
        Self::Service,
    ];

    fn of_name(name: &str) -> Option<Self> {
        match name {
            "container" => Some(Self::Container),
            "host" => Some(Self::Host),
            "os" => Some(Self::Os),
            "process" => Some(Self::Process),
            "service" => Some(Self::Service),
            _ => None,
        }
    }
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Resource {
    let mut attributes = attributes(reader);
    let named = attributes
        .iter()
        .rfind(|(key, value)| key == SERVICE_NAME_KEY && *value != Value::String(String::new()))
        .map(|(_, value)| value.to_string());
    attributes.retain(|(key, _)| key != SERVICE_NAME_KEY);
    Resource {
        service_name: reader.text(&SERVICE_NAME).or(named),
        attributes,
        detectors: detectors(reader),
    }
}

fn detectors(reader: &mut Reader<'_>) -> Vec<Detector> {
    let names = reader.list(&RESOURCE_DETECTORS).unwrap_or_default();
    let mut detectors = Vec::new();
    for name in &names {
        match name.to_ascii_lowercase().as_str() {
            "none" => {
                reader.none_stands_alone(&RESOURCE_DETECTORS, &names);
                return Vec::new();
            }
            "all" => return Detector::ALL.to_vec(),
            name => match Detector::of_name(name) {
                Some(detector) if detectors.contains(&detector) => {}
                Some(detector) => detectors.push(detector),
                None => reader.refuse(&RESOURCE_DETECTORS, name),
            },
        }
    }
    detectors
}

/// The specification requires the whole value to be discarded, and the error reported, if any part
/// cannot be decoded.
/// <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>
fn attributes(reader: &mut Reader<'_>) -> Vec<(String, Value)> {
    let attributes = reader.parse(&RESOURCE_ATTRIBUTES, pairs);
    attributes.unwrap_or_default()
}

/// The pairs in `text`; `None` if any of them is invalid.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, Value)>> {
    text.split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(attribute)
        .collect()
}

fn attribute(pair: &str) -> Option<(String, Value)> {
    let (key, value) = pair.split_once('=')?;
    let key = percent::decoded(key.trim()).filter(|key| !key.is_empty())?;
    Some((key, Value::String(percent::decoded(value.trim())?)))
}
