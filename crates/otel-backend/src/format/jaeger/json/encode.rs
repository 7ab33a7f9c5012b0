//! Writes a trace in the JSON of Jaeger's old API.
//!
//! Spans are written one by one as they arrive, so that a large trace is not in memory twice, and
//! its first spans are sent before its last are decoded.
//!
//! Spec: <https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go>

use std::borrow::Borrow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use jaeger_wire::{SpanRef, Tag};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::fields::{Detail, LogJson, Micros, process_id, references, short_id, tags};
use super::links::{self, LinkJson};
use super::outline::OutlineJson;
use crate::format::jaeger::encode::{self as translate, Order};
use crate::format::json::{JsonWriter, is_zero};
use crate::model::{Resource, Span, TraceId, to_hex};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanJson<'a> {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    /// The W3C trace flags. Jaeger omits them for spans received as OTLP.
    #[serde(skip_serializing_if = "is_zero")]
    flags: u32,
    operation_name: &'a str,
    #[serde(serialize_with = "references")]
    references: Vec<SpanRef>,
    start_time: Micros,
    duration: Micros,
    #[serde(serialize_with = "tags")]
    tags: Vec<Tag<'a>>,
    logs: Vec<LogJson<'a>>,
    #[serde(rename = "processID")]
    process_id: String,
    warnings: Option<Vec<String>>,
    /// The links with the data that Jaeger omits; not part of Jaeger's JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProcessJson<'a> {
    service_name: &'a str,
    #[serde(serialize_with = "tags")]
    tags: &'a [Tag<'a>],
}

/// The distinct resources of the spans so far, numbered in order of appearance.
struct Processes<'a> {
    order: Order,
    distinct: Vec<Arc<Resource<'a>>>,
    /// Resources that several spans share, kept alive so that their addresses are not reused.
    known: HashMap<*const Resource<'a>, (usize, Arc<Resource<'a>>)>,
}

/// Returns a warning about a span, if there is one.
pub type Warn<'f> = dyn Fn(&Span<'_>) -> Option<String> + 'f;

/// Options for writing a trace.
#[expect(
    missing_debug_implementations,
    reason = "a function has nothing to show"
)]
#[derive(Clone, Copy)]
pub struct Form<'f> {
    /// True if the trace has more spans than these.
    pub is_cut: bool,
    /// The amount of detail.
    pub detail: Detail,
    /// Additional warnings about a span, beside those that the span itself gives.
    pub warning: Option<&'f Warn<'f>>,
}

impl Form<'_> {
    /// All spans, without additional warnings.
    pub fn whole(detail: Detail) -> Self {
        Self {
            is_cut: false,
            detail,
            warning: None,
        }
    }
}

/// Writes a trace with these spans, in their order; returns the number of spans written.
///
/// # Errors
/// The error of the output.
pub fn write_trace<'a, W: Write>(
    json: &mut JsonWriter<W>,
    trace_id: TraceId,
    spans: impl Iterator<Item: Borrow<Span<'a>>>,
    form: Form<'_>,
) -> io::Result<usize> {
    let mut processes = Processes {
        order: form.detail.order(),
        distinct: Vec::new(),
        known: HashMap::new(),
    };
    let mut written = 0;
    json.object(|trace| {
        let id = short_id(trace_id.as_bytes());
        trace.member("traceID")?.value(&id)?;
        trace.member("spans")?.list(|list| {
            for span in spans {
                let span = span.borrow();
                let process = processes.number(&span.resource);
                let entry = list.entry()?;
                if form.detail == Detail::Outline {
                    entry.value(&OutlineJson::new(span, process))?;
                } else {
                    entry.value(&SpanJson::new(span, process, form))?;
                }
                written += 1;
            }
            io::Result::Ok(())
        })?;
        trace.member("processes")?.value(&processes)?;
        let n = written;
        let warning = || format!("trace has more than {n} spans, showing first {n} spans only");
        trace
            .member("warnings")?
            .value(&form.is_cut.then(|| [warning()]))
    })?;
    Ok(written)
}

impl<'a> SpanJson<'a> {
    fn new(span: &'a Span<'_>, process: usize, form: Form<'_>) -> Self {
        let detail = form.detail;
        let mut warnings = translate::warnings(span);
        warnings.extend(form.warning.and_then(|warning| warning(span)));
        let events = translate::events(span).into_iter();
        Self {
            trace_id: short_id(span.trace_id.as_bytes()),
            span_id: to_hex(span.span_id.as_bytes()),
            flags: span.flags & 0xff,
            operation_name: &span.name,
            references: translate::references(span),
            start_time: Micros::at(span.start, detail),
            duration: Micros::of(span, detail),
            tags: translate::tags(span, detail.order()),
            logs: events.map(|event| LogJson::new(event, detail)).collect(),
            process_id: process_id(process),
            warnings: (!warnings.is_empty()).then_some(warnings),
            links: if detail == Detail::Exact {
                links::of(span)
            } else {
                Vec::new()
            },
        }
    }
}

impl<'a> Processes<'a> {
    fn number(&mut self, resource: &Arc<Resource<'a>>) -> usize {
        if let Some((number, _)) = self.known.get(&Arc::as_ptr(resource)) {
            return *number;
        }
        let equal = self.distinct.iter().position(|other| other == resource);
        let number = equal.unwrap_or_else(|| {
            self.distinct.push(Arc::clone(resource));
            self.distinct.len() - 1
        });
        if Arc::strong_count(resource) > 1 {
            let kept = Arc::clone(resource);
            self.known.insert(Arc::as_ptr(resource), (number, kept));
        }
        number
    }
}

impl Serialize for Processes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.distinct.len()))?;
        for (number, resource) in self.distinct.iter().enumerate() {
            let process = translate::process(resource, self.order);
            let json = ProcessJson {
                service_name: &process.service_name,
                tags: &process.tags,
            };
            map.serialize_entry(&process_id(number), &json)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Attribute, SpanIds, Value};

    use super::*;

    fn span(service: String) -> Span<'static> {
        let ids = SpanIds::new(&[1; 16], &[2; 8], &[]).unwrap();
        let resource = Resource {
            attributes: vec![Attribute::new(
                "service.name",
                Value::String(service.into()),
            )],
            ..Resource::default()
        };
        Span::new(ids, Arc::new(resource), Arc::default())
    }

    /// The memory of a dropped resource is reused for the next one.
    #[test]
    fn spans_that_come_and_go_have_each_its_own_process() {
        let services = ["a", "b", "a", "c", "b"];
        let spans = services.into_iter().map(|name| span(name.to_owned()));
        let trace_id = TraceId::new([1; 16]).unwrap();
        let mut json = JsonWriter::new(Vec::new(), false);
        let form = Form {
            is_cut: true,
            detail: Detail::Jaeger,
            warning: None,
        };
        assert_eq!(write_trace(&mut json, trace_id, spans, form).unwrap(), 5);
        let json: serde_json::Value = serde_json::from_slice(&json.into_inner()).unwrap();
        let written = json["spans"].as_array().unwrap().iter();
        let process = |span: &serde_json::Value| span["processID"].as_str().unwrap().to_owned();
        let names = written.map(|span| json["processes"][process(span)]["serviceName"].clone());
        assert_eq!(names.collect::<Vec<_>>(), services);
        assert_eq!(json["processes"].as_object().unwrap().len(), 3);
        let warning = "trace has more than 5 spans, showing first 5 spans only";
        assert_eq!(json["warnings"], serde_json::json!([warning]));
    }
}
