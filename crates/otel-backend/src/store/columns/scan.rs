//! Finds the spans of a group that have a value.

use std::borrow::Cow;
use std::sync::Arc;

use super::ReadAt;
use super::group::Group;
use super::layout::{Column, Stored};
use super::pack::Damaged;
use super::shape::{Kind, Place};
use super::shape_table::ShapeTable;
use super::texts::Texts;
use crate::model::Value;

/// Searches the columns of one group.
pub(crate) struct Scan<'s, 'u, R> {
    pub(crate) group: &'s mut Group<'u, R>,
    /// The shape of each span, once it has been read.
    shape_codes: Option<Vec<u64>>,
    /// True if values were counted as wanted that could not be tested.
    pub(crate) is_unsure: bool,
}

/// A test of values.
pub(crate) struct Wanted<'w> {
    /// Returns true if a value is wanted.
    pub(crate) test: &'w dyn Fn(&Value<'_>) -> bool,
    /// The text of all wanted values, if it is known.
    pub(crate) text: Option<&'w str>,
    /// The text with which every wanted value begins.
    pub(crate) prefix: Option<&'w str>,
    /// True if the wanted numbers are all those above or all those below a bound.
    pub(crate) is_bound: bool,
}

impl<'w> Wanted<'w> {
    /// The values that pass a test of which nothing else is known.
    pub(crate) fn passing(test: &'w dyn Fn(&Value<'_>) -> bool) -> Self {
        Self {
            test,
            text: None,
            prefix: None,
            is_bound: false,
        }
    }

    /// Returns true if an integer between these two may be wanted.
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
            is_unsure: false,
        }
    }

    /// The spans in which a field, or an attribute with that key, has a wanted value; a span with
    /// several such values occurs several times. Values that are not text, number or boolean always
    /// count as wanted.
    pub(crate) fn rows(
        &mut self,
        place: Place,
        field: u32,
        key: Option<&[u8]>,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<usize>, R::Error> {
        let mut found = Vec::new();
        for number in 0..self.group.layout.columns.len() {
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

    /// The spans in which an attribute with that key has a wanted value.
    pub(crate) fn attribute_rows(
        &mut self,
        place: Place,
        key: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<usize>, R::Error> {
        let key = key.as_bytes();
        let may_be_there = |text: &str| self.group.may_have(key, text.as_bytes());
        match place.attributes() {
            // Most frames are done with here, without a look at their columns.
            Some(field) if wanted.text.is_none_or(may_be_there) => {
                self.rows(place, field, Some(key), wanted)
            }
            _ => Ok(Vec::new()),
        }
    }

    pub(super) fn is_about(
        &self,
        number: usize,
        place: Place,
        field: u32,
        key: Option<&[u8]>,
    ) -> bool {
        let Some(column) = self.group.layout.columns.get(number) else {
            return false;
        };
        (column.place, column.field) == (place, field)
            && key.is_none_or(|key| self.group.layout.name(column).key == key)
    }

    /// The positions of the wanted values in a column.
    fn wanted_values(
        &mut self,
        number: usize,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<usize>, R::Error> {
        let layout = Arc::clone(&self.group.layout);
        let Some(column) = layout.columns.get(number) else {
            return Ok(Vec::new());
        };
        if !self.may_have_text(column, wanted) {
            return Ok(Vec::new());
        }
        let unpacker = &mut self.group.unpacker;
        let test = wanted.test;
        Ok(match &column.stored {
            Stored::None => Vec::new(),
            Stored::Texts(texts) if column.kind == Kind::Any => {
                self.is_unsure = true;
                (0..texts.count()).collect()
            }
            Stored::Texts(texts) => {
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

    /// Returns false if a column has texts, and none of them is wanted, as far as is known without
    /// reading them.
    fn may_have_text(&mut self, column: &Column, wanted: &Wanted<'_>) -> bool {
        let Stored::Texts(texts) = &column.stored else {
            return true;
        };
        if !texts.may_begin(wanted.prefix.unwrap_or_default().as_bytes()) {
            return false;
        }
        let Some(text) = wanted.text.filter(|_| texts.is_text()) else {
            return true;
        };
        let layout = Arc::clone(&self.group.layout);
        let key = layout.name(column).key;
        texts.may_be_long(text.len()) && self.group.may_be_in_filter(key, text.as_bytes())
    }

    /// The span of each value of a column.
    fn rows_of(&mut self, number: usize) -> Result<Vec<usize>, R::Error> {
        let Some(place) = self.place_of(number) else {
            return Ok(Vec::new());
        };
        if place == Place::Span {
            return self.rows_in_spans(number);
        }
        let Some(around) = self.around(place) else {
            return Ok(Vec::new());
        };
        let rows = self.rows_in_spans(around)?;
        let codes = self.codes_of_messages(around)?;
        let times = self.group.shapes(place)?.times(number);
        Ok(repeated(rows.into_iter().zip(codes), &times)?)
    }

    fn rows_in_spans(&mut self, number: usize) -> Result<Vec<usize>, R::Error> {
        let times = self.group.shapes(Place::Span)?.times(number);
        if times.iter().all(|times| *times == 1) {
            return Ok((0..self.group.layout.spans).collect());
        }
        let codes = self.shape_codes()?.iter().copied();
        Ok(repeated((0..).zip(codes), &times)?)
    }

    /// The kind of message that has a column.
    pub(super) fn place_of(&self, number: usize) -> Option<Place> {
        let column = self.group.layout.columns.get(number)?;
        Some(column.place)
    }

    /// The column that holds the messages of a place.
    pub(super) fn around(&self, place: Place) -> Option<usize> {
        let mut columns = self.group.layout.columns.iter();
        columns.position(|column| column.message() == Some(place))
    }

    /// The shape of each message in a column of messages.
    pub(super) fn codes_of_messages(&mut self, number: usize) -> Result<Vec<u64>, R::Error> {
        let column = self.group.layout.columns.get(number);
        match column.map(|column| &column.stored) {
            Some(Stored::Numbers(numbers)) => numbers.unpack(&mut self.group.unpacker),
            _ => Ok(Vec::new()),
        }
    }

    /// The shape of each span.
    pub(super) fn shape_codes(&mut self) -> Result<&[u64], R::Error> {
        if self.shape_codes.is_none() {
            self.shape_codes = Some(self.group.shape_codes()?);
        }
        Ok(self.shape_codes.as_deref().unwrap_or_default())
    }
}

/// Decodes text: names become text in any case, other values that are not UTF-8 stay bytes.
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

/// The positions of the stored values that pass.
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

/// Repeats each row as often as its shape has the column.
pub(super) fn repeated<T: Clone>(
    rows: impl Iterator<Item = (T, u64)>,
    times: &[usize],
) -> Result<Vec<T>, Damaged> {
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
    /// The number of occurrences of a column in each shape.
    pub(super) fn times(&self, column: usize) -> Vec<usize> {
        let shapes = 0..self.len() as u64;
        let columns = shapes.map(|shape| self.columns(shape).unwrap_or_default());
        let times = columns.map(|columns| {
            let same = columns.iter().filter(|other| **other as usize == column);
            same.count()
        });
        times.collect()
    }
}
