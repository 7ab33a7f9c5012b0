//! A part of a batch as a batch.

use std::borrow::Cow;

use crate::{Batch, Column, Scope, Source, Table};

/// Some spans of another batch.
#[derive(Debug)]
pub struct Subset<'b, B> {
    batch: &'b B,
    rows: Vec<u32>,
    events: Items,
    links: Items,
}

/// The events or links of the spans.
#[derive(Debug)]
struct Items {
    rows: Vec<u32>,
    ends: Vec<u32>,
}

impl<'b, B: Batch> Subset<'b, B> {
    /// The spans in these rows, ascending; rows after the last span are ignored.
    pub fn new(batch: &'b B, mut rows: Vec<u32>) -> Self {
        rows.retain(|row| (*row as usize) < batch.len());
        Self {
            events: Items::of(&rows, &batch.event_ends()),
            links: Items::of(&rows, &batch.link_ends()),
            batch,
            rows,
        }
    }

    fn pick<T: Copy + Default>(&self, values: &[T]) -> Vec<T> {
        let pick = |row: &u32| values.get(*row as usize).copied().unwrap_or_default();
        self.rows.iter().map(pick).collect()
    }
}

impl Items {
    fn of(spans: &[u32], ends: &[u32]) -> Self {
        let end = |row: usize| ends.get(row).copied().unwrap_or_default();
        let mut items = Self {
            rows: Vec::new(),
            ends: Vec::with_capacity(spans.len()),
        };
        for span in spans {
            let row = *span as usize;
            items
                .rows
                .extend(row.checked_sub(1).map_or(0, end)..end(row));
            items.ends.push(number(items.rows.len()));
        }
        items
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl<B: Batch> Batch for Subset<'_, B> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn trace_ends(&self) -> Cow<'_, [u32]> {
        let ends = self.batch.trace_ends();
        let ends = ends.iter();
        let ends = ends.map(|end| number(self.rows.partition_point(|row| row < end)));
        let mut ends: Vec<_> = ends.filter(|end| *end > 0).collect();
        ends.dedup();
        ends.into()
    }

    fn trace_id(&self, row: usize) -> [u8; 16] {
        let row = self.rows.get(row).map_or(usize::MAX, |row| *row as usize);
        self.batch.trace_id(row)
    }

    fn start_bounds(&self) -> Option<(u64, u64)> {
        self.batch.start_bounds()
    }

    fn starts(&self) -> Cow<'_, [u64]> {
        self.pick(&self.batch.starts()).into()
    }

    fn durations(&self) -> Cow<'_, [i64]> {
        self.pick(&self.batch.durations()).into()
    }

    fn span_ids(&self) -> Cow<'_, [u64]> {
        self.pick(&self.batch.span_ids()).into()
    }

    fn parent_ids(&self) -> Cow<'_, [u64]> {
        self.pick(&self.batch.parent_ids()).into()
    }

    fn event_ends(&self) -> Cow<'_, [u32]> {
        (&self.events.ends[..]).into()
    }

    fn link_ends(&self) -> Cow<'_, [u32]> {
        (&self.links.ends[..]).into()
    }

    fn column(&self, source: &Source) -> Column<'_> {
        let rows = match source.table() {
            Table::Spans => &self.rows,
            Table::Events => &self.events.rows,
            Table::Links => &self.links.rows,
        };
        self.batch.column(source).gather(rows)
    }

    fn keys(&self, scope: Scope) -> Vec<Cow<'_, str>> {
        self.batch.keys(scope)
    }
}
