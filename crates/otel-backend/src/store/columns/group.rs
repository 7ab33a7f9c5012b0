//! A group of columns as it is read: what its head says, and its columns when they are asked for.

use std::ops::Range;

use super::ReadAt;
use super::doubles::Doubles;
use super::numbers::Numbers;
use super::pack::{Chunk, Cursor, Damaged, Unpacker};
use super::shape::{Form, Kind, Name, Place};
use super::texts::{Texts, Values};
use crate::format::otlp::GroupHead;
use crate::model::TraceId;

/// A group whose head was read.
pub(crate) struct Group<'u, R> {
    pub(super) unpacker: Unpacker<'u, R>,
    head: Vec<u8>,
    /// How many spans there are.
    pub(crate) spans: usize,
    /// Bytes of all `Span` messages.
    pub(super) message_bytes: usize,
    /// Whether the columns say all there is to say about the spans: each field is written as usual, and
    /// each that has one value is there once.
    pub(crate) is_regular: bool,
    trace_ids: Chunk,
    trace_lengths: Numbers,
    heads: Texts,
    head_codes: Numbers,
    span_ids: Chunk,
    first_start: u64,
    starts: Numbers,
    durations: Numbers,
    shape_codes: Numbers,
    pub(super) columns: Vec<Column>,
    shapes: [(Numbers, Numbers); Place::ALL.len()],
}

/// What is known of a column without unpacking it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) place: Place,
    pub(super) field: u32,
    pub(super) kind: Kind,
    /// Where its key is in the head.
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

/// The spans of one trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceRows {
    pub(crate) id: TraceId,
    pub(crate) rows: Range<usize>,
}

/// The resources and scopes of a group.
#[derive(Debug)]
pub(crate) struct Heads(Values);

/// The shapes of one place: the columns of each.
#[derive(Debug, Default)]
pub(super) struct ShapeTable {
    columns: Vec<u32>,
    ends: Vec<usize>,
}

impl<'u, R: ReadAt> Group<'u, R> {
    /// Reads the head of the group that begins where `source` does.
    ///
    /// # Errors
    /// If it cannot be read, or is damaged.
    pub(crate) fn open(
        source: R,
        decompressor: &'u mut zstd::bulk::Decompressor<'static>,
    ) -> Result<Self, R::Error> {
        let (unpacker, head) = Unpacker::open(source, decompressor)?;
        let mut cursor = Cursor::new(&head);
        let spans = cursor.count()?;
        let message_bytes = cursor.size()?;
        let is_regular = cursor.number()? == 1;
        let trace_ids = cursor.chunk()?;
        let trace_lengths = Numbers::read(&mut cursor)?;
        let heads = Texts::read(&mut cursor)?;
        let head_codes = Numbers::read(&mut cursor)?;
        let span_ids = cursor.chunk()?;
        let first_start = cursor.number()?;
        let starts = Numbers::read(&mut cursor)?;
        let durations = Numbers::read(&mut cursor)?;
        let shape_codes = Numbers::read(&mut cursor)?;
        let columns = (0..cursor.count()?).map(|_| Column::read(&mut cursor));
        let columns: Vec<_> = columns.collect::<Result<_, _>>()?;
        // Each value has a byte in a message, at least.
        let values = columns.iter().map(|column| column.stored.count());
        if values.fold(0, usize::saturating_add) > message_bytes {
            return Err(Damaged("its columns have more values than its spans").into());
        }
        let mut shapes =
            || Ok::<_, Damaged>((Numbers::read(&mut cursor)?, Numbers::read(&mut cursor)?));
        let shapes = [shapes()?, shapes()?, shapes()?, shapes()?];
        let per_span = [head_codes, starts, durations, shape_codes];
        if per_span.iter().any(|numbers| numbers.count != spans)
            || span_ids.raw_length() != spans.saturating_mul(8)
            || trace_ids.raw_length() != trace_lengths.count.saturating_mul(16)
        {
            return Err(Damaged("its columns have different lengths").into());
        }
        Ok(Self {
            unpacker,
            head,
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
        })
    }

    /// The traces, each with its spans.
    pub(crate) fn traces(&mut self) -> Result<Vec<TraceRows>, R::Error> {
        let ids = self.unpacker.unpack(&self.trace_ids)?;
        let lengths = self.trace_lengths.unpack(&mut self.unpacker)?;
        let mut begin = 0_usize;
        let (ids, _) = ids.as_chunks();
        let traces = ids.iter().zip(lengths).map(|(id, length)| {
            let end = begin.checked_add(usize::try_from(length).ok()?)?;
            let rows = std::mem::replace(&mut begin, end)..end;
            let id = TraceId::new(*id).ok()?;
            Some(TraceRows { id, rows })
        });
        let traces: Option<Vec<_>> = traces.collect();
        let traces = traces.filter(|_| begin == self.spans);
        traces.ok_or_else(|| Damaged("the list of its traces is wrong").into())
    }

