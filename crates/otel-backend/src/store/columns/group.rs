//! A group of columns as it is read: its head, and its columns when they are asked for.

use std::ops::Range;
use std::sync::Arc;

use super::ReadAt;
use super::heads::Heads;
use super::layout::{Layout, Stored};
use super::numbers::Numbers;
use super::pack::{Damaged, Unpacker};
use super::shape::Place;
use super::shape_table::ShapeTable;
use crate::model::TraceId;

/// A group whose header has been read.
pub(crate) struct Group<'u, R> {
    pub(super) unpacker: Unpacker<'u, R>,
    pub(crate) layout: Arc<Layout>,
}

/// The spans of one trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceRows {
    pub(crate) id: TraceId,
    pub(crate) rows: Range<usize>,
}

impl<'u, R: ReadAt> Group<'u, R> {
    /// The group of this head that begins where `source` does.
    pub(crate) fn new(
        source: R,
        layout: Arc<Layout>,
        decompressor: &'u mut zstd::bulk::Decompressor<'static>,
    ) -> Self {
        let unpacker = Unpacker::new(source, decompressor, layout.body);
        Self { unpacker, layout }
    }

    /// The traces, each with its rows.
    pub(crate) fn traces(&mut self) -> Result<Vec<TraceRows>, R::Error> {
        let ids = self.unpacker.unpack(&self.layout.trace_ids)?;
        let lengths = self.layout.trace_lengths.unpack(&mut self.unpacker)?;
        let mut begin = 0_usize;
        let (ids, _) = ids.as_chunks();
        let traces = ids.iter().zip(lengths).map(|(id, length)| {
            let end = begin.checked_add(usize::try_from(length).ok()?)?;
            let rows = std::mem::replace(&mut begin, end)..end;
            let id = TraceId::new(*id).ok()?;
            Some(TraceRows { id, rows })
        });
        let traces: Option<Vec<_>> = traces.collect();
        let traces = traces.filter(|_| begin == self.layout.spans);
        traces.ok_or_else(|| Damaged("the list of its traces is wrong").into())
    }

    /// Returns true if `is_it` does so for a key, or for the texts of a column, one after the other. It is
    /// asked about no text first, and may say that it does not matter.
    pub(crate) fn any_text(&mut self, is_it: impl Fn(&[u8]) -> bool) -> Result<bool, R::Error> {
        if is_it(&[]) {
            return Ok(true);
        }
        let layout = Arc::clone(&self.layout);
        for column in &layout.columns {
            if is_it(layout.name(column).key) {
                return Ok(true);
            }
            if let Stored::Texts(texts) = &column.stored
                && is_it(texts.unpack_dictionary(&mut self.unpacker)?.bytes())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The start of each span.
    pub(crate) fn starts(&mut self) -> Result<Vec<u64>, R::Error> {
        let mut starts = self.layout.starts.unpack(&mut self.unpacker)?;
        let mut last = self.layout.first_start;
        for start in &mut starts {
            last = last.wrapping_add(*start);
            *start = last;
        }
        Ok(starts)
    }

    /// The time from the start to the end of each span, negative (as a signed number) if it ended
    /// before.
    pub(crate) fn durations(&mut self) -> Result<Vec<u64>, R::Error> {
        self.layout.durations.unpack(&mut self.unpacker)
    }

    /// The id of each span; zeros for none.
    pub(crate) fn span_ids(&mut self) -> Result<Vec<[u8; 8]>, R::Error> {
        let bytes = self.unpacker.unpack(&self.layout.span_ids)?;
        let (ids, _) = bytes.as_chunks();
        Ok(ids.to_vec())
    }

    /// The resources and scopes.
    pub(crate) fn heads(&mut self) -> Result<Arc<Heads>, R::Error> {
        if let Some(heads) = self.layout.known.heads.get() {
            return Ok(Arc::clone(heads));
        }
        let values = self.layout.heads.unpack(&mut self.unpacker)?;
        let heads = Heads::of(
            values.count(),
            |place| values.get(place),
            |head| self.unpacker.share(head),
        );
        Ok(Arc::clone(
            self.layout.known.heads.get_or_init(|| Arc::new(heads)),
        ))
    }

    /// The index of each span's resource and scope.
    pub(crate) fn head_codes(&mut self) -> Result<Vec<u64>, R::Error> {
        self.layout.head_codes.unpack(&mut self.unpacker)
    }

    /// The number of each span's shape.
    pub(super) fn shape_codes(&mut self) -> Result<Vec<u64>, R::Error> {
        self.layout.shape_codes.unpack(&mut self.unpacker)
    }

    /// The shapes of a place.
    pub(super) fn shapes(&mut self, place: Place) -> Result<Arc<ShapeTable>, R::Error> {
        let layout = Arc::clone(&self.layout);
        let known = layout.known.shapes_of(place);
        if let Some(shapes) = known.get() {
            return Ok(Arc::clone(shapes));
        }
        let shapes = self.unpack_shapes(layout.shapes_of(place))?;
        Ok(Arc::clone(known.get_or_init(|| Arc::new(shapes))))
    }

    /// Returns false if no span, event or link has this attribute, as far as the filter tells.
    pub(super) fn may_have(&mut self, key: &[u8], value: &[u8]) -> bool {
        !self.layout.is_filtered(key) || self.may_be_in_filter(key, value)
    }

    /// Returns true, too, if there is no filter, or if it cannot be read.
    pub(super) fn may_be_in_filter(&mut self, key: &[u8], value: &[u8]) -> bool {
        let Self { layout, unpacker } = self;
        if let Some(filter) = layout.known.filter.get() {
            return filter.may_hold(key, value);
        }
        let Some(stored) = &layout.filter else {
            return true;
        };
        let Ok(bits) = unpacker.read(&stored.chunk) else {
            return true;
        };
        let filter = layout.known.filter.get_or_init(|| stored.with(bits));
        filter.may_hold(key, value)
    }

    fn unpack_shapes(
        &mut self,
        (lengths, columns): &(Numbers, Numbers),
    ) -> Result<ShapeTable, R::Error> {
        let lengths = lengths.unpack(&mut self.unpacker)?;
        let columns = columns.unpack(&mut self.unpacker)?;
        let mut end = 0_usize;
        let ends = lengths.into_iter().map(|length| {
            end = end.checked_add(usize::try_from(length).ok()?)?;
            Some(end)
        });
        let ends: Option<Vec<_>> = ends.collect();
        let ends = ends.filter(|_| end == columns.len());
        let columns = columns.into_iter().map(|column| {
            let known =
                usize::try_from(column).is_ok_and(|column| column < self.layout.columns.len());
            u32::try_from(column).ok().filter(|_| known)
        });
        let shapes = ends.zip(columns.collect::<Option<Vec<_>>>());
        let (ends, columns) = shapes.ok_or(Damaged("its shapes are wrong"))?;
        Ok(ShapeTable { columns, ends })
    }
}
