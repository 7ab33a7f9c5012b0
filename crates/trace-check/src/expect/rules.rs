//! The changes to spans that the lists of rules use.

use std::sync::Arc;

use crate::model::{Attribute, Dropped, Link, Resource, Scope, Span, Value, attribute};

/// Truncates start, duration and the times of events to microseconds, each separately.
pub(super) fn whole_micros(span: &mut Span) {
    let length = i128::from(span.end) - i128::from(span.start);
    span.start -= span.start % 1_000;
    let end = i128::from(span.start) + length / 1_000 * 1_000;
    span.end = u64::try_from(end).unwrap_or_default();
    for event in &mut span.events {
        event.time -= event.time % 1_000;
    }
}

/// Sets the duration to zero if the span ends before it starts.
pub(super) fn no_negative_duration(span: &mut Span) {
    span.end = span.end.max(span.start);
}

/// Converts arrays and maps to JSON text.
pub(super) fn structures_as_text(span: &mut Span) {
    for_all_values(span, |value| {
        if matches!(value, Value::Array(_) | Value::Map(_)) {
            *value = Value::String(value.text());
        }
    });
}

/// Converts empty values to empty text.
pub(super) fn empty_as_text(span: &mut Span) {
    for_all_values(span, |value| {
        if *value == Value::Empty {
            *value = Value::String(String::new());
        }
    });
}

/// Converts every value to text.
pub(super) fn everything_as_text(span: &mut Span) {
    for_all_values(span, |value| *value = Value::String(value.text()));
}

/// Changes every value in the span, its events, its links, its scope and its resource.
pub(super) fn for_all_values(span: &mut Span, change: impl Fn(&mut Value)) {
    let change_all = |attributes: &mut Vec<Attribute>| {
        for attribute in attributes {
            change(&mut attribute.value);
        }
    };
    change_all(&mut span.attributes);
    span.events
        .iter_mut()
        .for_each(|e| change_all(&mut e.attributes));
    span.links
        .iter_mut()
        .for_each(|l| change_all(&mut l.attributes));
    change_all(&mut Arc::make_mut(&mut span.resource).attributes);
    change_all(&mut Arc::make_mut(&mut span.scope).attributes);
}

/// Keeps the last of several attributes with the same key.
pub(super) fn keys_once(span: &mut Span) {
    last_of_each_key(&mut span.attributes);
    span.events
        .iter_mut()
        .for_each(|e| last_of_each_key(&mut e.attributes));
    span.links
        .iter_mut()
        .for_each(|l| last_of_each_key(&mut l.attributes));
    last_of_each_key(&mut Arc::make_mut(&mut span.resource).attributes);
}

fn last_of_each_key(attributes: &mut Vec<Attribute>) {
    let mut kept: Vec<Attribute> = Vec::with_capacity(attributes.len());
    for attribute in attributes.drain(..) {
        match kept.iter_mut().find(|other| other.key == attribute.key) {
            Some(other) => *other = attribute,
            None => kept.push(attribute),
        }
    }
    *attributes = kept;
}

pub(super) fn no_scope_attributes(span: &mut Span) {
    Arc::make_mut(&mut span.scope).attributes.clear();
}

pub(super) fn no_schema_urls(span: &mut Span) {
    Arc::make_mut(&mut span.scope).schema_url.clear();
    Arc::make_mut(&mut span.resource).schema_url.clear();
}

pub(super) fn no_dropped_counts(span: &mut Span) {
    span.dropped = Dropped::default();
    span.events.iter_mut().for_each(|event| event.dropped = 0);
    span.links.iter_mut().for_each(|link| link.dropped = 0);
    Arc::make_mut(&mut span.scope).dropped = 0;
    Arc::make_mut(&mut span.resource).dropped = 0;
}

/// Keeps only the ids of a link, and whether it is a `CHILD_OF`.
pub(super) fn links_by_id(span: &mut Span) {
    let child_of = attribute("opentracing.ref_type", "child_of");
    for link in &mut span.links {
        link.attributes.retain(|a| *a == child_of);
        *link = Link {
            trace_id: link.trace_id,
            span_id: link.span_id,
            attributes: std::mem::take(&mut link.attributes),
            dropped: link.dropped,
            ..Link::default()
        };
    }
}

pub(super) fn no_links(span: &mut Span) {
    span.links.clear();
}

/// Makes a span without a parent the child of the first span of its trace that it has a link to.
pub(super) fn root_link_is_parent(span: &mut Span) {
    if span.parent.is_none() {
        let own = span
            .links
            .iter()
            .find(|link| link.trace_id == span.trace_id);
        span.parent = own.map(|link| link.span_id);
    }
}

pub(super) fn sampled_flag_only(span: &mut Span) {
    span.flags &= 1;
}

pub(super) fn eight_flags(span: &mut Span) {
    span.flags &= 0xff;
}

pub(super) fn no_flags(span: &mut Span) {
    span.flags = 0;
    span.links.iter_mut().for_each(|link| link.flags = 0);
}

pub(super) fn no_trace_state(span: &mut Span) {
    span.trace_state.clear();
}

pub(super) fn events_by_name(span: &mut Span) {
    span.events.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Adds the type of reference to links.
pub(super) fn link_type(span: &mut Span) {
    for link in &mut span.links {
        link.attributes
            .push(attribute("opentracing.ref_type", "follows_from"));
    }
}

/// Renames `hostname` to `host.name`.
pub(super) fn host_name(span: &mut Span) {
    let resource = Arc::make_mut(&mut span.resource);
    for attribute in &mut resource.attributes {
        if attribute.key == "hostname" {
            "host.name".clone_into(&mut attribute.key);
        }
    }
}

/// Gives a service without a name Jaeger's placeholder.
pub(super) fn missing_service(span: &mut Span) {
    if span.resource.service().is_empty() {
        let name = attribute("service.name", "missing-service-name");
        Arc::make_mut(&mut span.resource).attributes.push(name);
    }
}

/// Keeps the scope as two attributes, as Jaeger and Zipkin have it.
pub(super) fn scope_as_attributes(span: &mut Span) {
    let Scope { name, version, .. } = (*span.scope).clone();
    push_text(span, "otel.scope.name", name);
    push_text(span, "otel.scope.version", version);
    span.scope = Arc::default();
}

/// Moves a link to the parent to the front.
pub(super) fn parent_link_first(span: &mut Span) {
    let own = |link: &Link| link.trace_id == span.trace_id && Some(link.span_id) == span.parent;
    if let Some(index) = span.links.iter().position(own) {
        let link = span.links.remove(index);
        span.links.insert(0, link);
    }
}

/// Keeps the trace state as an attribute, as Jaeger has it.
pub(super) fn trace_state_as_attribute(span: &mut Span) {
    let state = std::mem::take(&mut span.trace_state);
    push_text(span, "w3c.tracestate", state);
}

pub(super) fn push_text(span: &mut Span, key: &str, text: String) {
    if !text.is_empty() {
        span.attributes.push(attribute(key, text));
    }
}

/// Keeps only the service in the resource, and moves its other attributes to the span.
pub(super) fn resource_as_attributes(span: &mut Span) {
    let resource = Arc::make_mut(&mut span.resource);
    let (service, others): (Vec<_>, Vec<_>) = std::mem::take(resource)
        .attributes
        .into_iter()
        .partition(|a| a.key == "service.name");
    *resource = Resource {
        attributes: service,
        ..Resource::default()
    };
    span.attributes.extend(others);
}
