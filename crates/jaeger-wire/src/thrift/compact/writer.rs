//! The compact protocol, writing side.

use super::LONG_LIST;
use crate::thrift::output::{Kind, ListStart, Output, fitting};
use crate::varint;

const LIST: u8 = 9;
const STRUCT: u8 = 12;
/// Stands in place of a short list's length.
const LONG: u8 = 0xf0;

pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// The id of the previous field; the next id is written as the distance from it.
    last: i16,
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, last: 0 }
    }

    fn zigzag(&mut self, value: i64) {
        varint::write((value << 1 ^ value >> 63).cast_unsigned(), self.out);
    }

    fn header(&mut self, id: i16, kind: u8) {
        if let Ok(delta @ 1..=15) = u8::try_from(id.wrapping_sub(self.last)) {
            self.out.push(delta << 4 | kind);
        } else {
            self.out.push(kind);
            self.zigzag(id.into());
        }
        self.last = id;
    }
}

impl Output for Writer<'_> {
    #[inline]
    fn begin(&mut self) -> i16 {
        std::mem::take(&mut self.last)
    }

    #[inline]
    fn end(&mut self, outer: i16) {
        self.out.push(0);
        self.last = outer;
    }

    #[inline]
    fn field(&mut self, id: i16, kind: Kind) {
        let kind = match kind {
            Kind::I32 => 5,
            Kind::I64 => 6,
            Kind::Double => 7,
            Kind::String => 8,
            Kind::List => LIST,
            Kind::Struct => STRUCT,
        };
        self.header(id, kind);
    }

    #[inline]
    fn bool_field(&mut self, id: i16, value: bool) {
        self.header(id, if value { 1 } else { 2 });
    }

    #[inline]
    fn i32(&mut self, value: i32) {
        self.zigzag(value.into());
    }

    #[inline]
    fn i64(&mut self, value: i64) {
        self.zigzag(value);
    }

    /// Little-endian, unlike in the binary protocol.
    #[inline]
    fn double(&mut self, value: f64) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    #[inline]
    fn bytes(&mut self, value: &[u8]) {
        let (_, value) = fitting(value);
        varint::write(value.len() as u64, self.out);
        self.out.extend_from_slice(value);
    }

    fn list(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short) if length < LONG_LIST => self.out.push(short << 4 | STRUCT),
            _ => {
                self.out.push(LONG | STRUCT);
                varint::write(length as u64, self.out);
            }
        }
    }

    /// Most lists are short, with their length in one byte.
    #[inline]
    fn begin_list(&mut self, id: i16) -> ListStart {
        let (field, previous) = (self.out.len(), self.last);
        self.header(id, LIST);
        self.out.push(STRUCT);
        ListStart {
            field,
            items: self.out.len(),
            previous,
        }
    }

    fn end_list(&mut self, start: ListStart, length: i32) {
        let end = self.out.len();
        let head = match u8::try_from(length) {
            Ok(short) if usize::from(short) < LONG_LIST => short << 4,
            _ => {
                varint::write(length.cast_unsigned().into(), self.out);
                LONG
            }
        };
        let (before, items) = self.out.split_at_mut(start.items);
        if let Some(place) = before.last_mut() {
            *place = head | STRUCT;
        }
        // The length comes before the items but was written behind them.
        items.rotate_left(end.saturating_sub(start.items));
    }

    #[inline]
    fn take_back(&mut self, start: ListStart) {
        self.out.truncate(start.field);
        self.last = start.previous;
    }
}
