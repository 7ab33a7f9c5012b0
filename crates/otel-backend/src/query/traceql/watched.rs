//! A batch that is looked at for as long as there is patience.

use std::borrow::Cow;

use traceql::{Batch, Column, Scope, Source};

use crate::query::Patience;

/// Another batch, with an end of patience: after it, what comes out means nothing, and whoever asks
/// checks the patience once more.
#[derive(Debug)]
pub struct Watched<'a, B> {
    batch: &'a B,
    patience: &'a Patience,
}

impl<'a, B: Batch> Watched<'a, B> {
    /// The same spans, for as long as there is patience.
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
