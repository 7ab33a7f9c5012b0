//! Limits the length of text attributes, which the SDK does not.

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// An exporter that truncates text attributes before it passes spans on. This happens on the
/// exporting thread, not on the one that makes the spans.
#[derive(Debug)]
pub(crate) struct Cut<E> {
    exporter: E,
    /// The limit in characters.
    length: Option<usize>,
}

impl<E> Cut<E> {
    pub(crate) fn new(exporter: E, length: Option<usize>) -> Self {
        Self { exporter, length }
    }
}

impl<E: SpanExporter> SpanExporter for Cut<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        if let Some(length) = self.length {
            for span in &mut batch {
                cut_span(span, length);
            }
        }
        self.exporter.export(batch).await
    }

    crate::left::left_to_exporter!(SpanExporter);
}

fn cut_span(span: &mut SpanData, length: usize) {
    cut_all(&mut span.attributes, length);
    for event in &mut span.events.events {
        cut_all(&mut event.attributes, length);
    }
    for link in &mut span.links.links {
        cut_all(&mut link.attributes, length);
    }
}

fn cut_all(attributes: &mut [KeyValue], length: usize) {
    for attribute in attributes {
        match &mut attribute.value {
            Value::String(text) => cut_text(text, length),
            Value::Array(Array::String(texts)) => {
                for text in texts {
                    cut_text(text, length);
                }
            }
            _ => {}
        }
    }
}

/// The specification counts each character as 1.
fn cut_text(text: &mut StringValue, length: usize) {
    if let Some((end, _)) = text.as_str().char_indices().nth(length) {
        let cut = text.as_str().get(..end).unwrap_or_default();
        *text = cut.to_owned().into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_characters_and_nothing_else_is() {
        let texts = |values: &[&'static str]| {
            let values = values.iter().map(|value| StringValue::from(*value));
            Value::Array(Array::String(values.collect()))
        };
        let mut attributes = [
            KeyValue::new("long", "日本語!"),
            KeyValue::new("short", "abc"),
            KeyValue::new("list", texts(&["abcdef", ""])),
            KeyValue::new("number", 123_456),
        ];
        cut_all(&mut attributes, 3);
        let expected = [
            KeyValue::new("long", "日本語"),
            KeyValue::new("short", "abc"),
            KeyValue::new("list", texts(&["abc", ""])),
            KeyValue::new("number", 123_456),
        ];
        assert_eq!(attributes, expected);
    }
}
