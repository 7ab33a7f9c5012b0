//! Columns of texts, or of any bytes.
//!
//! If values repeat, each distinct value is stored once, and each place has its index. Otherwise
//! all values are stored one after the other: lower-case hexadecimal digits, as in ids, then take
//! half a byte each, and a common prefix is stored once.

use std::io;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::ReadAt;
use super::filter::FilterBuilder;
use super::numbers::Numbers;
use super::pack::{Chunk, Cursor, Damaged, Packer, Unpacker};
use crate::store::secret;

/// Values to be written to a column.
#[derive(Debug, Default)]
pub(super) struct TextsBuilder {
    /// The distinct values, or all values if `codes` is not used.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// For each place, the index of its value.
    codes: Vec<u64>,
    /// Indices of values by hash, plus one; 0 is free.
    slots: Vec<u32>,
    /// True if values rarely repeat, and all are stored.
    is_plain: bool,
}

/// The header of a column of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    /// True if these are values of attributes, and all are text, not other bytes.
    is_text: bool,
    form: Form,
    prefix: Vec<u8>,
    /// The bytes of the stored values after unpacking.
    total: usize,
    lengths: Numbers,
    bytes: Chunk,
    /// In a column with a dictionary, the index of each value.
    codes: Option<Numbers>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Dictionary = 0,
    Plain = 1,
    /// Like [`Form::Plain`], with two digits per byte.
    Digits = 2,
}

/// The values of an unpacked column.
#[derive(Debug, Default)]
pub(super) struct Values {
    bytes: Arc<Vec<u8>>,
    ends: Vec<usize>,
    codes: Option<Vec<u64>>,
}

/// The number of values after which it is decided if they repeat.
const TRIAL: usize = 512;

impl TextsBuilder {
    pub(super) fn push(&mut self, value: &[u8]) {
        if self.is_plain {
            self.push_value(value);
            return;
        }
        let code = self.code(value);
        self.codes.push(code as u64);
        if self.codes.len() == TRIAL && self.repeats_little() {
            self.become_plain();
        }
    }

    /// Writes the column; the values of attributes with a key are added to a filter, if all are text.
    pub(super) fn write(
        mut self,
        filter: Option<(&[u8], &mut FilterBuilder)>,
        packer: &mut Packer,
    ) -> io::Result<()> {
        // Bytes that are not text are searched for in their text form.
        let filter = filter.filter(|_| text_of(&self.bytes, &self.ends).is_some());
        packer.number(filter.is_some().into());
        if let Some((key, filter)) = filter {
            let values = self.values_of(&self.bytes);
            values.for_each(|value| filter.add(key, value));
        }
        if !self.is_plain && self.repeats_little() {
            self.become_plain();
        }
        let prefix = if self.is_plain {
            self.common_prefix()
        } else {
            0
        };
        let digits = self.is_plain.then(|| self.digits(prefix)).flatten();
        let (form, bytes) = match digits {
            Some(digits) => (Form::Digits, digits),
            None if self.is_plain => (Form::Plain, self.without(prefix)),
            None => (Form::Dictionary, std::mem::take(&mut self.bytes)),
        };
        packer.number(form as u64);
        let first = self.values_of(&self.bytes).next().unwrap_or_default();
        packer.bytes(first.get(..prefix).unwrap_or_default());
        let lengths: Vec<_> = self
            .lengths()
            .map(|length| (length - prefix) as u64)
            .collect();
        packer.number(lengths.iter().sum());
        Numbers::write(&lengths, packer)?;
        packer.chunk(&bytes)?;
        if form == Form::Dictionary {
            Numbers::write(&self.codes, packer)?;
        }
        Ok(())
    }

    fn repeats_little(&self) -> bool {
        self.ends.len() * 2 > self.codes.len()
    }

    fn become_plain(&mut self) {
        self.is_plain = true;
        let distinct = std::mem::take(self);
        self.is_plain = true;
        for code in &distinct.codes {
            self.push_value(distinct.value(*code));
        }
    }

    fn push_value(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }

    fn value(&self, code: u64) -> &[u8] {
        value(&self.bytes, &self.ends, code)
    }

