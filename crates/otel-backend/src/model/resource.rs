//! Who emitted a span.

use super::{Attribute, Text, Value};

/// The entity that produced spans; shared by all spans of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource<'a> {
    /// What is known of it, in the order sent.
    pub attributes: Vec<Attribute<'a>>,
    /// How many attributes the sender left out.
    pub dropped_attributes: u32,
    /// The schema that the attributes follow, or "".
    pub schema_url: Text<'a>,
}

/// The library that recorded spans; shared by all of its spans in a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope<'a> {
    /// The library's name, or "".
    pub name: Text<'a>,
    /// Its version, or "".
    pub version: Text<'a>,
    /// What else is known of it, in the order sent.
    pub attributes: Vec<Attribute<'a>>,
    /// How many attributes the sender left out.
    pub dropped_attributes: u32,
    /// The schema that the spans follow, or "".
    pub schema_url: Text<'a>,
}

impl Resource<'_> {
    /// The name under which the service is listed and found.
    ///
    /// Where `service.name` is missing, empty or no string, this is the name that Jaeger gives such
    /// a service; the attributes stay as sent.
    pub fn service_name(&self) -> &str {
        match self.attributes.iter().find(|a| a.key == "service.name") {
            None => "missing-service-name",
            Some(Attribute {
                value: Value::String(name),
                ..
            }) if name.is_empty() => "empty-service-name",
            Some(Attribute {
                value: Value::String(name),
                ..
            }) => name,
            Some(_) => "service-name-wrong-type",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_without_a_usable_name_is_named_as_jaeger_names_it() {
        let named = |value| Resource {
            attributes: vec![Attribute::new("service.name", value)],
            ..Resource::default()
        };
        assert_eq!(Resource::default().service_name(), "missing-service-name");
        assert_eq!(
            named(Value::String("".into())).service_name(),
            "empty-service-name"
        );
        assert_eq!(
            named(Value::Int(3)).service_name(),
            "service-name-wrong-type"
        );
        assert_eq!(named(Value::String("shop".into())).service_name(), "shop");
    }
}
