//! Encodes spans as a group of columns.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;

use super::doubles::Doubles;
use super::filter::FilterBuilder;
use super::numbers::Numbers;
use super::pack::Packer;
use super::regular::is_regular;
use super::shape::{Cell as Content, Form, Kind, Name, Place, Shapes, attribute, typed};
use super::texts::TextsBuilder;
use crate::format::otlp::ResourceScope;
use crate::format::otlp::fields::{event, span};
use crate::format::protobuf::{RawField, RawValue, next_field};
use crate::model::{SpanId, TraceId};
use crate::store::zigzag;

/// A span to be encoded in columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: Option<SpanId>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The index of its resource and scope.
    pub(crate) head: u32,
    /// Its `Span` message.
    pub(crate) message: &'a [u8],
}

/// How often a span with one resource and scope is the parent of a span with another one, by the indexes
/// of both.
pub(crate) type Calls = HashMap<(u32, u32), u64>;

/// Writes a group of spans, which must be grouped by trace, or of log records. `heads` are the resources
/// and scopes.
///
/// Returns the calls, too; `None` if the group does not tell them all.
///
/// # Errors
/// If the compressor fails, or if a span has more than some million values.
pub(crate) fn encode(
    place: Place,
    rows: &[Row<'_>],
    heads: &[ResourceScope<'_>],
    packer: &mut Packer,
) -> io::Result<(Vec<u8>, Option<Calls>)> {
    let mut group = Group::default();
    let mut calls = Calls::default();
    let mut has_twins = false;
    let traces = rows.chunk_by(|a, b| a.trace_id == b.trace_id);
    for trace in traces.clone() {
        let places = Places::of(trace);
        has_twins |= places.has_twins(trace);
        for (index, row) in trace.iter().enumerate() {
            let context = Context {
                row,
                place: index,
                places: &places,
                parent: Cell::new(None),
            };
            let shape = group.add(place, row.message, &context);
            group.codes.push(shape.into());
            let parent = context.parent.get().and_then(|parent| trace.get(parent));
            if let Some(parent) = parent.filter(|parent| parent.head != row.head) {
                *calls.entry((parent.head, row.head)).or_default() += 1;
            }
        }
    }
    packer.begin();
    packer.number(rows.len() as u64);
    packer.number(rows.iter().map(|row| row.message.len() as u64).sum());
    let is_regular = group.is_regular();
    packer.number(is_regular.into());
    let ids: Vec<_> = traces.clone().filter_map(<[_]>::first).collect();
    let ids: Vec<u8> = ids
        .iter()
        .flat_map(|row| *row.trace_id.as_bytes())
        .collect();
    packer.chunk(&ids)?;
    Numbers::write(
        &traces.map(|trace| trace.len() as u64).collect::<Vec<_>>(),
        packer,
    )?;
    let mut texts = TextsBuilder::default();
    for head in heads {
        for part in [
            head.resource,
            head.resource_schema,
            head.scope,
            head.scope_schema,
        ] {
            texts.push(part);
        }
    }
    texts.write(None, packer)?;
    let numbers = |of: &dyn Fn(&Row<'_>) -> u64| rows.iter().map(of).collect::<Vec<_>>();
    Numbers::write(&numbers(&|row| row.head.into()), packer)?;
    let span_ids: Vec<u8> = rows.iter().flat_map(|row| id_bytes(row.span_id)).collect();
    packer.chunk(&span_ids)?;
    packer.number(rows.first().map_or(0, |row| row.start));
    Numbers::write(&starts(rows), packer)?;
    Numbers::write(&numbers(&|row| row.end.wrapping_sub(row.start)), packer)?;
    Numbers::write(&group.codes, packer)?;
    group.write(rows.len(), packer)?;
    let calls = Some(calls).filter(|_| is_regular && !has_twins);
    Ok((packer.finish()?, calls))
}

fn id_bytes(id: Option<SpanId>) -> [u8; 8] {
    id.map_or([0; 8], |id| *id.as_bytes())
}

/// The difference of each span's start to that of the previous one.
fn starts(rows: &[Row<'_>]) -> Vec<u64> {
    let mut last = rows.first().map_or(0, |row| row.start);
    let difference = |row: &Row<'_>| {
        let difference = row.start.wrapping_sub(last);
        last = row.start;
        difference
    };
    rows.iter().map(difference).collect()
}

/// The positions of the spans of a trace.
enum Places<'r, 'a> {
    /// A few spans, which are searched one by one.
    Few(&'r [Row<'a>]),
    Many(HashMap<SpanId, usize>),
}

/// The number of spans from which a trace gets an index.
const FEW: usize = 32;

impl<'r, 'a> Places<'r, 'a> {
    fn of(trace: &'r [Row<'a>]) -> Self {
        if trace.len() <= FEW {
            return Self::Few(trace);
        }
        let ids = trace.iter().enumerate().rev();
        Self::Many(
            ids.filter_map(|(place, row)| Some((row.span_id?, place)))
                .collect(),
        )
    }

    fn find(&self, id: SpanId) -> Option<usize> {
        match self {
            Self::Few(rows) => rows.iter().position(|row| row.span_id == Some(id)),
            Self::Many(places) => places.get(&id).copied(),
        }
    }

    /// Returns true if two of the spans have the same id, or none.
    fn has_twins(&self, trace: &[Row<'_>]) -> bool {
        match self {
            Self::Few(rows) => {
                let mut rest = *rows;
                while let Some((row, others)) = rest.split_first() {
                    if others.iter().any(|other| other.span_id == row.span_id) {
                        return true;
                    }
                    rest = others;
                }
                false
            }
            Self::Many(places) => {
                let without = trace.iter().filter(|row| row.span_id.is_none()).count();
                places.len() + without.min(1) < trace.len()
            }
        }
    }
}

/// The span that a message belongs to.
struct Context<'c> {
    row: &'c Row<'c>,
    /// Its position in the trace.
    place: usize,
    places: &'c Places<'c, 'c>,
    /// The position of its parent, once that has been found.
    parent: Cell<Option<usize>>,
}

impl Context<'_> {
    /// The distance to the parent, if it is in the group.
    fn parent(&self, bytes: &[u8]) -> Option<u64> {
        let place = self.places.find(SpanId::from_slice(bytes).ok()?)?;
        self.parent.set(Some(place));
        let (place, own) = (i64::try_from(place).ok()?, i64::try_from(self.place).ok()?);
        Some(zigzag::encode(place - own))
    }

    /// The kind and the content of a field that is not an attribute.
    fn field<'a>(&self, place: Place, field: &RawField<'a>) -> (Kind, Content<'a>) {
        let row = self.row;
        match (place, field.number, field.value) {
            _ if !field.is_canonical() => (Kind::Raw, Content::Bytes(field.bytes)),
            (Place::Span, span::TRACE_ID, RawValue::Bytes(id)) if id == row.trace_id.as_bytes() => {
                (Kind::TraceId, Content::Implied)
            }
            (Place::Span, span::SPAN_ID, RawValue::Bytes(id)) if id == id_bytes(row.span_id) => {
                (Kind::SpanId, Content::Implied)
            }
            (Place::Span, span::START, RawValue::Fixed64(start)) if start == row.start => {
                (Kind::Start, Content::Implied)
            }
            (Place::Span, span::END, RawValue::Fixed64(end)) if end == row.end => {
                (Kind::End, Content::Implied)
            }
            (Place::Event, event::TIME, RawValue::Fixed64(time)) => (
                Kind::AfterStart,
                Content::Number(time.wrapping_sub(row.start)),
            ),
            (Place::Span, span::PARENT_SPAN_ID, RawValue::Bytes(id)) => match self.parent(id) {
                Some(distance) => (Kind::Parent, Content::Number(distance)),
                None => (Kind::Bytes, Content::Bytes(id)),
            },
            (_, number, RawValue::Bytes(bytes)) => match place.message(number) {
                Some(place) => (Kind::Message, Content::Message(place, bytes)),
                None => (Kind::Bytes, Content::Bytes(bytes)),
            },
            (_, _, RawValue::Varint(number)) => (Kind::Varint, Content::Number(number)),
            (_, _, RawValue::Fixed64(number)) => (Kind::Fixed64, Content::Number(number)),
            (_, _, RawValue::Fixed32(number)) => (Kind::Fixed32, Content::Number(number.into())),
        }
    }
}

