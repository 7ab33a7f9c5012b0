//! From Zipkin's model to OTLP's.

use super::{Endpoint, ZipkinSpan, annotation, resource, status};
use crate::format::tags::{take_kind, take_scope, take_string};
use crate::model::{
    Attribute, Dropped, InvalidSpan, Resource, Scope, SpanKind, Text, UncheckedId, UncheckedSpan,
    UnixNanos, Value, from_short_hex,
};

/// Says that a span came without the time at which it began, as the Collector does.
const NO_START: &str = "otel.zipkin.absentField.startTime";

/// Translates a span; the resource is not shared yet.
pub(super) fn translate(
    span: ZipkinSpan<'_>,
) -> Result<(UncheckedSpan<'_>, Resource<'_>, Scope<'_>), InvalidSpan> {
    let mut tags = span.tags;
    let trace_id: [u8; 16] = named_id("trace id", &span.trace_id)?;
    let span_id: [u8; 8] = named_id("span id", &span.id)?;
    let parent_id: [u8; 8] = match span.parent_id.as_ref() {
        "" => [0; 8],
        parent => named_id("parent span id", parent)?,
    };
    let start = UnixNanos::from_micros(span.start.unwrap_or_default());
    let end = span.start.unwrap_or_default().saturating_add(span.duration);
    let unchecked = UncheckedSpan {
        trace_id: trace_id.into(),
        span_id: span_id.into(),
        parent_id: if parent_id == span_id {
            UncheckedId::default()
        } else {
            parent_id.into()
        },
        trace_state: take_string(&mut tags, "w3c.tracestate").unwrap_or_default(),
        // OpenTelemetry's exporters put W3C's "sampled" there.
        flags: u32::from(span.debug),
        name: span.name,
        kind: match span.kind {
            SpanKind::Unspecified => take_kind(&mut tags),
            kind => kind,
        },
        start,
        end: UnixNanos::from_micros(end),
        events: span
            .annotations
            .into_iter()
            .map(annotation::event)
            .collect(),
        links: annotation::take_links(&mut tags),
        status: status::take(&mut tags),
        dropped: take_dropped(&mut tags),
        ..UncheckedSpan::default()
    };
    let scope = take_any_scope(&mut tags);
    let Endpoint { service, ip, port } = span.local;
    let resource = resource::take(&mut tags, service);
    add_address(&mut tags, "net.host.ip", ip, "net.host.port", port);
    let Endpoint { service, ip, port } = span.remote;
    add_text(&mut tags, "peer.service", service);
    add_address(&mut tags, "net.peer.ip", ip, "net.peer.port", port);
    if span.start.is_none() {
        tags.push(Attribute::new(NO_START, Value::Bool(true)));
    }
    let unchecked = UncheckedSpan {
        attributes: tags,
        ..unchecked
    };
    Ok((unchecked, resource, scope))
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

/// The scope by its name of today, or by the one it had.
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

/// What a tag says already is not said again.
fn add<'a>(tags: &mut Vec<Attribute<'a>>, key: &'static str, value: Value<'a>) {
    if !tags.iter().any(|tag| tag.key == key) {
        tags.push(Attribute::new(key, value));
    }
}
