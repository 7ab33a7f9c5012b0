//! Decodes a group of columns to the original spans.

use std::ops::Range;
use std::sync::Arc;

use super::ReadAt;
use super::doubles::Doubles;
use super::group::Group;
use super::heads::Heads;
use super::layout::{Column, Stored};
use super::pack::Damaged;
use super::shape::{Kind, Place};
use super::shape_table::ShapeTable;
use super::texts::Values;
#[cfg(test)]
use crate::format::otlp::ResourceScope;
use crate::format::otlp::fields::{any_value, key_value};
use crate::format::otlp::write_groups;
use crate::format::protobuf::{RawValue, varint_length, write_field, write_varint};
use crate::model::TraceId;
use crate::store::zigzag;

/// Spans of a group, each with its resource and scope.
#[derive(Debug)]
pub(crate) struct Messages {
    heads: Arc<Heads>,
    bytes: Vec<u8>,
    /// The index of each span's resource and scope, and the position of its message.
    spans: Vec<(u64, Range<usize>)>,
}

impl Messages {
    /// Each span's `Span` message, with its resource and scope.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ResourceScope<'_>, &[u8])> {
        let spans = self.spans.iter();
        spans.map(|(head, span)| (self.heads.get(*head), self.message(span)))
    }

    /// Appends a `TracesData` with these spans, grouped by resource and scope.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut spans: Vec<_> = self.spans.iter().collect();
        spans.sort_by_key(|(head, _)| *head);
        let groups = spans.chunk_by(|a, b| a.0 == b.0).filter_map(|group| {
            let (head, _) = group.first()?;
            let messages = group.iter().map(|(_, span)| self.message(span));
            Some((self.heads.get(*head), messages))
        });
        write_groups(groups, out);
    }

    fn message(&self, span: &Range<usize>) -> &[u8] {
        self.bytes.get(span.clone()).unwrap_or_default()
    }
}

impl<R: ReadAt> Group<'_, R> {
    /// The spans in these rows, in order; the ranges must ascend.
    pub(crate) fn messages(
        &mut self,
        wanted: impl IntoIterator<Item = Range<usize>>,
    ) -> Result<Messages, R::Error> {
        let traces = self.traces()?;
        let mut traces = traces.iter().peekable();
        let head_codes = self.head_codes()?;
        let heads = self.heads()?;
        let mut decoder = Decoder::new(self)?;
        let (mut bytes, mut spans) = (Vec::new(), Vec::new());
        for row in wanted.into_iter().flatten() {
            while traces.next_if(|trace| trace.rows.end <= row).is_some() {}
            let trace = traces.peek().ok_or(Damaged("a span has no trace"))?;
            let begin = bytes.len();
            decoder.go_to(row)?;
            decoder.span(trace.id, row, &mut bytes)?;
            let head = head_codes.get(row).copied().unwrap_or_default();
            spans.push((head, begin..bytes.len()));
        }
        Ok(Messages {
            heads,
            bytes,
            spans,
        })
    }
}

/// Reassembles messages; each column is unpacked when it is first needed.
struct Decoder<'d, 'u, R> {
    group: &'d mut Group<'u, R>,
    shape_codes: Vec<u64>,
    starts: Vec<u64>,
    durations: Vec<u64>,
    span_ids: Vec<[u8; 8]>,
    shapes: [Arc<ShapeTable>; Place::LISTS.len()],
    columns: Vec<Reading>,
    /// The next row.
    row: usize,
    /// A nested message.
    inner: Vec<u8>,
}

/// A column, and the position of its next value.
#[derive(Default)]
struct Reading {
    values: Option<Unpacked>,
    next: usize,
}

enum Unpacked {
    None,
    Numbers(Vec<u64>),
    Texts(Values),
}

/// The span that a message belongs to.
#[derive(Clone, Copy)]
struct Span {
    trace_id: TraceId,
    row: usize,
    start: u64,
}

