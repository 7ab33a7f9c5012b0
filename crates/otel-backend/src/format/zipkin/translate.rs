//! Converts Zipkin's model to OTLP's.

use super::{Endpoint, ZipkinSpan, annotation, resource, status};
use crate::format::shared::{Resources, Scopes};
use crate::format::tags::{take_kind, take_scope, take_string};
use crate::model::{
    Attribute, Dropped, InvalidSpan, Scope, Span, SpanId, SpanIds, SpanKind, Text, UnixNanos,
    Value, from_short_hex,
};

/// The attribute by which the Collector marks a span received without a start.
const NO_START: &str = "otel.zipkin.absentField.startTime";

/// Converts a span.
pub(super) fn translate<'a>(
    span: ZipkinSpan<'a>,
    resources: &mut Resources<'a>,
    scopes: &mut Scopes<'a>,
) -> Result<Span<'a>, InvalidSpan> {
    let mut tags = span.tags;
    let ids = ids(&span.trace_id, &span.id, &span.parent_id)?;
    let trace_state = take_string(&mut tags, "w3c.tracestate").unwrap_or_default();
    let kind = match span.kind {
        SpanKind::Unspecified => take_kind(&mut tags),
        kind => kind,
    };
    let annotations = span.annotations.into_iter();
    let links = annotation::take_links(&mut tags);
    let status = status::take(&mut tags);
    let dropped = take_dropped(&mut tags);
    let scope = scopes.share(take_any_scope(&mut tags));
    let Endpoint { service, ip, port } = span.local;
    let resource = resources.share(resource::take(&mut tags, service));
    add_address(&mut tags, "net.host.ip", ip, "net.host.port", port);
    let Endpoint { service, ip, port } = span.remote;
    add_text(&mut tags, "peer.service", service);
    add_address(&mut tags, "net.peer.ip", ip, "net.peer.port", port);
    if span.start.is_none() {
        tags.push(Attribute::new(NO_START, Value::Bool(true)));
    }
    let start = span.start.unwrap_or_default();
    Ok(Span {
        trace_state,
        // OpenTelemetry's exporters write W3C's "sampled" flag there.
        flags: u32::from(span.debug),
        name: span.name,
        kind,
        start: UnixNanos::from_micros(start),
        end: UnixNanos::from_micros(start.saturating_add(span.duration)),
        events: annotations.map(annotation::event).collect(),
        links,
        status,
        dropped,
        attributes: tags,
        ..Span::new(ids, resource, scope)
    })
}

/// A span that names itself as its parent has none.
fn ids(trace_id: &str, span_id: &str, parent: &str) -> Result<SpanIds, InvalidSpan> {
    let trace_id = named_id::<16>("trace id", trace_id)?;
    let span_id = named_id::<8>("span id", span_id)?;
    let parent = match parent {
        "" => [0; 8],
        parent => named_id("parent span id", parent)?,
    };
    let ids = SpanIds::new(&trace_id, &span_id, &parent)?;
    let is_own = |parent: &SpanId| *parent == ids.span_id;
    Ok(SpanIds {
        parent: ids.parent.filter(|parent| !is_own(parent)),
        ..ids
    })
}

fn named_id<const N: usize>(what: &str, hex: &str) -> Result<[u8; N], InvalidSpan> {
    from_short_hex(hex).ok_or_else(|| {
        let shown: String = hex.chars().take(64).collect();
        let digits = 2 * N;
        InvalidSpan::Malformed(format!(
            "{what} '{shown}' is not 1 to {digits} hexadecimal digits"
        ))
    })
}

/// The scope from the current tags, or from the former ones.
fn take_any_scope<'a>(tags: &mut Vec<Attribute<'a>>) -> Scope<'a> {
    let (name, version) = ("otel.library.name", "otel.library.version");
    let (name, version) = (take_string(tags, name), take_string(tags, version));
    match take_scope(tags) {
        scope if scope.name.is_empty() => Scope {
            name: name.unwrap_or_default(),
            version: version.unwrap_or_default(),
            ..Scope::default()
        },
        scope => scope,
    }
}

fn take_dropped(tags: &mut Vec<Attribute<'_>>) -> Dropped {
    Dropped {
        attributes: take_count(tags, "otel.dropped_attributes_count"),
        events: take_count(tags, "otel.dropped_events_count"),
        links: take_count(tags, "otel.dropped_links_count"),
    }
}

fn take_count(tags: &mut Vec<Attribute<'_>>, key: &str) -> u32 {
    let is_count = |tag: &Attribute<'_>| tag.key == key && tag.value.text().parse::<u32>().is_ok();
    match tags.iter().position(is_count) {
        Some(index) => tags.remove(index).value.text().parse().unwrap_or_default(),
        None => 0,
    }
}

fn add_address<'a>(
    tags: &mut Vec<Attribute<'a>>,
    ip_key: &'static str,
    ip: Text<'a>,
    port_key: &'static str,
    port: Option<u16>,
) {
    add_text(tags, ip_key, ip);
    if let Some(port) = port {
        add(tags, port_key, Value::Int(port.into()));
    }
}

fn add_text<'a>(tags: &mut Vec<Attribute<'a>>, key: &'static str, text: Text<'a>) {
    if !text.is_empty() {
        add(tags, key, Value::String(text));
    }
}

/// Adds an attribute, unless there is a tag with that key.
fn add<'a>(tags: &mut Vec<Attribute<'a>>, key: &'static str, value: Value<'a>) {
    if !tags.iter().any(|tag| tag.key == key) {
        tags.push(Attribute::new(key, value));
    }
}
