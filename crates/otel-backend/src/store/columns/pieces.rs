//! The values of a field in all spans of a group.

use std::sync::Arc;

use super::ReadAt;
use super::group::Group;
use super::layout::Stored;
use super::scan::{Scan, repeated};
use super::shape::{Kind, Place};
use super::texts::Values;
use crate::format::otlp::fields::span;
use crate::store::zigzag;

/// The values of a field, or of the attributes with a key, that are in one column.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The row of each value, ascending; `None` if every row has a value. Rows are spans or, for
    /// events and links, events or links.
    pub(crate) rows: Option<Vec<u32>>,
    pub(crate) values: PieceValues,
}

/// The values of a piece.
#[derive(Debug)]
pub(crate) enum PieceValues {
    Ints(Vec<i64>),
    /// Times relative to the start of the span.
    Times(Vec<i64>),
    Bools(Vec<bool>),
    Doubles(Vec<f64>),
    /// Texts, or bytes that should be text.
    Texts(PieceTexts),
    /// `AnyValue` messages.
    Any(PieceTexts),
}

/// Texts; if there are codes, each distinct text is stored once.
#[derive(Debug)]
pub(crate) struct PieceTexts {
    values: Values,
    /// For each value, the index of its text.
    pub(crate) codes: Option<Vec<u32>>,
}

impl PieceValues {
    /// The number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Ints(values) | Self::Times(values) => values.len(),
            Self::Bools(values) => values.len(),
            Self::Doubles(values) => values.len(),
            Self::Texts(texts) | Self::Any(texts) => {
                let codes = texts.codes.as_ref();
                codes.map_or_else(|| texts.values.count(), Vec::len)
            }
        }
    }
}

impl PieceTexts {
    /// The stored texts, by index.
    pub(crate) fn stored(&self) -> impl Iterator<Item = &[u8]> {
        self.values.stored()
    }

    /// The same as texts; `None` if one is not UTF-8.
    pub(crate) fn texts(&self) -> Option<impl Iterator<Item = &str>> {
        self.values.texts()
    }
}

impl<R: ReadAt> Scan<'_, '_, R> {
    /// The values of a field, or of the attributes with a key; `None` if a span has several values
    /// in different columns, so that their order is unknown.
    pub(crate) fn pieces(
        &mut self,
        place: Place,
        field: u32,
        key: Option<&str>,
    ) -> Result<Option<Vec<Piece>>, R::Error> {
        let key = key.map(str::as_bytes);
        let numbers = 0..self.group.layout.columns.len();
        let numbers = numbers.filter(|number| self.is_about(*number, place, field, key));
        let numbers: Vec<_> = numbers.collect();
        if numbers.len() > 1 && self.occur_together(place, &numbers)? {
            return Ok(None);
        }
        let pieces = numbers.into_iter().map(|number| self.piece(number));
        Ok(Some(
            pieces
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?,
        ))
    }

    /// The spans that have an attribute with that key, without a look at its values; `None` if some of
    /// these may be other than text, number or boolean.
    pub(crate) fn spans_with(&mut self, key: &str) -> Result<Option<Vec<bool>>, R::Error> {
        let mut has = vec![false; self.group.layout.spans];
        let layout = Arc::clone(&self.group.layout);
        for (number, column) in layout.columns.iter().enumerate() {
            if !self.is_about(number, Place::Span, span::ATTRIBUTES, Some(key.as_bytes())) {
                continue;
            }
            match &column.stored {
                Stored::None => continue,
                Stored::Texts(texts) if column.kind == Kind::Any || !texts.is_text() => {
                    return Ok(None);
                }
                Stored::Texts(_) | Stored::Numbers(_) | Stored::Doubles(_) => {}
            }
            let Some(rows) = self.item_rows(number)? else {
                return Ok(Some(vec![true; has.len()]));
            };
            for row in rows {
                if let Some(has) = has.get_mut(row as usize) {
                    *has = true;
                }
            }
        }
        Ok(Some(has))
    }

