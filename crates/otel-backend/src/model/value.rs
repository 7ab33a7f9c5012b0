//! Attributes and their values.

use std::borrow::Cow;

use super::Text;

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute<'a> {
    /// The name.
    pub key: Text<'a>,
    /// The value with its type.
    pub value: Value<'a>,
}

/// The value types of OTLP, and no value.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value<'a> {
    /// No value.
    #[default]
    Empty,
    /// Text.
    String(Text<'a>),
    /// True or false.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// A floating-point number, including NaN and the infinities.
    Double(f64),
    /// Values in order.
    Array(Vec<Value<'a>>),
    /// Keys and values in order; keys may repeat.
    Map(Vec<Attribute<'a>>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
}

impl Attribute<'_> {
    /// The approximate size on the wire, in bytes.
    pub fn size(&self) -> usize {
        self.key.len() + self.value.size()
    }

    /// The same attribute, owned.
    pub fn into_owned(self) -> Attribute<'static> {
        Attribute {
            key: Cow::Owned(self.key.into_owned()),
            value: self.value.into_owned(),
        }
    }
}

impl<'a> Attribute<'a> {
    /// An attribute.
    pub fn new(key: impl Into<Text<'a>>, value: Value<'a>) -> Self {
        Self {
            key: key.into(),
            value,
        }
    }
}

impl Value<'_> {
    /// The same value, owned.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Empty => Value::Empty,
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Bool(bool) => Value::Bool(bool),
            Self::Int(int) => Value::Int(int),
            Self::Double(double) => Value::Double(double),
            Self::Array(values) => {
                Value::Array(values.into_iter().map(Value::into_owned).collect())
            }
            Self::Map(entries) => {
                Value::Map(entries.into_iter().map(Attribute::into_owned).collect())
            }
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
        }
    }

    /// The name of the type, as in query languages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Empty => "nil",
            Self::String(_) => "string",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Double(_) => "float",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Bytes(_) => "bytes",
        }
    }

    /// The approximate size on the wire, in bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Empty | Self::Bool(_) => 1,
            Self::Int(_) | Self::Double(_) => 8,
            Self::String(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Array(values) => values.iter().map(Self::size).sum(),
            Self::Map(entries) => entries.iter().map(Attribute::size).sum(),
        }
    }
}