    /// The start of each span.
    pub(crate) fn starts(&mut self) -> Result<Vec<u64>, R::Error> {
        let mut starts = self.starts.unpack(&mut self.unpacker)?;
        let mut last = self.first_start;
        for start in &mut starts {
            last = last.wrapping_add(*start);
            *start = last;
        }
        Ok(starts)
    }

    /// How long after its start each span ended; negative, as a signed number, if before.
    pub(crate) fn durations(&mut self) -> Result<Vec<u64>, R::Error> {
        self.durations.unpack(&mut self.unpacker)
    }

    /// The id of each span; zeros for none.
    pub(crate) fn span_ids(&mut self) -> Result<Vec<[u8; 8]>, R::Error> {
        let bytes = self.unpacker.unpack(&self.span_ids)?;
        let (ids, _) = bytes.as_chunks();
        Ok(ids.to_vec())
    }

    /// The resources and scopes.
    pub(crate) fn heads(&mut self) -> Result<Heads, R::Error> {
        Ok(Heads(self.heads.unpack(&mut self.unpacker)?))
    }

    /// The number of each span's resource and scope.
    pub(crate) fn head_codes(&mut self) -> Result<Vec<u64>, R::Error> {
        self.head_codes.unpack(&mut self.unpacker)
    }

    /// The number of each span's shape.
    pub(super) fn shape_codes(&mut self) -> Result<Vec<u64>, R::Error> {
        self.shape_codes.unpack(&mut self.unpacker)
    }

    /// The shapes of a place.
    pub(super) fn shapes(&mut self, place: Place) -> Result<ShapeTable, R::Error> {
        let [spans, events, links, statuses] = &self.shapes;
        let (lengths, columns) = match place {
            Place::Span => spans,
            Place::Event => events,
            Place::Link => links,
            Place::Status => statuses,
        };
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
            let known = usize::try_from(column).is_ok_and(|column| column < self.columns.len());
            u32::try_from(column).ok().filter(|_| known)
        });
        let shapes = ends.zip(columns.collect::<Option<Vec<_>>>());
        let (ends, columns) = shapes.ok_or(Damaged("its shapes are wrong"))?;
        Ok(ShapeTable { columns, ends })
    }

    /// What a column holds.
    pub(super) fn name(&self, column: &Column) -> Name<'_> {
        Name {
            place: column.place,
            field: column.field,
            kind: column.kind,
            key: self.head.get(column.key.clone()).unwrap_or_default(),
        }
    }
}

impl Column {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Damaged> {
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
            Form::Texts => Stored::Texts(Texts::read(cursor)?),
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
    /// How many values there are.
    fn count(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Numbers(numbers) => numbers.count,
            Self::Doubles(doubles) => doubles.numbers.count,
            Self::Texts(texts) => texts.count(),
        }
    }
}

impl Heads {
    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = GroupHead<'_>> {
        (0..self.0.count() as u64 / 4).map(|number| self.get(number))
    }

    /// A resource and a scope by their number; empty if there is none.
    pub(crate) fn get(&self, number: u64) -> GroupHead<'_> {
        let first = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_mul(4);
        let part = |part: usize| self.0.get(first.saturating_add(part)).unwrap_or_default();
        GroupHead {
            resource: part(0),
            resource_schema: part(1),
            scope: part(2),
            scope_schema: part(3),
        }
    }
}

impl ShapeTable {
    /// How many shapes there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Where the columns of a shape are.
    pub(super) fn range(&self, shape: u64) -> Result<Range<usize>, Damaged> {
        let shape = usize::try_from(shape).unwrap_or(usize::MAX);
        let begin = shape
            .checked_sub(1)
            .map_or(Some(&0), |before| self.ends.get(before));
        let range = begin.zip(self.ends.get(shape));
        let (begin, end) = range.ok_or(Damaged("a span has an unknown shape"))?;
        Ok(*begin..*end)
    }

    /// The column at a place of [`Self::range`].
    pub(super) fn column(&self, place: usize) -> usize {
        self.columns.get(place).copied().unwrap_or_default() as usize
    }

    /// The columns of a shape.
    pub(super) fn columns(&self, shape: u64) -> Result<&[u32], Damaged> {
        Ok(self.columns.get(self.range(shape)?).unwrap_or_default())
    }
}
