//! Ranks traces from columns.

use std::borrow::Cow;

use traceql::{Batch as _, Column, FoundTrace, Status, Value};

use super::batch::ColumnSpans;
use crate::model::TraceId;
use crate::query::traceql::{Order, Ranked, TraceQuery};

/// The columns from which the traces of a frame are ranked.
pub(super) struct Ranking<'b> {
    query: &'b TraceQuery,
    batch: &'b ColumnSpans,
    durations: Cow<'b, [i64]>,
    statuses: Option<Column<'b>>,
}

impl<'b> Ranking<'b> {
    /// `None` if the first to start come first, or the columns do not tell when every span ends.
    pub(super) fn of(query: &'b TraceQuery, batch: &'b ColumnSpans) -> Option<Self> {
        let is_known = query.order != Order::Newest && batch.is_forward;
        is_known.then(|| Self {
            query,
            batch,
            durations: batch.durations(),
            statuses: query.order.source().map(|source| batch.column(&source)),
        })
    }

    /// A trace all of whose spans are in the frame, if it lies between the times that are asked for.
    pub(super) fn rank(&self, id: TraceId, found: &FoundTrace) -> Option<Ranked> {
        let rows = found.rows.clone();
        let start = self.batch.first_start(&rows);
        let end = self.batch.last_end(&rows)?;
        let rank = match self.query.order {
            Order::Newest => start.0,
            Order::Longest => end.0 - start.0,
            Order::Shortest => u64::MAX - (end.0 - start.0),
            Order::Spans => rows.len() as u64,
            Order::Errors => {
                let statuses = self.statuses.as_ref()?;
                let failed = |row: &usize| statuses.value(*row) == Value::Status(Status::Error);
                rows.filter(failed).count() as u64
            }
            Order::LongestSpan => {
                let matching = found.spansets.iter().flat_map(|set| &set.rows);
                let durations = matching.filter_map(|row| self.durations.get(*row as usize));
                durations.max()?.cast_unsigned()
            }
        };
        let is_within = self.query.is_within(start, end);
        is_within.then_some(Ranked { rank, start, id })
    }
}
