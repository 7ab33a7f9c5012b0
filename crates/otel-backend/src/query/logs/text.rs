//! Search texts for log records, in upper or lower case.

use crate::model::{Attribute, LogRecord, Value};

/// A text in the body, in an attribute, or in the name of an event.
#[derive(Debug, Clone)]
pub struct LogText {
    pattern: regex::Regex,
    /// The same pattern for bytes that may not be text.
    bytes: regex::bytes::Regex,
    /// Its last letters, if there are more. A pattern is searched for by its first letters, which many
    /// records may have; they seldom have its last ones, too.
    end: Option<regex::bytes::Regex>,
}

/// The search text is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text has more than {MAX_TEXT} bytes: search for a part of it")]
pub struct TextTooLong;

/// The longest search text, in bytes.
const MAX_TEXT: usize = 1000;

/// The letters of its end that are searched for first: as many as are compared at once.
const END: usize = 4;

impl LogText {
    /// Makes a search for this text.
    ///
    /// # Errors
    /// [`TextTooLong`] if it is longer than 1,000 bytes.
    pub fn new(text: &str) -> Result<Self, TextTooLong> {
        if text.len() > MAX_TEXT {
            return Err(TextTooLong);
        }
        let pattern = regex::RegexBuilder::new(&regex::escape(text))
            .case_insensitive(true)
            .build();
        let in_bytes = |text: &str| {
            let pattern = regex::bytes::RegexBuilder::new(&regex::escape(text))
                .case_insensitive(true)
                .build();
            pattern.map_err(|_| TextTooLong)
        };
        let end = text.char_indices().rev().nth(END - 1);
        let end = end.filter(|(begin, _)| *begin > 0);
        let end = end.and_then(|(begin, _)| text.get(begin..));
        Ok(Self {
            pattern: pattern.map_err(|_| TextTooLong)?,
            bytes: in_bytes(text)?,
            end: end.map(in_bytes).transpose()?,
        })
    }

    /// Returns true if the text occurs in the encoded records; a record that contains it also has
    /// it in its bytes.
    pub(super) fn may_be_in(&self, bytes: &[u8]) -> bool {
        let has_end = self.end.as_ref().is_none_or(|end| end.is_match(bytes));
        has_end && self.bytes.is_match(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_any_case_by_its_end_and_its_whole() {
        let text = |text: &str| LogText::new(text).unwrap();
        let records = "the ANSWER.of nobody \u{df}\u{e9}";
        for found in [
            "",
            "of",
            "body",
            "nobody",
            "Answer.of",
            "OF NOBODY \u{df}\u{c9}",
        ] {
            assert!(text(found).may_be_in(records.as_bytes()), "{found}");
        }
        for missing in ["bodx", "answer of nobody", "xbody", "nobody \u{df}\u{e8}"] {
            assert!(!text(missing).may_be_in(records.as_bytes()), "{missing}");
        }
        assert!(!text("of nobody").may_be_in(b"of somebody"));
        assert!(LogText::new(&"x".repeat(MAX_TEXT + 1)).is_err());
    }
}
