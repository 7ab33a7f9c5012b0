//! Which spans of a group have a value: what a question asks of the columns.

use std::borrow::Cow;

use super::group::{Group, ShapeTable, Stored};
use super::pack::Damaged;
use super::shape::{Kind, Place};
use super::texts::Texts;
use super::{ReadAt, zigzag};
use crate::format::otlp::fields::{event, link, span, status};
use crate::model::Value;

/// Asks the columns of one group.
pub(crate) struct Scan<'s, 'u, R> {
    pub(crate) group: &'s mut Group<'u, R>,
    shape_codes: Option<Vec<u64>>,
}

/// What is asked of a value.
pub(crate) struct Wanted<'w> {
    /// Whether a value is wanted.
    pub(crate) test: &'w dyn Fn(&Value<'_>) -> bool,
    /// How every wanted value reads as text, if that is known.
    pub(crate) text: Option<&'w str>,
    /// Whether of numbers all above or all below a bound are wanted, and no others.
    pub(crate) is_bound: bool,
}

impl<'w> Wanted<'w> {
    /// Values that pass a test of which nothing else is known.
    pub(crate) fn passing(test: &'w dyn Fn(&Value<'_>) -> bool) -> Self {
        Self {
            test,
            text: None,
            is_bound: false,
        }
    }

    /// Whether a whole number between these two may be wanted.
    fn may_be_between(&self, min: i64, max: i64) -> bool {
        if let Some(text) = self.text {
            return text
                .parse()
                .is_ok_and(|number: i64| (min..=max).contains(&number));
        }
        !self.is_bound || (self.test)(&Value::Int(min)) || (self.test)(&Value::Int(max))
    }
}

impl<'s, 'u, R: ReadAt> Scan<'s, 'u, R> {
    pub(crate) fn new(group: &'s mut Group<'u, R>) -> Self {
        Self {
            group,
            shape_codes: None,
        }
    }

