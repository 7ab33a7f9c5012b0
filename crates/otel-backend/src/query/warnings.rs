//! The warnings of Jaeger's clock-skew adjuster, which need the whole trace.
//!
//! By default Jaeger does not adjust times, but reports what it would have done.
//!
//! Spec: <https://github.com/jaegertracing/jaeger/blob/main/cmd/jaeger/internal/extension/jaegerquery/internal/adjuster/clockskew.go>

use std::collections::HashMap;

use crate::model::{Resource, Span, SpanId, UnixNanos, Value};

/// A warning about a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// Another span of the trace with the same id came first.
    Duplicate,
    /// The parent is not in the trace.
    Orphan(SpanId),
    /// The clock of the span's host differs from that of its parent's host by so many nanoseconds.
    Skew(i64),
}

/// The warnings about the spans of a trace.
#[derive(Debug, Default)]
pub struct Warnings {
    /// Sorted by id, each id once.
    places: Vec<Place>,
}

/// The place of a span in its trace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) start: UnixNanos,
    pub(super) end: UnixNanos,
    /// The number of its host; `None` if unknown.
    pub(super) host: Option<u32>,
    /// The skew of its times; `None` until it is computed.
    skew: Option<i64>,
}

/// The memory of a span in this list, in bytes.
pub(super) const PLACE: usize = size_of::<Place>();

/// Assigns numbers to host names.
#[derive(Default)]
pub(super) struct Hosts(HashMap<String, u32>);

impl Hosts {
    /// The number of the host that a resource names.
    pub(super) fn number(&mut self, resource: &Resource<'_>) -> Option<u32> {
        let name = host(resource).filter(|name| !name.is_empty())?;
        let next = u32::try_from(self.0.len()).ok()?;
        Some(*self.0.entry(name).or_insert(next))
    }
}

/// The first that is present of `host.id`, `host.ip` and `host.name`.
fn host(resource: &Resource<'_>) -> Option<String> {
    let value = |key| {
        let mut attributes = resource.attributes.iter();
        attributes.find(|a| a.key == key).map(|a| &a.value)
    };
    let value = ["host.id", "host.ip", "host.name"]
        .into_iter()
        .find_map(value)?;
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Array(values) => values.first().map(|first| first.text().into_owned()),
        _ => None,
    }
}

impl Place {
    pub(super) fn new(
        (id, parent): (SpanId, Option<SpanId>),
        (start, end): (UnixNanos, UnixNanos),
        host: Option<u32>,
    ) -> Self {
        Self {
            id,
            parent,
            start,
            end,
            host,
            skew: None,
        }
    }
}

impl Warnings {
    /// Computes the warnings about these spans, given in the order of the trace.
    pub(super) fn new(places: impl Iterator<Item = Place>) -> Self {
        let mut places: Vec<_> = places.collect();
        places.sort_by_key(|place| place.id);
        places.dedup_by_key(|place| place.id);
        let mut warnings = Self { places };
        let mut line = Vec::new();
        for index in 0..warnings.places.len() {
            warnings.settle(index, &mut line);
        }
        warnings
    }

    /// The warning about a span.
    pub fn of(&self, span: &Span<'_>) -> Option<Warning> {
        let place = self.places.get(self.find(span.span_id)?)?;
        if (place.parent, place.start, place.end) != (span.parent, span.start, span.end) {
            return Some(Warning::Duplicate);
        }
        match place.parent {
            Some(parent) if self.find(parent).is_none() => Some(Warning::Orphan(parent)),
            _ => place.skew.filter(|skew| *skew != 0).map(Warning::Skew),
        }
    }

    fn find(&self, id: SpanId) -> Option<usize> {
        self.places.binary_search_by_key(&id, |place| place.id).ok()
    }

