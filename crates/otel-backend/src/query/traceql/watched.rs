//! A batch whose evaluation has a time limit.

use std::borrow::Cow;

use traceql::{Batch, Column, Scope, Source};

use crate::query::Patience;

/// A batch with a time limit; after it, the results mean nothing, and the caller must check the
/// limit again.
#[derive(Debug)]
pub struct Watched<'a, B> {
    batch: &'a B,
    patience: &'a Patience,
}

impl<'a, B: Batch> Watched<'a, B> {
    /// The same spans with a time limit.
    pub fn new(batch: &'a B, patience: &'a Patience) -> Self {
        Self { batch, patience }
    }
}

impl<B: Batch> Batch for Watched<'_, B> {
    fn goes_on(&self) -> bool {
        self.patience.check().is_ok()
    }

    fn len(&self) -> usize {
        self.batch.len()
    }

    fn trace_ends(&self) -> Cow<'_, [u32]> {
        self.batch.trace_ends()
    }

    fn trace_id(&self, row: usize) -> [u8; 16] {
        self.batch.trace_id(row)
    }

    fn start_bounds(&self) -> Option<(u64, u64)> {
        self.batch.start_bounds()
    }

    fn starts(&self) -> Cow<'_, [u64]> {
        self.batch.starts()
    }

    fn durations(&self) -> Cow<'_, [i64]> {
        self.batch.durations()
    }

    fn span_ids(&self) -> Cow<'_, [u64]> {
        self.batch.span_ids()
    }

    fn parent_ids(&self) -> Cow<'_, [u64]> {
        self.batch.parent_ids()
    }

    fn event_ends(&self) -> Cow<'_, [u32]> {
        self.batch.event_ends()
    }

    fn link_ends(&self) -> Cow<'_, [u32]> {
        self.batch.link_ends()
    }

    fn column(&self, source: &Source) -> Column<'_> {
        self.batch.column(source)
    }

    fn keys(&self, scope: Scope) -> Vec<Cow<'_, str>> {
        self.batch.keys(scope)
    }
}
