//! The resource that emitted a span, and the scope that recorded it.

use std::borrow::Cow;

use super::{Attribute, Text, Value};

/// The entity that produced spans; shared by all spans of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource<'a> {
    /// The attributes, in the order sent.
    pub attributes: Vec<Attribute<'a>>,
    /// The number of attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The URL of the schema of the attributes, or "".
    pub schema_url: Text<'a>,
}

/// The library that recorded spans; shared by all of its spans in a batch.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    /// The library's name, or "".
    pub name: Text<'a>,
    /// Its version, or "".
    pub version: Text<'a>,
    /// The attributes, in the order sent.
    pub attributes: Vec<Attribute<'a>>,
    /// The number of attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The URL of the schema of the spans, or "".
    pub schema_url: Text<'a>,
}

/// Written by hand because of empty texts, of which most scopes have two. With AVX-512, `memcmp`
/// takes hundreds of cycles to compare empty texts, since it makes a masked read, and an empty text
/// does not point to memory.
impl PartialEq for Scope<'_> {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            name,
            version,
            attributes,
            dropped_attributes,
            schema_url,
        } = self;
        let texts = [
            (name, &other.name),
            (version, &other.version),
            (schema_url, &other.schema_url),
        ];
        texts
            .iter()
            .all(|(a, b)| a.len() == b.len() && (a.is_empty() || a == b))
            && *attributes == other.attributes
            && *dropped_attributes == other.dropped_attributes
    }
}

impl Resource<'_> {
    /// The same resource, owned.
    pub fn into_owned(self) -> Resource<'static> {
        Resource {
            attributes: owned(self.attributes),
            dropped_attributes: self.dropped_attributes,
            schema_url: Cow::Owned(self.schema_url.into_owned()),
        }
    }

    /// The name under which the service is listed and found.
    ///
    /// If `service.name` is missing, empty or not a string, this is the name that Jaeger gives such
    /// a service; the attributes stay as sent.
    pub fn service_name(&self) -> &str {
        let mut attributes = self.attributes.iter();
        let service = attributes.find(|a| a.key == "service.name");
        match service.map(|attribute| &attribute.value) {
            None => "missing-service-name",
            Some(Value::String(name)) if name.is_empty() => "empty-service-name",
            Some(Value::String(name)) => name,
            Some(_) => "service-name-wrong-type",
        }
    }
}

impl Scope<'_> {
    /// The same scope, owned.
    pub fn into_owned(self) -> Scope<'static> {
        Scope {
            name: Cow::Owned(self.name.into_owned()),
            version: Cow::Owned(self.version.into_owned()),
            attributes: owned(self.attributes),
            dropped_attributes: self.dropped_attributes,
            schema_url: Cow::Owned(self.schema_url.into_owned()),
        }
    }
}

fn owned(attributes: Vec<Attribute<'_>>) -> Vec<Attribute<'static>> {
    attributes.into_iter().map(Attribute::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_that_differ_in_anything_are_not_equal() {
        let scope = Scope {
            name: "shop".into(),
            version: "1".into(),
            ..Scope::default()
        };
        let others = [
            Scope::default(),
            Scope {
                name: "shed".into(),
                ..scope.clone()
            },
            Scope {
                version: "".into(),
                ..scope.clone()
            },
            Scope {
                schema_url: "s".into(),
                ..scope.clone()
            },
            Scope {
                dropped_attributes: 1,
                ..scope.clone()
            },
            Scope {
                attributes: vec![Attribute::new("a", Value::Empty)],
                ..scope.clone()
            },
        ];
        assert_eq!(scope, scope.clone());
        for other in others {
            assert_ne!(scope, other);
        }
    }

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