    fn values_of<'b>(&'b self, bytes: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = self.ends.iter();
        starts
            .zip(ends)
            .map(|(start, end)| bytes.get(start..*end).unwrap_or_default())
    }

    fn lengths(&self) -> impl Iterator<Item = usize> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| end - start)
    }

    /// The index of a value, which is added if it is new.
    fn code(&mut self, value: &[u8]) -> usize {
        if let Some(last) = self.codes.last()
            && self.value(*last) == value
        {
            return usize::try_from(*last).unwrap_or_default();
        }
        if self.slots.len() < (self.ends.len() + 1) * 2 {
            self.grow();
        }
        let place = self.place(value);
        if let Some(slot @ 1..) = self.slots.get(place) {
            return (slot - 1) as usize;
        }
        let code = self.ends.len();
        self.push_value(value);
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = u32::try_from(code + 1).unwrap_or_default();
        }
        code
    }

    /// The slot of a value, or the free one where it belongs.
    fn place(&self, value: &[u8]) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let hash = xxh3_64_with_seed(value, secret::of_process()) & mask as u64;
        let hash = usize::try_from(hash).unwrap_or_default();
        let mut places = (0..=mask).map(|step| hash.wrapping_add(step) & mask);
        let is_it = |place: &usize| match self.slots.get(*place) {
            Some(slot @ 1..) => self.value(u64::from(slot - 1)) == value,
            _ => true,
        };
        places.find(is_it).unwrap_or_default()
    }

    fn grow(&mut self) {
        self.slots = vec![0; (self.slots.len() * 2).max(16)];
        for code in 0..self.ends.len() {
            let place = self.place(self.value(code as u64));
            if let Some(slot) = self.slots.get_mut(place) {
                *slot = u32::try_from(code + 1).unwrap_or_default();
            }
        }
    }

    /// The length of the common prefix of all values.
    fn common_prefix(&self) -> usize {
        let mut values = self.values_of(&self.bytes);
        let Some(first) = values.next() else { return 0 };
        let mut length = first.len();
        for value in values {
            let alike = first.iter().zip(value).take(length);
            length = alike.take_while(|(a, b)| a == b).count();
            if length == 0 {
                break;
            }
        }
        length
    }

    /// All values without their prefix.
    fn without(&self, prefix: usize) -> Vec<u8> {
        let mut rests = Vec::with_capacity(self.bytes.len());
        for value in self.values_of(&self.bytes) {
            rests.extend_from_slice(value.get(prefix..).unwrap_or_default());
        }
        rests
    }

    /// All values as digits, two per byte, if each is an even number of digits.
    fn digits(&self, prefix: usize) -> Option<Vec<u8>> {
        let is_even = self
            .lengths()
            .all(|length| (length - prefix).is_multiple_of(2));
        if !is_even || self.bytes.is_empty() {
            return None;
        }
        let mut digits = Vec::with_capacity(self.bytes.len() / 2);
        for value in self.values_of(&self.bytes) {
            let (pairs, _) = value.get(prefix..).unwrap_or_default().as_chunks();
            for [high, low] in pairs {
                digits.push(digit(*high)? << 4 | digit(*low)?);
            }
        }
        Some(digits)
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// The values as one text, if each is text: together they are, and none ends within a character. It
/// takes less time than to look at one after the other.
fn text_of<'b>(bytes: &'b [u8], ends: &[usize]) -> Option<&'b str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let all_end = ends.iter().all(|end| text.is_char_boundary(*end));
    all_end.then_some(text)
}

fn value<'b>(bytes: &'b [u8], ends: &[usize], number: u64) -> &'b [u8] {
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    let start = number
        .checked_sub(1)
        .map_or(Some(&0), |before| ends.get(before));
    let range = start.zip(ends.get(number));
    range
        .and_then(|(start, end)| bytes.get(*start..*end))
        .unwrap_or_default()
}

