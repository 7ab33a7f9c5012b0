//! Detects the format of a JSON document, and decodes its spans or log records.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::jaeger::decode_trace;
use crate::format::otlp::{DecodedLogs, decode_json, decode_json_logs, decode_resource_spans};
use crate::format::{Decoded, weight, zipkin};

/// The members by which documents are distinguished.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe<'a> {
    /// OTLP, also under Tempo's old name.
    #[serde(borrow, alias = "resource_spans", alias = "batches")]
    resource_spans: Option<&'a RawValue>,
    /// A single `ResourceSpans`.
    #[serde(borrow, alias = "scope_spans", alias = "instrumentationLibrarySpans")]
    scope_spans: Option<&'a RawValue>,
    /// The answer of Jaeger's query API, or the download of its UI.
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
    /// A single trace in Jaeger's form.
    #[serde(borrow)]
    spans: Option<&'a RawValue>,
    /// The answer of Jaeger's v3 API or of Tempo's.
    #[serde(borrow, alias = "trace")]
    result: Option<&'a RawValue>,
    /// A single span in Zipkin's form.
    #[serde(borrow)]
    trace_id: Option<&'a RawValue>,
}

/// The contents of a document.
pub(super) enum Document<'a> {
    Spans(Decoded<'a>),
    Logs(DecodedLogs<'a>),
}

/// Distinguishes OTLP's log records from everything else.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogsProbe<'a> {
    #[serde(borrow, alias = "resource_logs")]
    resource_logs: Option<&'a RawValue>,
}

/// The kind of a document.
enum Kind {
    Otlp,
    ResourceSpans,
    Answer,
    Jaeger,
    Trace,
    ZipkinSpan,
}

/// The most objects in a document; it may have four times as many values.
const MAX_ELEMENTS: usize = 4_000_000;

/// The deepest nesting of answers and lists.
const MAX_DEPTH: usize = 4;

/// Decodes a document. A span, or one of several traces, that cannot be read is an error of its
/// own.
pub(super) fn decode(document: &[u8]) -> Result<Document<'_>, String> {
    weight::check_json(document, MAX_ELEMENTS).map_err(|too_many| too_many.to_string())?;
    // serde would take a list as the members of an object in their order.
    let is_object = document.trim_ascii_start().starts_with(b"{");
    let probe = serde_json::from_slice::<LogsProbe<'_>>(document);
    if is_object && probe.is_ok_and(|probe| probe.resource_logs.is_some()) {
        let decoded = decode_json_logs(document).map_err(|reason| reason.to_string())?;
        return Ok(Document::Logs(decoded));
    }
    decode_within(document, MAX_DEPTH).map(Document::Spans)
}

fn decode_within(document: &[u8], depth: usize) -> Result<Decoded<'_>, String> {
    let text = |reason: serde_json::Error| reason.to_string();
    if document.trim_ascii_start().starts_with(b"[") {
        let list: Vec<&RawValue> = serde_json::from_slice(document).map_err(text)?;
        return decode_list(document, list, depth);
    }
    let probe: Probe<'_> = serde_json::from_slice(document).map_err(|_| UNKNOWN.to_owned())?;
    match probe.kind() {
        Some(Kind::Otlp) => decode_json(document).map_err(text),
        Some(Kind::Answer) if depth > 0 => {
            let inner = probe.result.map_or("", RawValue::get);
            decode_within(inner.as_bytes(), depth - 1)
        }
        Some(Kind::ResourceSpans) => decode_resource_spans(document).map_err(text),
        Some(Kind::Jaeger) => Ok(decode_traces(probe.data.unwrap_or_default())),
        Some(Kind::Trace) => Ok(decode_traces(vec![
            serde_json::from_slice(document).map_err(text)?,
        ])),
        Some(Kind::ZipkinSpan | Kind::Answer) | None => Err(UNKNOWN.to_owned()),
    }
}

const UNKNOWN: &str = "neither OTLP nor Jaeger nor Zipkin: there is no resourceSpans, no resourceLogs, no data, no spans and no list of Zipkin's spans";

impl Probe<'_> {
    fn kind(&self) -> Option<Kind> {
        let kinds = [
            (self.data.is_some(), Kind::Jaeger),
            (self.resource_spans.is_some(), Kind::Otlp),
            (self.scope_spans.is_some(), Kind::ResourceSpans),
            (self.spans.is_some(), Kind::Trace),
            (self.result.is_some(), Kind::Answer),
            (self.trace_id.is_some(), Kind::ZipkinSpan),
        ];
        kinds
            .into_iter()
            .find_map(|(is_it, kind)| is_it.then_some(kind))
    }
}

/// A list holds Zipkin's spans, Jaeger's traces, or OTLP's messages.
fn decode_list<'a>(
    document: &'a [u8],
    list: Vec<&'a RawValue>,
    depth: usize,
) -> Result<Decoded<'a>, String> {
    let first = list
        .first()
        .map(|first| serde_json::from_str::<Probe<'_>>(first.get()));
    match first.and_then(Result::ok).and_then(|probe| probe.kind()) {
        Some(Kind::ZipkinSpan) => zipkin::decode_v2(document).map_err(|reason| reason.to_string()),
        Some(Kind::Trace) => Ok(decode_traces(list)),
        Some(_) if depth > 0 => {
            let decode = |entry: &'a RawValue| decode_within(entry.get().as_bytes(), depth - 1);
            let documents = list
                .into_iter()
                .map(decode)
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Box::new(documents.into_iter().flatten()))
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn decode_traces(traces: Vec<&RawValue>) -> Decoded<'_> {
    Box::new(traces.into_iter().flat_map(decode_trace))
}