impl<'d, 'u, R: ReadAt> Decoder<'d, 'u, R> {
    fn new(group: &'d mut Group<'u, R>) -> Result<Self, R::Error> {
        let [spans, events, links, statuses] = Place::LISTS;
        Ok(Self {
            shape_codes: group.shape_codes()?,
            starts: group.starts()?,
            durations: group.durations()?,
            span_ids: group.span_ids()?,
            shapes: [
                group.shapes(spans)?,
                group.shapes(events)?,
                group.shapes(links)?,
                group.shapes(statuses)?,
            ],
            columns: group
                .layout
                .columns
                .iter()
                .map(|_| Reading::default())
                .collect(),
            row: 0,
            inner: Vec::new(),
            group,
        })
    }

    /// Skips all spans before a row.
    fn go_to(&mut self, row: usize) -> Result<(), R::Error> {
        let codes = self.shape_codes.get(self.row..row).unwrap_or_default();
        let passed = self.shapes(Place::Span).count(codes)?;
        self.row = row;
        for (shape, times) in passed {
            self.pass(Place::Span, shape, times)?;
        }
        Ok(())
    }

    /// Skips so many messages of a shape.
    fn pass(&mut self, place: Place, shape: u64, times: usize) -> Result<(), R::Error> {
        for index in self.shapes(place).range(shape)? {
            let number = self.shapes(place).column(index);
            let column = self.column(number)?;
            let inner = column.message().filter(|_| place == Place::Span);
            if let Some(inner) = inner {
                let codes = self.take_numbers(number, times)?;
                for (shape, times) in self.shapes(inner).count(&codes)? {
                    self.pass(inner, shape, times)?;
                }
            } else if let Some(column) = self.columns.get_mut(number) {
                column.next = column.next.saturating_add(times);
            }
        }
        Ok(())
    }

    /// Appends the message of a span or log record.
    fn span(&mut self, trace_id: TraceId, row: usize, out: &mut Vec<u8>) -> Result<(), R::Error> {
        let shape = at(&self.shape_codes, row)?;
        let start = at(&self.starts, row)?;
        self.message(
            Place::Span,
            shape,
            Span {
                trace_id,
                row,
                start,
            },
            out,
        )?;
        self.row = row + 1;
        Ok(())
    }

    fn message(
        &mut self,
        place: Place,
        shape: u64,
        span: Span,
        out: &mut Vec<u8>,
    ) -> Result<(), R::Error> {
        for index in self.shapes(place).range(shape)? {
            let number = self.shapes(place).column(index);
            self.field(place, number, span, out)?;
            if out.len() > self.group.layout.message_bytes {
                return Err(Damaged("its spans are longer than it says").into());
            }
        }
        Ok(())
    }

