//! One JSON document: its format is recognized, and its spans are decoded.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::Decoded;
use crate::format::jaeger::decode_trace;
use crate::format::otlp::decode_json;

/// The fields by which documents are told apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe<'a> {
    /// OTLP.
    #[serde(borrow)]
    resource_spans: Option<&'a RawValue>,
    /// An answer of Jaeger's query API, or what its UI downloads.
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
    /// One of Jaeger's traces.
    #[serde(borrow)]
    spans: Option<&'a RawValue>,
}

/// Reads a document. A span, or one of several traces, that cannot be read is an error of its own.
pub(super) fn decode(document: &[u8]) -> Result<Decoded<'_>, String> {
    if document.trim_ascii_start().starts_with(b"[") {
        let traces: Vec<&RawValue> =
            serde_json::from_slice(document).map_err(|reason| reason.to_string())?;
        return Ok(decode_traces(traces));
    }
    match serde_json::from_slice(document).map_err(|reason| reason.to_string())? {
        Probe {
            data: Some(traces), ..
        } => Ok(decode_traces(traces)),
        Probe {
            resource_spans: Some(_),
            ..
        } => decode_json(document).map_err(|reason| reason.to_string()),
        Probe { spans: Some(_), .. } => {
            let trace: &RawValue =
                serde_json::from_slice(document).map_err(|reason| reason.to_string())?;
            Ok(decode_traces(vec![trace]))
        }
        Probe { .. } => Err(
            "neither OTLP nor Jaeger: there is no resourceSpans, no data and no spans".to_owned(),
        ),
    }
}

fn decode_traces(traces: Vec<&RawValue>) -> Decoded<'_> {
    Box::new(traces.into_iter().flat_map(decode_trace))
}
