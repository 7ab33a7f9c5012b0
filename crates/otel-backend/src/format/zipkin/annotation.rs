//! Events and links, which OpenTelemetry's exporters encode as text.

use serde_json::{Map, Value as Json};

use super::values::attributes;
use crate::format::tags::take_string;
use crate::model::{Attribute, Event, Id, Link, Text, UnixNanos, from_short_hex};

/// The most links; further ones stay attributes.
const MAX_LINKS: usize = 128;

/// The event in an annotation.
///
/// With attributes it is `{"name": {…}}` or `"name": {…}`, as in the specification, or
/// `name|{…}|dropped`, as in the Collector. Any other text is the name.
pub(super) fn event((time, text): (u64, Text<'_>)) -> Event<'_> {
    let time = UnixNanos::from_micros(time);
    match specified(&text).or_else(|| collectors(&text)) {
        Some(event) => Event { time, ..event },
        None => Event {
            time,
            name: text,
            ..Event::default()
        },
    }
}

fn specified(text: &str) -> Option<Event<'static>> {
    let object: Map<String, Json> = match text.as_bytes().first()? {
        b'{' => serde_json::from_str(text).ok()?,
        b'"' => serde_json::from_str(&format!("{{{text}}}")).ok()?,
        _ => return None,
    };
    let mut entries = object.into_iter();
    match (entries.next(), entries.next()) {
        (Some((name, Json::Object(inner))), None) => Some(Event {
            name: name.into(),
            attributes: attributes(inner),
            ..Event::default()
        }),
        _ => None,
    }
}

fn collectors(text: &str) -> Option<Event<'static>> {
    let (name, rest) = text.split_once('|')?;
    let (attributes, dropped_attributes) = attributes_and_dropped(rest)?;
    Some(Event {
        name: name.to_owned().into(),
        attributes,
        dropped_attributes,
        ..Event::default()
    })
}

/// Parses `{…}|dropped`.
fn attributes_and_dropped(text: &str) -> Option<(Vec<Attribute<'static>>, u32)> {
    let (json, dropped) = text.rsplit_once('|')?;
    let object = serde_json::from_str(json).ok()?;
    Some((attributes(object), dropped.parse().ok()?))
}

/// Removes the tags `otlp.link.0` and so on, in which the Collector writes `trace id|span id|trace
/// state|{…}|dropped`.
pub(super) fn take_links<'a>(tags: &mut Vec<Attribute<'a>>) -> Vec<Link<'a>> {
    let mut links = Vec::new();
    while links.len() < MAX_LINKS {
        let key = format!("otlp.link.{}", links.len());
        let Some(text) = take_string(tags, &key) else {
            break;
        };
        let Some(read) = link(&text) else {
            tags.push(Attribute::new(key, crate::model::Value::String(text)));
            break;
        };
        links.push(read);
    }
    links
}

fn link(text: &str) -> Option<Link<'static>> {
    let mut parts = text.splitn(4, '|');
    let (trace, span, state) = (parts.next()?, parts.next()?, parts.next()?);
    let (attributes, dropped_attributes) = attributes_and_dropped(parts.next()?)?;
    Some(Link {
        trace_id: from_short_hex(trace).and_then(|bytes| Id::new(bytes).ok()),
        span_id: from_short_hex(span).and_then(|bytes| Id::new(bytes).ok()),
        trace_state: state.to_owned().into(),
        attributes,
        dropped_attributes,
        ..Link::default()
    })
}