    /// Appends the field with the next value of a column.
    fn field(
        &mut self,
        place: Place,
        number: usize,
        span: Span,
        out: &mut Vec<u8>,
    ) -> Result<(), R::Error> {
        let (field, kind) = {
            let column = self.column(number)?;
            (column.field, column.kind)
        };
        match kind {
            Kind::TraceId => write_field(field, RawValue::Bytes(span.trace_id.as_bytes()), out),
            Kind::SpanId => {
                let id = at(&self.span_ids, span.row)?;
                write_field(field, RawValue::Bytes(&id), out);
            }
            Kind::Start => write_field(field, RawValue::Fixed64(span.start), out),
            Kind::End => {
                let end = span.start.wrapping_add(at(&self.durations, span.row)?);
                write_field(field, RawValue::Fixed64(end), out);
            }
            Kind::Parent => {
                let distance = zigzag::decode(self.number(number)?);
                let distance = isize::try_from(distance).unwrap_or(isize::MAX);
                let parent = span.row.checked_add_signed(distance).unwrap_or(usize::MAX);
                let id = at(&self.span_ids, parent)?;
                write_field(field, RawValue::Bytes(&id), out);
            }
            Kind::AfterStart => {
                let time = span.start.wrapping_add(self.number(number)?);
                write_field(field, RawValue::Fixed64(time), out);
            }
            Kind::Message => {
                let inner = self.column(number)?.message();
                let inner = inner.filter(|_| place == Place::Span);
                let inner = inner.ok_or(Damaged("a message lies in a wrong one"))?;
                let shape = self.number(number)?;
                let mut message = std::mem::take(&mut self.inner);
                message.clear();
                self.message(inner, shape, span, &mut message)?;
                write_field(field, RawValue::Bytes(&message), out);
                self.inner = message;
            }
            Kind::Varint => write_field(field, RawValue::Varint(self.number(number)?), out),
            Kind::Fixed64 => write_field(field, RawValue::Fixed64(self.number(number)?), out),
            Kind::Fixed32 => {
                let value = u32::try_from(self.number(number)?);
                let value = value.map_err(|_| Damaged("a number is too large"))?;
                write_field(field, RawValue::Fixed32(value), out);
            }
            Kind::Bytes => write_field(field, RawValue::Bytes(self.text(number)?), out),
            Kind::Raw => out.extend_from_slice(self.text(number)?),
            Kind::Text | Kind::Bool | Kind::Int | Kind::Double | Kind::Any => {
                self.attribute(number, field, kind, out)?;
            }
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        number: usize,
        field: u32,
        kind: Kind,
        out: &mut Vec<u8>,
    ) -> Result<(), R::Error> {
        let index = self.next(number)?;
        let column = self.group.layout.columns.get(number).ok_or(UNKNOWN)?;
        let key = self.group.layout.name(column).key;
        let has_key = column.place.any_value() != Some(field);
        let values = self
            .columns
            .get(number)
            .and_then(|reading| reading.values.as_ref());
        let values = values.ok_or(UNKNOWN)?;
        let (member, value) = match kind {
            Kind::Text => (any_value::STRING, RawValue::Bytes(values.text(index)?)),
            Kind::Bool => (any_value::BOOL, RawValue::Varint(values.number(index)?)),
            Kind::Int => (any_value::INT, RawValue::Varint(values.number(index)?)),
            Kind::Double => (any_value::DOUBLE, RawValue::Fixed64(values.number(index)?)),
            _ => {
                let value = values.text(index)?;
                begin_attribute(field, key, value.len(), out);
                out.extend_from_slice(value);
                return Ok(());
            }
        };
        let length = match value {
            RawValue::Varint(number) => varint_length(number),
            RawValue::Bytes(text) => varint_length(text.len() as u64) + text.len(),
            RawValue::Fixed64(_) => 8,
            RawValue::Fixed32(_) => 4,
        };
        if has_key {
            begin_attribute(field, key, 1 + length, out);
        } else {
            begin_message(field, 1 + length, out);
        }
        write_field(member, value, out);
        Ok(())
    }

    fn shapes(&self, place: Place) -> &ShapeTable {
        let [spans, events, links, statuses] = &self.shapes;
        match place {
            Place::Span | Place::Log => spans,
            Place::Event => events,
            Place::Link => links,
            Place::Status => statuses,
        }
    }

    fn column(&self, number: usize) -> Result<&Column, Damaged> {
        self.group.layout.columns.get(number).ok_or(UNKNOWN)
    }

    /// The position of the next value of a column, which is unpacked if necessary.
    fn next(&mut self, number: usize) -> Result<usize, R::Error> {
        self.unpack(number)?;
        let reading = self.columns.get_mut(number).ok_or(UNKNOWN)?;
        let next = reading.next;
        reading.next = next.saturating_add(1);
        Ok(next)
    }

    fn unpack(&mut self, number: usize) -> Result<(), R::Error> {
        let reading = self.columns.get_mut(number).ok_or(UNKNOWN)?;
        if reading.values.is_none() {
            let column = self.group.layout.columns.get(number).ok_or(UNKNOWN)?;
            let unpacker = &mut self.group.unpacker;
            reading.values = Some(match &column.stored {
                Stored::None => Unpacked::None,
                Stored::Numbers(numbers) => Unpacked::Numbers(numbers.unpack(unpacker)?),
                Stored::Doubles(doubles) => Unpacked::Numbers(Doubles::unpack(doubles, unpacker)?),
                Stored::Texts(texts) => Unpacked::Texts(texts.unpack(unpacker)?),
            });
        }
        Ok(())
    }

    fn values(&self, number: usize) -> Result<&Unpacked, Damaged> {
        let reading = self.columns.get(number);
        reading
            .and_then(|reading| reading.values.as_ref())
            .ok_or(UNKNOWN)
    }

    fn number(&mut self, number: usize) -> Result<u64, R::Error> {
        let index = self.next(number)?;
        Ok(self.values(number)?.number(index)?)
    }

    fn text(&mut self, number: usize) -> Result<&[u8], R::Error> {
        let index = self.next(number)?;
        Ok(self.values(number)?.text(index)?)
    }

    /// The next so many numbers of a column.
    fn take_numbers(&mut self, number: usize, times: usize) -> Result<Vec<u64>, R::Error> {
        self.unpack(number)?;
        let reading = self.columns.get_mut(number).ok_or(UNKNOWN)?;
        let range = reading.next..reading.next.saturating_add(times);
        reading.next = range.end;
        match &reading.values {
            Some(Unpacked::Numbers(numbers)) => Ok(numbers.get(range).ok_or(SHORT)?.to_vec()),
            _ => Err(UNKNOWN.into()),
        }
    }
}

const UNKNOWN: Damaged = Damaged("a span has an unknown column");
const SHORT: Damaged = Damaged("a column is too short");

fn at<T: Copy>(values: &[T], index: usize) -> Result<T, Damaged> {
    values.get(index).copied().ok_or(SHORT)
}

/// Appends an attribute up to its value, which has so many bytes.
fn begin_attribute(field: u32, key: &[u8], value: usize, out: &mut Vec<u8>) {
    let length = |bytes: usize| 1 + varint_length(bytes as u64) + bytes;
    begin_message(field, length(key.len()) + length(value), out);
    write_field(key_value::KEY, RawValue::Bytes(key), out);
    begin_message(key_value::VALUE, value, out);
}

/// Appends the key and the length of a message of so many bytes.
fn begin_message(field: u32, length: usize, out: &mut Vec<u8>) {
    write_varint(u64::from(field) << 3 | 2, out);
    write_varint(length as u64, out);
}

impl Unpacked {
    fn number(&self, index: usize) -> Result<u64, Damaged> {
        match self {
            Self::Numbers(numbers) => at(numbers, index),
            _ => Err(UNKNOWN),
        }
    }

    fn text(&self, index: usize) -> Result<&[u8], Damaged> {
        match self {
            Self::Texts(texts) => texts.get(index).ok_or(SHORT),
            _ => Err(UNKNOWN),
        }
    }
}

impl Column {
    /// The place of the messages that it holds, if any.
    pub(super) fn message(&self) -> Option<Place> {
        let place = self.place.message(self.field);
        place.filter(|_| self.kind == Kind::Message)
    }
}

impl ShapeTable {
    /// The number of occurrences of each shape among these codes.
    fn count(&self, codes: &[u64]) -> Result<Vec<(u64, usize)>, Damaged> {
        let mut counts = vec![0; self.len()];
        for code in codes {
            let count = usize::try_from(*code)
                .ok()
                .and_then(|code| counts.get_mut(code));
            *count.ok_or(Damaged("a span has an unknown shape"))? += 1;
        }
        let counted = (0..).zip(counts);
        Ok(counted.filter(|(_, times)| *times > 0).collect())
    }
}