    /// For each span, the number of events or links up to and including its last.
    pub(crate) fn ends(&mut self, place: Place) -> Result<Vec<u32>, R::Error> {
        let Some(around) = self.around(place) else {
            return Ok(vec![0; self.group.layout.spans]);
        };
        let times = self.group.shapes(Place::Span)?.times(around);
        let mut end = 0_u32;
        let codes = self.shape_codes()?;
        let ends = codes.iter().map(|code| {
            let code = usize::try_from(*code).unwrap_or(usize::MAX);
            let times = times.get(code).copied().unwrap_or_default();
            end = end.saturating_add(u32::try_from(times).unwrap_or(u32::MAX));
            end
        });
        Ok(ends.collect())
    }

    /// The keys of all attributes in a place.
    pub(crate) fn keys(&self, place: Place) -> impl Iterator<Item = &[u8]> {
        let columns = self.group.layout.columns.iter();
        let attributes = columns.filter(move |column| {
            column.place == place && Some(column.field) == place.attributes()
        });
        attributes.map(|column| self.group.layout.name(column).key)
    }

    /// The id of each span's parent, as a big-endian number; zero for none. `ids` are the spans'
    /// own ids.
    pub(crate) fn parent_ids(&mut self, ids: &[u64]) -> Result<Vec<u64>, R::Error> {
        let mut parents = vec![0; self.group.layout.spans];
        for number in 0..self.group.layout.columns.len() {
            if !self.is_about(number, Place::Span, span::PARENT_SPAN_ID, None) {
                continue;
            }
            let Some(piece) = self.piece(number)? else {
                continue;
            };
            let is_near = self.kind(number) == Some(Kind::Parent);
            piece.each(|row, value| {
                let parent = match &piece.values {
                    PieceValues::Ints(distances) if is_near => distances
                        .get(value)
                        .and_then(|far| near(row, *far))
                        .and_then(|row| ids.get(row).copied()),
                    PieceValues::Texts(texts) => texts.id(value),
                    _ => None,
                };
                if let Some((slot, parent)) = parents.get_mut(row).zip(parent) {
                    *slot = parent;
                }
            });
        }
        Ok(parents)
    }

    /// The row of each span's parent if it is in the group, else `u32::MAX`.
    pub(crate) fn parent_rows(&mut self) -> Result<Vec<u32>, R::Error> {
        let mut parents = vec![u32::MAX; self.group.layout.spans];
        for number in 0..self.group.layout.columns.len() {
            if self.kind(number) != Some(Kind::Parent) {
                continue;
            }
            let Some(piece) = self.piece(number)? else {
                continue;
            };
            if let PieceValues::Ints(distances) = &piece.values {
                piece.each(|row, at| {
                    let parent = distances.get(at).and_then(|far| near(row, *far));
                    let parent = parent.and_then(|parent| u32::try_from(parent).ok());
                    if let Some((slot, parent)) = parents.get_mut(row).zip(parent) {
                        *slot = parent;
                    }
                });
            }
        }
        Ok(parents)
    }

    fn kind(&self, number: usize) -> Option<Kind> {
        self.group
            .layout
            .columns
            .get(number)
            .map(|column| column.kind)
    }