    /// Computes the skew of a span and of its ancestors on the same host, which share it.
    fn settle(&mut self, index: usize, line: &mut Vec<usize>) {
        let mut skew = 0;
        let mut next = Some(index);
        while let Some((index, place)) = next.and_then(|i| Some((i, self.places.get_mut(i)?))) {
            if let Some(known) = place.skew {
                skew = known;
                break;
            }
            line.push(index);
            // A cycle of parents ends here.
            place.skew = Some(0);
            let place = *place;
            let Some(above) = place.parent.and_then(|parent| self.find(parent)) else {
                break;
            };
            let parent = self.places.get(above).copied();
            if let Some(parent) =
                parent.filter(|parent| place.host.is_none() || parent.host != place.host)
            {
                skew = skew_between(&place, &parent);
                break;
            }
            next = Some(above);
        }
        for index in line.drain(..) {
            if let Some(place) = self.places.get_mut(index) {
                place.skew = Some(skew);
            }
        }
    }
}

/// The shift that would move a span within its parent: to its middle, or to its start if the span
/// is longer.
fn skew_between(child: &Place, parent: &Place) -> i64 {
    let [start, end] = [child.start, child.end].map(|time| time.0.cast_signed());
    let [from, to] = [parent.start, parent.end].map(|time| time.0.cast_signed());
    let spare = to.wrapping_sub(from).wrapping_sub(end.wrapping_sub(start));
    if start >= from && (spare < 0 || end <= to) {
        0
    } else {
        let latency = if spare < 0 { 0 } else { spare / 2 };
        from.wrapping_add(latency).wrapping_sub(start)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Attribute, SpanIds};

    fn span(id: u64, parent: u64, start: u64, end: u64, host: &'static str) -> Span<'static> {
        let ids = SpanIds::new(&[1; 16], &id.to_be_bytes(), &parent.to_be_bytes()).unwrap();
        let host = Attribute::new("host.name", Value::String(host.into()));
        let resource = Resource {
            attributes: vec![host],
            ..Resource::default()
        };
        Span {
            start: UnixNanos(start),
            end: UnixNanos(end),
            ..Span::new(ids, Arc::new(resource), Arc::default())
        }
    }

    fn warnings(spans: &[Span<'_>]) -> Vec<Option<Warning>> {
        let mut hosts = Hosts::default();
        let places = spans.iter().map(|span| {
            let ids = (span.span_id, span.parent);
            Place::new(ids, (span.start, span.end), hosts.number(&span.resource))
        });
        let warnings = Warnings::new(places);
        spans.iter().map(|span| warnings.of(span)).collect()
    }

    #[test]
    fn a_span_of_another_clock_is_skewed_and_those_below_it_on_its_host_too() {
        let skewed = Some(Warning::Skew(75));
        let spans = [
            span(1, 0, 1000, 1200, "a"),
            span(2, 1, 975, 1075, "b"),
            span(3, 2, 980, 990, "b"),
            span(4, 1, 900, 1900, "c"),
            span(5, 1, 1000, 1900, "c"),
            span(6, 1, 900, 910, "a"),
        ];
        let longer = Some(Warning::Skew(100));
        assert_eq!(warnings(&spans), [None, skewed, skewed, longer, None, None]);
    }

    #[test]
    fn spans_without_a_host_are_each_compared_with_their_parents() {
        let spans = [
            span(1, 0, 1000, 1200, ""),
            span(2, 1, 975, 1075, ""),
            span(3, 2, 980, 990, ""),
        ];
        assert_eq!(warnings(&spans), [None, Some(Warning::Skew(75)), None]);
    }

    #[test]
    fn orphans_and_doubles_are_said() {
        let parent = SpanId::new(9_u64.to_be_bytes()).unwrap();
        let spans = [
            span(1, 9, 0, 10, "a"),
            span(2, 1, 0, 10, "a"),
            span(2, 1, 5, 10, "a"),
        ];
        let expected = [
            Some(Warning::Orphan(parent)),
            None,
            Some(Warning::Duplicate),
        ];
        assert_eq!(warnings(&spans), expected);
    }

    #[test]
    fn spans_that_are_each_others_parents_end() {
        let spans = [span(1, 2, 0, 10, "a"), span(2, 1, 5, 10, "a")];
        assert_eq!(warnings(&spans), [None, None]);
    }
}
