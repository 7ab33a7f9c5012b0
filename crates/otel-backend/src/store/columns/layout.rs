//! The contents of the head of a group: the places of its columns, and their properties.

use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, OnceLock};

use zstd::bulk::Decompressor;

use super::ReadAt;
use super::doubles::Doubles;
use super::filter::{self, Filter, StoredFilter};
use super::heads::Heads;
use super::numbers::Numbers;
use super::pack::{Chunk, Cursor, Damaged, Unpacker};
use super::shape::{Form, Kind, Name, Place};
use super::shape_table::ShapeTable;
use super::texts::Texts;
use crate::model::UnixNanos;

/// The head of a group. It may be kept when the group is no longer read.
#[derive(Debug)]
pub(crate) struct Layout {
    head: Vec<u8>,
    /// The position of the first chunk.
    pub(super) body: usize,
    /// The number of spans.
    pub(crate) spans: usize,
    /// Bytes of all `Span` messages.
    pub(super) message_bytes: usize,
    /// True if the columns represent the spans completely: each field is encoded in the usual way,
    /// and a field with one value occurs once.
    pub(crate) is_regular: bool,
    pub(super) trace_ids: Chunk,
    pub(super) trace_lengths: Numbers,
    pub(super) heads: Texts,
    pub(super) head_codes: Numbers,
    pub(super) span_ids: Chunk,
    pub(super) first_start: u64,
    pub(super) starts: Numbers,
    pub(super) durations: Numbers,
    pub(super) shape_codes: Numbers,
    pub(super) columns: Vec<Column>,
    /// The hashes of the keys of attributes whose values are not in the filter.
    unfiltered: Vec<u64>,
    pub(super) shapes: [(Numbers, Numbers); Place::LISTS.len()],
    /// `None` in formats 5 and 6.
    pub(super) filter: Option<StoredFilter>,
    /// The parts that are unpacked when first asked for, and then kept.
    pub(super) known: Known,
}

/// The parts of a group that nearly every question needs, unpacked.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) heads: OnceLock<Arc<Heads>>,
    pub(super) shapes: [OnceLock<Arc<ShapeTable>>; Place::LISTS.len()],
    pub(super) filter: OnceLock<Filter>,
}

/// The properties of a column that are known without unpacking it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) place: Place,
    pub(super) field: u32,
    pub(super) kind: Kind,
    /// The place of its key in the head.
    key: Range<usize>,
    pub(super) stored: Stored,
}

/// The values of a column.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    None,
    Numbers(Numbers),
    Doubles(Doubles),
    Texts(Texts),
}

impl Layout {
    /// Reads the head of the group that begins where `source` does. Groups of formats 5 and 6 have no
    /// filter.
    ///
    /// # Errors
    /// If it cannot be read, or is damaged.
    pub(crate) fn read<R: ReadAt>(
        source: R,
        has_filter: bool,
        decompressor: &mut Decompressor<'static>,
    ) -> Result<Self, R::Error> {
        let (body, head) = Unpacker::open(source, decompressor)?;
        Ok(Self::parse(body, head, has_filter)?)
    }

    fn parse(body: usize, head: Vec<u8>, has_filter: bool) -> Result<Self, Damaged> {
        let mut cursor = Cursor::new(&head);
        let spans = cursor.count()?;
        let message_bytes = cursor.size()?;
        let is_regular = cursor.number()? == 1;
        let trace_ids = cursor.chunk()?;
        let trace_lengths = Numbers::read(&mut cursor)?;
        let texts: ReadTexts = if has_filter {
            Texts::read
        } else {
            Texts::read_early
        };
        let heads = texts(&mut cursor)?;
        let head_codes = Numbers::read(&mut cursor)?;
        let span_ids = cursor.chunk()?;
        let first_start = cursor.number()?;
        let starts = Numbers::read(&mut cursor)?;
        let durations = Numbers::read(&mut cursor)?;
        let shape_codes = Numbers::read(&mut cursor)?;
        let columns = (0..cursor.count()?).map(|_| Column::read(&mut cursor, texts));
        let columns: Vec<_> = columns.collect::<Result<_, _>>()?;
        // Each value has a byte in a message, at least.
        let values = columns.iter().map(|column| column.stored.count());
        if values.fold(0, usize::saturating_add) > message_bytes {
            return Err(Damaged("its columns have more values than its spans"));
        }
        let mut shapes =
            || Ok::<_, Damaged>((Numbers::read(&mut cursor)?, Numbers::read(&mut cursor)?));
        let shapes = [shapes()?, shapes()?, shapes()?, shapes()?];
        let filter = has_filter.then(|| StoredFilter::read(&mut cursor));
        let filter = filter.transpose()?;
        let per_span = [head_codes, starts, durations, shape_codes];
        if per_span.iter().any(|numbers| numbers.count != spans)
            || span_ids.raw_length() != spans.saturating_mul(8)
            || trace_ids.raw_length() != trace_lengths.count.saturating_mul(16)
        {
            return Err(Damaged("its columns have different lengths"));
        }
        Ok(Self {
            unfiltered: unfiltered(&head, &columns),
            head,
            body,
            spans,
            message_bytes,
            is_regular,
            trace_ids,
            trace_lengths,
            heads,
            head_codes,
            span_ids,
            first_start,
            starts,
            durations,
            shape_codes,
            columns,
            shapes,
            filter,
            known: Known::default(),
        })
    }