/// A group to which spans are added.
#[derive(Default)]
struct Group<'a> {
    columns: Vec<Column<'a>>,
    numbers: HashMap<Name<'a>, u32>,
    shapes: [Shapes; Place::LISTS.len()],
    /// The shape of each span.
    codes: Vec<u64>,
    /// The columns of the message being added, after those of the enclosing messages.
    path: Vec<u32>,
}

struct Column<'a> {
    name: Name<'a>,
    values: Values,
}

enum Values {
    None,
    Numbers(Vec<u64>),
    Doubles(Vec<u64>),
    Texts(TextsBuilder),
}

impl<'a> Group<'a> {
    /// Adds a message; returns the number of its shape.
    fn add(&mut self, place: Place, message: &'a [u8], context: &Context<'_>) -> u32 {
        let (mut node, begin) = (Shapes::START, self.path.len());
        let mut rest = message;
        while !rest.is_empty() {
            let before = rest;
            let (name, cell) = if let Ok(Some(field)) = next_field(&mut rest) {
                describe(place, &field, context)
            } else {
                rest = &[];
                let raw = Name {
                    place,
                    field: 0,
                    kind: Kind::Raw,
                    key: &[],
                };
                (raw, Content::Bytes(before))
            };
            let column = self.column(place, node, name);
            self.push(column, cell, context);
            self.path.push(column);
            node = self.shapes_of(place).step(node, column);
        }
        let mut path = std::mem::take(&mut self.path);
        let columns = path.get(begin..).unwrap_or_default();
        let shape = self.shapes_of(place).end(node, columns);
        path.truncate(begin);
        self.path = path;
        shape
    }

