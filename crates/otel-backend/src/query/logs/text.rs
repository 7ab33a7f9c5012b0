//! Search texts for log records, in upper or lower case.

use crate::model::{Attribute, LogRecord, Value};

/// A text in the body, in an attribute, or in the name of an event.
#[derive(Debug, Clone)]
pub struct LogText {
    pattern: regex::Regex,
    /// The same pattern for bytes that may not be text.
    bytes: regex::bytes::Regex,
}

/// The search text is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text has more than {MAX_TEXT} bytes: search for a part of it")]
pub struct TextTooLong;

/// The longest search text, in bytes.
const MAX_TEXT: usize = 1000;

impl LogText {
    /// Makes a search for this text.
    ///
    /// # Errors
    /// [`TextTooLong`] if it is longer than 1,000 bytes.
    pub fn new(text: &str) -> Result<Self, TextTooLong> {
        if text.len() > MAX_TEXT {
            return Err(TextTooLong);
        }
        let escaped = regex::escape(text);
        let pattern = regex::RegexBuilder::new(&escaped)
            .case_insensitive(true)
            .build();
        let bytes = regex::bytes::RegexBuilder::new(&escaped)
            .case_insensitive(true)
            .build();
        Ok(Self {
            pattern: pattern.map_err(|_| TextTooLong)?,
            bytes: bytes.map_err(|_| TextTooLong)?,
        })
    }

    /// Returns true if the text occurs in the encoded records; a record that contains it also has
    /// it in its bytes.
    pub(super) fn may_be_in(&self, bytes: &[u8]) -> bool {
        self.bytes.is_match(bytes)
    }

    /// Returns true if the text is in a record: in its body, in a key or a text of its attributes,
    /// or in its event's name.
    pub(super) fn is_in(&self, record: &LogRecord<'_>) -> bool {
        self.pattern.is_match(&record.event_name)
            || self.is_in_value(&record.body)
            || self.is_in_attributes(&record.attributes)
    }

    fn is_in_attributes(&self, attributes: &[Attribute<'_>]) -> bool {
        attributes.iter().any(|attribute| {
            self.pattern.is_match(&attribute.key) || self.is_in_value(&attribute.value)
        })
    }

    fn is_in_value(&self, value: &Value<'_>) -> bool {
        match value {
            Value::String(text) => self.pattern.is_match(text),
            Value::Array(values) => values.iter().any(|value| self.is_in_value(value)),
            Value::Map(entries) => self.is_in_attributes(entries),
            Value::Empty | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Bytes(_) => {
                false
            }
        }
    }
}
