//! Two traces, field by field.

use std::fmt;

use super::span::{Attributes, Event, Span};

/// Whole microseconds are rounded when printed and cut by the query APIs.
const INSTANT_ROUNDING_US: u64 = 1;
/// An end is a start and a duration, each cut by itself.
const END_ROUNDING_US: u64 = 2;

/// A field of a span that did not come back as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The span's name and id.
    pub span: String,
    /// The field, for example `attributes.speed`.
    pub field: String,
    /// What was sent.
    pub sent: String,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            span,
            field,
            sent,
            found,
        } = self;
        write!(f, "{span}: {field}: sent {sent}, found {found}")
    }
}

/// Lists every field in which `found` differs from `sent`. Spans are matched by id; their order
/// does not count.
pub fn traces(sent: &[Span], found: &[Span]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for span in sent {
        let label = format!("{} ({})", span.name, span.span_id);
        let mut log = Log {
            span: label,
            differences: &mut differences,
        };
        let mut copies = found.iter().filter(|other| other.span_id == span.span_id);
        match (copies.next(), copies.next()) {
            (None, _) => log.differ("span", "one", "none"),
            (Some(other), None) => compare(span, other, &mut log),
            (Some(_), Some(_)) => log.differ("span", "one", "several of this id"),
        }
    }
    for other in found {
        if !sent.iter().any(|span| span.span_id == other.span_id) {
            let mut log = Log {
                span: format!("{} ({})", other.name, other.span_id),
                differences: &mut differences,
            };
            log.differ("span", "none", "one");
        }
    }
    differences
}

/// Where the differences of one span are written down.
struct Log<'a> {
    span: String,
    differences: &'a mut Vec<Difference>,
}

impl Log<'_> {
    fn differ(
        &mut self,
        field: impl Into<String>,
        sent: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.differences.push(Difference {
            span: self.span.clone(),
            field: field.into(),
            sent: sent.into(),
            found: found.into(),
        });
    }

    fn equal<T: PartialEq + fmt::Debug>(&mut self, field: &str, sent: &T, found: &T) {
        if sent != found {
            self.differ(field, format!("{sent:?}"), format!("{found:?}"));
        }
    }

    fn same_time(&mut self, field: &str, sent: i64, found: i64, rounding: u64) {
        if sent.abs_diff(found) > rounding {
            self.differ(field, format!("{sent} µs"), format!("{found} µs"));
        }
    }

    fn same_attributes(&mut self, field: &str, sent: &Attributes, found: &Attributes) {
        for (key, value) in sent {
            match found.get(key) {
                Some(other) if other == value => {}
                Some(other) => self.differ(
                    format!("{field}.{key}"),
                    value.to_string(),
                    other.to_string(),
                ),
                None => self.differ(format!("{field}.{key}"), value.to_string(), "nothing"),
            }
        }
        for (key, other) in found {
            if !sent.contains_key(key) {
                self.differ(format!("{field}.{key}"), "nothing", other.to_string());
            }
        }
    }
}

fn compare(sent: &Span, found: &Span, log: &mut Log<'_>) {
    log.equal("trace_id", &sent.trace_id, &found.trace_id);
    log.equal("parent_id", &sent.parent_id, &found.parent_id);
    log.equal("name", &sent.name, &found.name);
    log.equal("kind", &sent.kind, &found.kind);
    log.same_time("start", sent.start_us, found.start_us, INSTANT_ROUNDING_US);
    log.same_time("end", sent.end_us, found.end_us, END_ROUNDING_US);
    log.equal("status", &sent.status, &found.status);
    log.equal(
        "status_description",
        &sent.status_description,
        &found.status_description,
    );
    log.same_attributes("attributes", &sent.attributes, &found.attributes);
    log.equal("links", &sent.links, &found.links);
    log.same_attributes("resource", &sent.resource, &found.resource);
    compare_events(&sent.events, &found.events, log);
}