impl Texts {
    /// Reads the header that [`TextsBuilder::write`] wrote.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Damaged> {
        let is_text = cursor.number()? == 1;
        Self::read_rest(is_text, cursor)
    }

    /// Reads a header of format 5 or 6. A column had a filter if its values were to be found by it, and
    /// all were text.
    pub(super) fn read_early(cursor: &mut Cursor<'_>) -> Result<Self, Damaged> {
        let mut texts = Self::read_rest(false, cursor)?;
        if texts.form != Form::Dictionary && cursor.number()? == 1 {
            cursor.chunk()?;
            texts.is_text = true;
        }
        Ok(texts)
    }

    fn read_rest(is_text: bool, cursor: &mut Cursor<'_>) -> Result<Self, Damaged> {
        let form = match cursor.number()? {
            0 => Form::Dictionary,
            1 => Form::Plain,
            2 => Form::Digits,
            _ => return Err(Damaged("a column of texts has an unknown form")),
        };
        let prefix = cursor.bytes()?.to_vec();
        let total = cursor.size()?;
        let lengths = Numbers::read(cursor)?;
        let bytes = cursor.chunk()?;
        let codes = match form {
            Form::Dictionary => Some(Numbers::read(cursor)?),
            _ => None,
        };
        let halves = usize::from(form == Form::Digits) + 1;
        let with_prefixes = prefix
            .len()
            .saturating_mul(lengths.count)
            .saturating_add(total);
        let distinct = codes.map_or(lengths.count, |codes| codes.count);
        if distinct < lengths.count
            || bytes.raw_length() * halves != total
            || with_prefixes > super::pack::MAX_RAW
        {
            return Err(Damaged("a column of texts has another length than it says"));
        }
        Ok(Self {
            is_text,
            form,
            prefix,
            total,
            lengths,
            bytes,
            codes,
        })
    }

    /// The number of values.
    pub(super) fn count(&self) -> usize {
        self.codes.as_ref().unwrap_or(&self.lengths).count
    }

    /// Returns true if all values are text.
    pub(super) fn is_text(&self) -> bool {
        self.is_text
    }

    /// Returns true if a value may begin so.
    pub(super) fn may_begin(&self, beginning: &[u8]) -> bool {
        // Other bytes than text are asked for in their text form.
        !self.is_text || self.prefix.iter().zip(beginning).all(|(a, b)| a == b)
    }

    /// Returns true if a value may be so long, in bytes.
    pub(super) fn may_be_long(&self, length: usize) -> bool {
        let rest = length.checked_sub(self.prefix.len());
        let rest = rest.and_then(|rest| i64::try_from(rest).ok());
        let lengths = self.lengths.min..=self.lengths.max;
        !self.is_text || rest.is_some_and(|rest| lengths.contains(&rest))
    }

    /// About how many bytes the values take once they are unpacked.
    pub(super) fn size(&self) -> usize {
        let prefixes = self.prefix.len() * self.lengths.count;
        self.total + prefixes + size_of::<usize>() * (self.lengths.count + self.count())
    }

    /// The values.
    pub(super) fn unpack<R: ReadAt>(
        &self,
        unpacker: &mut Unpacker<'_, R>,
    ) -> Result<Values, R::Error> {
        let mut values = self.unpack_dictionary(unpacker)?;
        values.codes = self.codes(unpacker)?;
        Ok(values)
    }

    /// For each place, the index of its value, if distinct values are stored once.
    pub(super) fn codes<R: ReadAt>(
        &self,
        unpacker: &mut Unpacker<'_, R>,
    ) -> Result<Option<Vec<u64>>, R::Error> {
        let codes = self.codes.as_ref();
        codes.map(|codes| codes.unpack(unpacker)).transpose()
    }

    /// The distinct values of a column with a dictionary; otherwise all values.
    pub(super) fn unpack_dictionary<R: ReadAt>(
        &self,
        unpacker: &mut Unpacker<'_, R>,
    ) -> Result<Values, R::Error> {
        let lengths = self.lengths.unpack(unpacker)?;
        let mut sum = 0_usize;
        let ends: Option<Vec<_>> = lengths
            .into_iter()
            .map(|length| {
                sum = sum.checked_add(usize::try_from(length).ok()?)?;
                Some(sum)
            })
            .collect();
        let mut ends = ends
            .filter(|_| sum == self.total)
            .ok_or(Damaged("lengths of texts are wrong"))?;
        let mut bytes = unpacker.unpack(&self.bytes)?;
        if self.form == Form::Digits {
            bytes = Arc::new(expand(&bytes));
        }
        if !self.prefix.is_empty() {
            bytes = Arc::new(self.with_prefix(&bytes, &mut ends));
        }
        Ok(Values {
            bytes,
            ends,
            codes: None,
        })
    }

    fn with_prefix(&self, bytes: &[u8], ends: &mut [usize]) -> Vec<u8> {
        let mut whole = Vec::with_capacity(bytes.len() + self.prefix.len() * ends.len());
        let mut start = 0;
        for end in ends {
            whole.extend_from_slice(&self.prefix);
            whole.extend_from_slice(bytes.get(start..*end).unwrap_or_default());
            start = *end;
            *end = whole.len();
        }
        whole
    }
}

fn expand(digits: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
    digits
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

impl Values {
    /// The value at a position; `None` after the last.
    pub(super) fn get(&self, place: usize) -> Option<&[u8]> {
        match &self.codes {
            Some(codes) => self.distinct(*codes.get(place)?),
            None => self.distinct(place as u64),
        }
    }

    /// The stored values, one after the other.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of values.
    pub(super) fn count(&self) -> usize {
        self.codes.as_ref().map_or(self.ends.len(), Vec::len)
    }

    /// The stored values.
    pub(super) fn stored(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len() as u64).map(|number| value(&self.bytes, &self.ends, number))
    }

    /// The stored values as texts; `None` if one is not UTF-8.
    pub(super) fn texts(&self) -> Option<impl Iterator<Item = &str>> {
        let text = text_of(&self.bytes, &self.ends)?;
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = starts.zip(&self.ends);
        Some(ranges.map(|(start, end)| text.get(start..*end).unwrap_or_default()))
    }

    fn distinct(&self, number: u64) -> Option<&[u8]> {
        let number = usize::try_from(number).ok()?;
        (number < self.ends.len()).then(|| value(&self.bytes, &self.ends, number as u64))
    }
}

#[cfg(test)]
mod tests;