    /// About how many bytes it takes, with all that it comes to know.
    pub(crate) fn size(&self) -> usize {
        let lists = self.shapes.iter();
        let shapes: usize = lists
            .map(|(lengths, columns)| 8 * lengths.count + 4 * columns.count)
            .sum();
        size_of::<Self>()
            + self.head.len()
            + self.columns.len() * size_of::<Column>()
            + size_of_val(self.unfiltered.as_slice())
            + self.heads.size()
            + self.filter.map_or(0, |filter| filter.chunk.raw_length())
            + shapes
    }

    /// Returns true if all spans, which start within `starts`, start after the first and end before the
    /// second of the other times.
    pub(crate) fn lies_within(
        &self,
        starts: RangeInclusive<UnixNanos>,
        within: &Range<u64>,
    ) -> bool {
        let longest = u64::try_from(self.durations.max).unwrap_or_default();
        let end = starts.end().0.checked_add(longest);
        starts.start().0 > within.start && end.is_some_and(|end| end < within.end)
    }

    /// Returns true if no span, of which all start between these times, ends before it starts.
    pub(crate) fn is_forward(&self, starts: &RangeInclusive<UnixNanos>) -> bool {
        let longest = u64::try_from(self.durations.max).unwrap_or_default();
        self.durations.min >= 0 && starts.end().0.checked_add(longest).is_some()
    }

    /// Nanoseconds that a trace takes at most, of all whose spans are in the group and start between these
    /// times.
    pub(crate) fn longest_trace(&self, starts: &RangeInclusive<UnixNanos>) -> u64 {
        let between = starts.end().0.saturating_sub(starts.start().0);
        between.saturating_add(u64::try_from(self.durations.max).unwrap_or_default())
    }

    /// Returns true if all values of the attributes with a key are in the filter.
    pub(super) fn is_filtered(&self, key: &[u8]) -> bool {
        !self.unfiltered.contains(&filter::hash_of_key(key))
    }

    /// The shapes of a place: how many columns each has, and these.
    pub(super) fn shapes_of(&self, place: Place) -> &(Numbers, Numbers) {
        of_place(&self.shapes, place)
    }

    /// The name of a column.
    pub(super) fn name(&self, column: &Column) -> Name<'_> {
        Name {
            place: column.place,
            field: column.field,
            kind: column.kind,
            key: self.head.get(column.key.clone()).unwrap_or_default(),
        }
    }
}

impl Known {
    pub(super) fn shapes_of(&self, place: Place) -> &OnceLock<Arc<ShapeTable>> {
        of_place(&self.shapes, place)
    }
}

/// That of a place, of which each has one.
fn of_place<T>([spans, events, links, statuses]: &[T; Place::LISTS.len()], place: Place) -> &T {
    match place {
        Place::Span | Place::Log => spans,
        Place::Event => events,
        Place::Link => links,
        Place::Status => statuses,
    }
}

/// The hashes of the keys of attributes that have values which are not in the filter.
fn unfiltered(head: &[u8], columns: &[Column]) -> Vec<u64> {
    let is_unfiltered = |column: &&Column| {
        let is_attribute = column.place.attributes() == Some(column.field);
        is_attribute && !matches!(&column.stored, Stored::Texts(texts) if texts.is_text())
    };
    let keys = columns.iter().filter(is_unfiltered);
    let keys = keys.map(|column| head.get(column.key.clone()).unwrap_or_default());
    let mut hashes: Vec<_> = keys.map(filter::hash_of_key).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Reads the header of a column of texts, in one format or another.
type ReadTexts = fn(&mut Cursor<'_>) -> Result<Texts, Damaged>;

impl Column {
    fn read(cursor: &mut Cursor<'_>, texts: ReadTexts) -> Result<Self, Damaged> {
        let place = Place::ALL.get(cursor.size()?);
        let place = *place.ok_or(Damaged("a column has an unknown place"))?;
        let field = u32::try_from(cursor.number()?);
        let field = field.map_err(|_| Damaged("a column has an unknown field"))?;
        let kind = Kind::ALL.get(cursor.size()?);
        let kind = *kind.ok_or(Damaged("a column has an unknown kind"))?;
        let key = cursor.range()?;
        let stored = match kind.form() {
            Form::None => Stored::None,
            Form::Numbers => Stored::Numbers(Numbers::read(cursor)?),
            Form::Doubles => Stored::Doubles(Doubles::read(cursor)?),
            Form::Texts => Stored::Texts(texts(cursor)?),
        };
        Ok(Self {
            place,
            field,
            kind,
            key,
            stored,
        })
    }
}

impl Stored {
    /// The number of values.
    fn count(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Numbers(numbers) => numbers.count,
            Self::Doubles(doubles) => doubles.numbers.count,
            Self::Texts(texts) => texts.count(),
        }
    }
}