fn compare_events(sent: &[Event], found: &[Event], log: &mut Log<'_>) {
    log.equal("events.count", &sent.len(), &found.len());
    for (index, (event, other)) in sent.iter().zip(found).enumerate() {
        let field = format!("events[{index}]");
        log.equal(&format!("{field}.name"), &event.name, &other.name);
        log.same_time(
            &format!("{field}.time"),
            event.time_us,
            other.time_us,
            INSTANT_ROUNDING_US,
        );
        log.same_attributes(
            &format!("{field}.attributes"),
            &event.attributes,
            &other.attributes,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::span::Value;

    fn span() -> Span {
        Span {
            trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
            span_id: "b7ad6b7169203331".into(),
            parent_id: Some("00f067aa0ba902b7".into()),
            name: "foo".into(),
            kind: "INTERNAL".into(),
            start_us: 1_000_000,
            end_us: 2_000_000,
            status: "UNSET".into(),
            attributes: [("speed".into(), Value::Double(100.0))].into(),
            events: vec![Event {
                name: "seen".into(),
                time_us: 1_500_000,
                attributes: [("name".into(), Value::String("foo1".into()))].into(),
            }],
            links: vec![(
                "0af7651916cd43dd8448eb211c80319c".into(),
                "00f067aa0ba902b7".into(),
            )],
            resource: [("service.name".into(), Value::String("demo".into()))].into(),
            ..Span::default()
        }
    }

    #[test]
    fn a_trace_equals_itself_in_any_order() {
        let other = Span {
            span_id: "00f067aa0ba902b7".into(),
            ..span()
        };
        let sent = [span(), other.clone()];
        assert_eq!(traces(&sent, &[other, span()]), []);
    }

    /// The comparison sees every field: each is changed in turn, and each change must be named.
    #[test]
    fn every_changed_field_is_named() {
        type Change = fn(&mut Span);
        let changes: &[(&str, Change)] = &[
            ("trace_id", |s| s.trace_id = "1".into()),
            ("parent_id", |s| s.parent_id = None),
            ("name", |s| s.name = "bar".into()),
            ("kind", |s| s.kind = "SERVER".into()),
            ("start", |s| s.start_us += 2),
            ("end", |s| s.end_us -= 3),
            ("status", |s| s.status = "ERROR".into()),
            ("status_description", |s| s.status_description = "no".into()),
            ("attributes.speed", |s| {
                s.attributes.insert("speed".into(), Value::Int(100));
            }),
            ("attributes.speed", |s| s.attributes.clear()),
            ("attributes.more", |s| {
                s.attributes.insert("more".into(), Value::Bool(true));
            }),
            ("events.count", |s| s.events.clear()),
            ("events[0].name", |s| s.events[0].name = "lost".into()),
            ("events[0].time", |s| s.events[0].time_us += 2),
            ("events[0].attributes.name", |s| {
                s.events[0].attributes.clear();
            }),
            ("links", |s| s.links.clear()),
            ("resource.service.name", |s| s.resource.clear()),
        ];
        for (field, change) in changes {
            let mut changed = span();
            change(&mut changed);
            let fields: Vec<String> = traces(&[span()], &[changed])
                .into_iter()
                .map(|difference| difference.field)
                .collect();
            assert_eq!(fields, [*field]);
        }
    }

    #[test]
    fn missing_repeated_and_unknown_spans_are_named() {
        let count = |sent: &[Span], found: &[Span]| {
            traces(sent, found)
                .iter()
                .map(|d| format!("{} -> {}", d.sent, d.found))
                .collect::<Vec<_>>()
        };
        assert_eq!(count(&[span()], &[]), ["one -> none"]);
        assert_eq!(count(&[], &[span()]), ["none -> one"]);
        assert_eq!(
            count(&[span()], &[span(), span()]),
            ["one -> several of this id"]
        );
    }
}