    fn push(&mut self, column: u32, cell: Content<'a>, context: &Context<'_>) {
        let number = match cell {
            Content::Message(place, message) => self.add(place, message, context).into(),
            Content::Number(number) => number,
            Content::Implied | Content::Bytes(_) => 0,
        };
        let column = self.columns.get_mut(column as usize);
        match (column.map(|column| &mut column.values), cell) {
            (Some(Values::Numbers(values) | Values::Doubles(values)), _) => values.push(number),
            (Some(Values::Texts(values)), Content::Bytes(bytes)) => values.push(bytes),
            _ => {}
        }
    }

    fn shapes_of(&mut self, place: Place) -> &mut Shapes {
        let [spans, events, links, statuses] = &mut self.shapes;
        match place {
            Place::Span | Place::Log => spans,
            Place::Event => events,
            Place::Link => links,
            Place::Status => statuses,
        }
    }

    /// The number of the column with that name, which is created if necessary.
    fn column(&mut self, place: Place, node: u32, name: Name<'a>) -> u32 {
        let expected = self.shapes_of(place).expected(node);
        if let Some(expected) = expected
            && self
                .columns
                .get(expected as usize)
                .is_some_and(|column| column.name.is(&name))
        {
            return expected;
        }
        let columns = &mut self.columns;
        *self.numbers.entry(name).or_insert_with(|| {
            columns.push(Column {
                name,
                values: Values::of(name.kind),
            });
            u32::try_from(columns.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn is_regular(&self) -> bool {
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        let shapes = Place::LISTS.into_iter().zip(&self.shapes);
        let shapes = shapes.flat_map(|(place, shapes)| {
            let known = shapes.known.iter();
            known.map(move |shape| (place, shape.as_slice()))
        });
        is_regular(&names, shapes)
    }

    fn write(self, spans: usize, packer: &mut Packer) -> io::Result<()> {
        let mut filter = FilterBuilder::default();
        packer.number(self.columns.len() as u64);
        for Column { name, values } in self.columns {
            packer.number(name.place as u64);
            packer.number(name.field.into());
            packer.number(name.kind as u64);
            packer.bytes(name.key);
            match values {
                Values::None => {}
                Values::Numbers(values) => Numbers::write(&values, packer)?,
                Values::Doubles(values) => Doubles::write(&values, packer)?,
                Values::Texts(values) => {
                    let is_attribute = name.kind == Kind::Text && name.place != Place::Log;
                    let filter = is_attribute.then_some((name.key, &mut filter));
                    values.write(filter, packer)?;
                }
            }
        }
        for Shapes { known, .. } in &self.shapes {
            let lengths: Vec<_> = known.iter().map(|shape| shape.len() as u64).collect();
            Numbers::write(&lengths, packer)?;
            let columns: Vec<_> = known
                .iter()
                .flatten()
                .map(|column| u64::from(*column))
                .collect();
            Numbers::write(&columns, packer)?;
        }
        filter.write(spans, packer)
    }
}

/// The kind, the key and the content of an attribute, or of the body of a log record, which has no key.
#[inline]
fn any_value(place: Place, field: u32, bytes: &[u8]) -> Option<(Kind, &[u8], Content<'_>)> {
    if place.attributes() == Some(field) {
        attribute(bytes)
    } else if place.any_value() == Some(field) {
        let (kind, cell) = typed(bytes)?;
        Some((kind, &[], cell))
    } else {
        None
    }
}

/// The column of a field, and its content.
#[inline]
fn describe<'a>(
    place: Place,
    field: &RawField<'a>,
    context: &Context<'_>,
) -> (Name<'a>, Content<'a>) {
    let number = field.number;
    if let RawValue::Bytes(bytes) = field.value
        && let Some((kind, key, cell)) = any_value(place, number, bytes)
        && field.is_canonical()
    {
        return (
            Name {
                place,
                field: number,
                kind,
                key,
            },
            cell,
        );
    }
    let (kind, cell) = context.field(place, field);
    (
        Name {
            place,
            field: number,
            kind,
            key: &[],
        },
        cell,
    )
}

impl Values {
    fn of(kind: Kind) -> Self {
        match kind.form() {
            Form::None => Self::None,
            Form::Numbers => Self::Numbers(Vec::new()),
            Form::Doubles => Self::Doubles(Vec::new()),
            Form::Texts => Self::Texts(TextsBuilder::default()),
        }
    }
}
