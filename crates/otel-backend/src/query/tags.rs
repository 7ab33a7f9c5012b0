//! The keys and values of attributes, for the completion of queries.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Condition, Field, Place};
use super::lookup::newest_frames;
use crate::format::otlp::{groups, span_groups};
use crate::model::{Span, UnixNanos};
use crate::store::{Frame, ReadError, Reader};

/// A question about the newest spans.
#[derive(Debug, Clone)]
pub struct TagSearch {
    /// The earliest start of a span that counts.
    pub from: UnixNanos,
    /// The latest start of a span that counts.
    pub to: UnixNanos,
    /// Only spans that satisfy this count.
    pub condition: Option<Condition>,
    /// The field whose values are wanted; without one, keys are.
    pub field: Option<Field>,
    /// The largest number of keys or values, of each kind.
    pub limit: usize,
}

/// The keys or values.
#[derive(Debug, Default)]
pub struct FoundTags {
    /// The keys of attributes, by place.
    pub keys: BTreeMap<Place, BTreeSet<String>>,
    /// The values of the field: the name of the type, and the value as text.
    pub values: BTreeSet<(&'static str, String)>,
}

/// Frames, the newest ones, that are looked at; some 32 MiB of spans.
const MAX_FRAMES: usize = 256;

/// The places of which keys are told.
const PLACES: [Place; 5] = [
    Place::Span,
    Place::Resource,
    Place::Scope,
    Place::Event,
    Place::Link,
];

/// Looks through the newest spans.
pub(super) fn run(reader: &Reader, search: &TagSearch) -> Result<FoundTags, ReadError> {
    let mut found = FoundTags::default();
    let frames = newest_frames(reader)?.into_iter();
    let frames = frames.filter(|frame| frame.last >= search.from && frame.first <= search.to);
    for frame in frames.take(MAX_FRAMES) {
        look_into(reader, frame, search, &mut found)?;
        if found.values.len() >= search.limit {
            break;
        }
    }
    Ok(found)
}

fn look_into(
    reader: &Reader,
    frame: Frame,
    search: &TagSearch,
    found: &mut FoundTags,
) -> Result<(), ReadError> {
    let bytes = reader.open(frame)?;
    let damaged = |reason| reader.damaged(frame, reason);
    for group in span_groups(groups(&bytes).map_err(damaged)?).map_err(damaged)? {
        let spans = group.messages.iter().filter_map(|m| group.decode(m).ok());
        for span in spans.filter(|span| search.counts(span)) {
            match &search.field {
                Some(field) => found.add_values(field, &span, search.limit),
                None => found.add_keys(&span, search.limit),
            }
        }
    }
    Ok(())
}

impl TagSearch {
    fn counts(&self, span: &Span<'_>) -> bool {
        (self.from..=self.to).contains(&span.start)
            && (self.condition.as_ref()).is_none_or(|condition| condition.matches(span, None))
    }
}

impl FoundTags {
    fn add_keys(&mut self, span: &Span<'_>, limit: usize) {
        for place in PLACES {
            let keys = self.keys.entry(place).or_default();
            for attribute in place.attributes(span).into_iter().flatten() {
                if keys.len() < limit && !keys.contains(attribute.key.as_ref()) {
                    keys.insert(attribute.key.clone().into_owned());
                }
            }
        }
    }

    fn add_values(&mut self, field: &Field, span: &Span<'_>, limit: usize) {
        for value in field.values(span, None) {
            if self.values.len() < limit {
                self.values
                    .insert((value.type_name(), value.text().into_owned()));
            }
        }
    }
}