    /// Whether the columns say all there is to say about the spans: each field is written as usual, and
    /// each that has one value is there once.
    pub(crate) fn is_regular(&mut self) -> Result<bool, R::Error> {
        let columns = &self.group.columns;
        if columns.iter().any(|column| {
            column.kind == Kind::Raw || is_unusual(column.place, column.field, column.kind)
        }) {
            return Ok(false);
        }
        for place in Place::ALL {
            let shapes = self.group.shapes(place)?;
            for shape in 0..shapes.len() as u64 {
                if self.repeats(place, shapes.columns(shape)?) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether a shape has a field twice of which a message has one.
    fn repeats(&self, place: Place, shape: &[u32]) -> bool {
        let mut seen = 0_u64;
        shape.iter().any(|column| {
            let Some(column) = self.group.columns.get(*column as usize) else {
                return true;
            };
            if may_repeat(place, column.field) || column.field > 63 {
                return false;
            }
            let bit = 1 << column.field;
            let is_second = seen & bit != 0;
            seen |= bit;
            is_second
        })
    }

    /// The spans in which a field, or an attribute of that key, has a wanted value; one that has several
    /// is there several times. A value of another type than text, number or truth may be wanted.
    pub(crate) fn rows(
        &mut self,
        place: Place,
        field: u32,
        key: Option<&[u8]>,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<usize>, R::Error> {
        let mut found = Vec::new();
        for number in 0..self.group.columns.len() {
            if !self.is_about(number, place, field, key) {
                continue;
            }
            let values = self.wanted_values(number, wanted)?;
            if values.is_empty() {
                continue;
            }
            let rows = self.rows_of(number)?;
            found.extend(values.into_iter().filter_map(|value| rows.get(value)));
        }
        Ok(found)
    }

    /// The id of each span's parent; zeros where there is none.
    pub(crate) fn parents(&mut self) -> Result<Vec<[u8; 8]>, R::Error> {
        let ids = self.group.span_ids()?;
        let mut parents = vec![[0; 8]; self.group.spans];
        for number in 0..self.group.columns.len() {
            if !self.is_about(number, Place::Span, span::PARENT_SPAN_ID, None) {
                continue;
            }
            let rows = self.rows_of(number)?;
            let stored = self.group.columns.get(number).map(|column| &column.stored);
            match stored {
                Some(Stored::Numbers(distances)) => {
                    let distances = distances.unpack(&mut self.group.unpacker)?;
                    for (row, distance) in rows.into_iter().zip(distances) {
                        let distance = isize::try_from(zigzag::decode(distance)).ok();
                        let parent = distance.and_then(|distance| row.checked_add_signed(distance));
                        let id = parent.and_then(|parent| ids.get(parent));
                        if let Some((slot, id)) = parents.get_mut(row).zip(id) {
                            *slot = *id;
                        }
                    }
                }
                Some(Stored::Texts(texts)) => {
                    let values = texts.unpack(&mut self.group.unpacker)?;
                    for (place, row) in rows.into_iter().enumerate() {
                        let id = values.get(place).and_then(|id| id.try_into().ok());
                        if let Some((slot, id)) = parents.get_mut(row).zip(id) {
                            *slot = id;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(parents)
    }

    /// The spans in which an attribute of that key has a wanted value.
    pub(crate) fn attribute_rows(
        &mut self,
        place: Place,
        key: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<usize>, R::Error> {
        match place.attributes() {
            Some(field) => self.rows(place, field, Some(key.as_bytes()), wanted),
            None => Ok(Vec::new()),
        }
    }

    fn is_about(&self, number: usize, place: Place, field: u32, key: Option<&[u8]>) -> bool {
        let Some(column) = self.group.columns.get(number) else {
            return false;
        };
        (column.place, column.field) == (place, field)
            && key.is_none_or(|key| self.group.name(column).key == key)
    }

    /// The places of the wanted values in a column.
    fn wanted_values(
        &mut self,
        number: usize,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<usize>, R::Error> {
        let Some(column) = self.group.columns.get(number) else {
            return Ok(Vec::new());
        };
        let unpacker = &mut self.group.unpacker;
        let test = wanted.test;
        Ok(match &column.stored {
            Stored::None => Vec::new(),
            Stored::Texts(texts) if column.kind == Kind::Any => (0..texts.count()).collect(),
            Stored::Texts(texts) => {
                if let (Some(text), Some(bloom)) = (wanted.text, texts.bloom(unpacker)?)
                    && !bloom.may_hold(text.as_bytes())
                {
                    return Ok(Vec::new());
                }
                let is_name = column.kind == Kind::Bytes;
                let stored = texts.unpack_dictionary(unpacker)?;
                let passes = stored.stored().map(|bytes| test(&text(bytes, is_name)));
                let passes: Vec<_> = passes.collect();
                places_of(texts, &passes, unpacker)?
            }
            Stored::Numbers(numbers) => {
                if column.kind == Kind::Bool {
                    let values = numbers.unpack(unpacker)?;
                    positions(&values, |bool| test(&Value::Bool(bool != 0)))
                } else if wanted.may_be_between(numbers.min, numbers.max) {
                    let values = numbers.unpack(unpacker)?;
                    positions(&values, |int| test(&Value::Int(int.cast_signed())))
                } else {
                    Vec::new()
                }
            }
            Stored::Doubles(doubles) => {
                let is_out = wanted.is_bound
                    && (doubles.range()).is_some_and(|(min, max)| {
                        !test(&Value::Double(min)) && !test(&Value::Double(max))
                    });
                if is_out {
                    return Ok(Vec::new());
                }
                let values = doubles.unpack(unpacker)?;
                positions(&values, |bits| test(&Value::Double(f64::from_bits(bits))))
            }
        })
    }

    /// The span of each value of a column.
    fn rows_of(&mut self, number: usize) -> Result<Vec<usize>, R::Error> {
        let Some(place) = self.group.columns.get(number).map(|column| column.place) else {
            return Ok(Vec::new());
        };
        if place == Place::Span {
            return self.rows_in_spans(number);
        }
        let holds = |column: &super::group::Column| column.message() == Some(place);
        let Some(around) = self.group.columns.iter().position(holds) else {
            return Ok(Vec::new());
        };
        let rows = self.rows_in_spans(around)?;
        let codes = match self.group.columns.get(around).map(|column| &column.stored) {
            Some(Stored::Numbers(numbers)) => numbers.unpack(&mut self.group.unpacker)?,
            _ => Vec::new(),
        };
        let times = self.group.shapes(place)?.times(number);
        Ok(repeated(rows.into_iter().zip(codes), &times)?)
    }

    fn rows_in_spans(&mut self, number: usize) -> Result<Vec<usize>, R::Error> {
        let times = self.group.shapes(Place::Span)?.times(number);
        if self.shape_codes.is_none() {
            self.shape_codes = Some(self.group.shape_codes()?);
        }
        let codes = self.shape_codes.iter().flatten().copied();
        Ok(repeated((0..).zip(codes), &times)?)
    }
}

/// Whether a field that is known is stored in a way that says less than it could.
fn is_unusual(place: Place, field: u32, kind: Kind) -> bool {
    let is_attribute = place.attributes() == Some(field);
    match (place, field) {
        _ if is_attribute => !matches!(
            kind,
            Kind::Text | Kind::Bool | Kind::Int | Kind::Double | Kind::Any
        ),
        (Place::Span, span::TRACE_ID) => kind != Kind::TraceId,
        (Place::Span, span::SPAN_ID) => kind != Kind::SpanId,
        (Place::Span, span::START) => kind != Kind::Start,
        (Place::Span, span::END) => kind != Kind::End,
        (Place::Span, span::NAME)
        | (Place::Event, event::NAME)
        | (Place::Status, status::MESSAGE) => kind != Kind::Bytes,
        (Place::Span, span::KIND) | (Place::Status, status::CODE) => kind != Kind::Varint,
        (Place::Span, span::EVENTS | span::LINKS | span::STATUS) => kind != Kind::Message,
        _ => false,
    }
}

/// Whether a message may have a field several times.
fn may_repeat(place: Place, field: u32) -> bool {
    match place {
        Place::Span => matches!(field, span::ATTRIBUTES | span::EVENTS | span::LINKS),
        Place::Event => field == event::ATTRIBUTES,
        Place::Link => field == link::ATTRIBUTES,
        Place::Status => false,
    }
}

/// Text as it is decoded: names are made text, values that are none stay bytes.
fn text(bytes: &[u8], is_name: bool) -> Value<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(Cow::Borrowed(text)),
        Err(_) if is_name => Value::String(String::from_utf8_lossy(bytes)),
        Err(_) => Value::Bytes(Cow::Borrowed(bytes)),
    }
}

fn positions(values: &[u64], passes: impl Fn(u64) -> bool) -> Vec<usize> {
    let values = values.iter().enumerate();
    let passing = values.filter(|(_, value)| passes(**value));
    passing.map(|(place, _)| place).collect()
}

/// The places of the stored values that pass.
fn places_of<R: ReadAt>(
    texts: &Texts,
    passes: &[bool],
    unpacker: &mut super::pack::Unpacker<'_, R>,
) -> Result<Vec<usize>, R::Error> {
    if !passes.contains(&true) {
        return Ok(Vec::new());
    }
    let Some(codes) = texts.codes(unpacker)? else {
        let passing = passes.iter().enumerate().filter(|(_, passes)| **passes);
        return Ok(passing.map(|(place, _)| place).collect());
    };
    Ok(positions(&codes, |code| {
        let code = usize::try_from(code).unwrap_or(usize::MAX);
        passes.get(code).copied().unwrap_or_default()
    }))
}

/// Each row as often as its shape says.
fn repeated(
    rows: impl Iterator<Item = (usize, u64)>,
    times: &[usize],
) -> Result<Vec<usize>, Damaged> {
    let mut repeated = Vec::new();
    for (row, shape) in rows {
        let times = usize::try_from(shape)
            .ok()
            .and_then(|shape| times.get(shape));
        let times = *times.ok_or(Damaged("a span has an unknown shape"))?;
        repeated.extend(std::iter::repeat_n(row, times));
    }
    Ok(repeated)
}

impl ShapeTable {
    /// How often each shape has a column.
    fn times(&self, column: usize) -> Vec<usize> {
        let shapes = 0..self.len() as u64;
        let columns = shapes.map(|shape| self.columns(shape).unwrap_or_default());
        let times = columns.map(|columns| {
            let same = columns.iter().filter(|other| **other as usize == column);
            same.count()
        });
        times.collect()
    }
}