    /// Returns true if a message has more than one of these columns.
    fn occur_together(&mut self, place: Place, numbers: &[usize]) -> Result<bool, R::Error> {
        let shapes = self.group.shapes(place)?;
        for shape in 0..shapes.len() as u64 {
            let columns = shapes.columns(shape)?;
            let is_there = |number: &&usize| columns.iter().any(|c| *c as usize == **number);
            if numbers.iter().filter(is_there).count() > 1 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn piece(&mut self, number: usize) -> Result<Option<Piece>, R::Error> {
        let Some(column) = self.group.layout.columns.get(number) else {
            return Ok(None);
        };
        let (kind, stored) = (column.kind, column.stored.clone());
        let Some(values) = unpack(self.group, kind, &stored)? else {
            return Ok(None);
        };
        let rows = self.item_rows(number)?;
        Ok(Some(Piece { rows, values }))
    }

    /// The row of each value of a column; `None` if every row has one.
    fn item_rows(&mut self, number: usize) -> Result<Option<Vec<u32>>, R::Error> {
        let Some(place) = self.place_of(number) else {
            return Ok(Some(Vec::new()));
        };
        if place == Place::Span {
            let times = self.group.shapes(place)?.times(number);
            if times.iter().all(|times| *times == 1) {
                return Ok(None);
            }
            let codes = self.shape_codes()?.iter().copied();
            return Ok(Some(repeated((0..).zip(codes), &times)?));
        }
        let Some(around) = self.around(place) else {
            return Ok(Some(Vec::new()));
        };
        let times = self.group.shapes(place)?.times(number);
        let rows = match place {
            Place::Status => self.item_rows(around)?,
            _ => None,
        };
        let has_all = times.iter().all(|times| *times == 1);
        if has_all {
            return Ok(rows);
        }
        let codes = self.codes_of_messages(around)?;
        Ok(Some(match rows {
            Some(rows) => repeated(rows.into_iter().zip(codes), &times)?,
            None => repeated((0..).zip(codes), &times)?,
        }))
    }
}

impl Piece {
    /// Calls `take` with the row and index of each value.
    pub(crate) fn each(&self, mut take: impl FnMut(usize, usize)) {
        match &self.rows {
            None => (0..self.values.len()).for_each(|value| take(value, value)),
            Some(rows) => {
                let numbered = rows.iter().enumerate();
                numbered.for_each(|(value, row)| take(*row as usize, value));
            }
        }
    }
}

impl PieceTexts {
    /// The index of the text of a value.
    pub(crate) fn number(&self, value: usize) -> usize {
        match &self.codes {
            Some(codes) => codes.get(value).map_or(usize::MAX, |code| *code as usize),
            None => value,
        }
    }

    /// A value as an id of eight bytes.
    fn id(&self, value: usize) -> Option<u64> {
        let bytes = self.values.get(self.number(value))?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }
}

/// The row at that distance.
fn near(row: usize, far: i64) -> Option<usize> {
    let far = isize::try_from(zigzag::decode(far.cast_unsigned())).ok()?;
    row.checked_add_signed(far)
}

/// The values of a column; `None` if it has none of its own.
fn unpack<R: ReadAt>(
    group: &mut Group<'_, R>,
    kind: Kind,
    stored: &Stored,
) -> Result<Option<PieceValues>, R::Error> {
    let unpacker = &mut group.unpacker;
    let signed = |values: Vec<u64>| values.into_iter().map(u64::cast_signed).collect();
    Ok(Some(match stored {
        Stored::None => return Ok(None),
        Stored::Numbers(numbers) => {
            let values = numbers.unpack(unpacker)?;
            match kind {
                Kind::Bool => {
                    PieceValues::Bools(values.into_iter().map(|bool| bool != 0).collect())
                }
                Kind::AfterStart => PieceValues::Times(signed(values)),
                _ => PieceValues::Ints(signed(values)),
            }
        }
        Stored::Doubles(doubles) => {
            let bits = doubles.unpack(unpacker)?.into_iter();
            PieceValues::Doubles(bits.map(f64::from_bits).collect())
        }
        Stored::Texts(texts) => {
            let code = |code| u32::try_from(code).unwrap_or(u32::MAX);
            let codes = texts.codes(unpacker)?;
            let texts = PieceTexts {
                values: texts.unpack_dictionary(unpacker)?,
                codes: codes.map(|codes| codes.into_iter().map(code).collect()),
            };
            match kind {
                Kind::Any => PieceValues::Any(texts),
                _ => PieceValues::Texts(texts),
            }
        }
    }))
}
