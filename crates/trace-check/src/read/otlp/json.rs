//! The types of OTLP's JSON.

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResourceSpans {
    pub(super) resource: OtlpResource,
    pub(super) scope_spans: Vec<ScopeSpans>,
    pub(super) schema_url: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OtlpResource {
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes_count: u32,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ScopeSpans {
    pub(super) scope: OtlpScope,
    pub(super) spans: Vec<OtlpSpan>,
    pub(super) schema_url: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OtlpScope {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes_count: u32,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OtlpSpan {
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) trace_state: String,
    pub(super) parent_span_id: String,
    pub(super) flags: u32,
    pub(super) name: String,
    pub(super) kind: Loose,
    pub(super) start_time_unix_nano: Loose,
    pub(super) end_time_unix_nano: Loose,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes_count: u32,
    pub(super) events: Vec<OtlpEvent>,
    pub(super) dropped_events_count: u32,
    pub(super) links: Vec<OtlpLink>,
    pub(super) dropped_links_count: u32,
    pub(super) status: OtlpStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OtlpEvent {
    pub(super) time_unix_nano: Loose,
    pub(super) name: String,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes_count: u32,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OtlpLink {
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) trace_state: String,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes_count: u32,
    pub(super) flags: u32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct OtlpStatus {
    pub(super) code: Loose,
    pub(super) message: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct KeyValue {
    pub(super) key: String,
    pub(super) value: Option<AnyValue>,
}

/// An object with one member or none.
#[derive(Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(super) enum AnyValue {
    String { string_value: String },
    Bool { bool_value: bool },
    Int { int_value: Loose },
    Double { double_value: Loose },
    Array { array_value: Values<AnyValue> },
    Map { kvlist_value: Values<KeyValue> },
    Bytes { bytes_value: String },
    Empty {},
}

impl Default for AnyValue {
    fn default() -> Self {
        Self::Empty {}
    }
}

#[derive(Deserialize)]
pub(super) struct Values<T> {
    #[serde(default = "Vec::new")]
    pub(super) values: Vec<T>,
}

/// A number, possibly as text; or a member of an enum, as its number or name.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Loose {
    Number(serde_json::Number),
    Text(String),
}

impl Default for Loose {
    fn default() -> Self {
        Self::Number(0.into())
    }
}

impl Loose {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    pub(super) fn u64(&self) -> Result<u64, String> {
        let text = self.text();
        text.parse().map_err(|_| format!("{text:?} is not a time"))
    }

    pub(super) fn i64(&self) -> Result<i64, String> {
        let text = self.text();
        text.parse()
            .map_err(|_| format!("{text:?} is not an integer"))
    }

    /// Rust parses "NaN", "Infinity" and "-Infinity", the names in protobuf's JSON.
    pub(super) fn f64(&self) -> Result<f64, String> {
        let text = self.text();
        text.parse()
            .map_err(|_| format!("{text:?} is not a number"))
    }

    /// The member of an enum; the first one if it is unknown.
    pub(super) fn find<T: Copy + Default>(
        &self,
        prefix: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> T {
        let text = self.text();
        let found = if let Ok(number) = text.parse::<usize>() {
            all.get(number)
        } else {
            let wanted = text.strip_prefix(prefix).unwrap_or(&text);
            all.iter().find(|member| name(**member) == wanted)
        };
        found.copied().unwrap_or_default()
    }
}
