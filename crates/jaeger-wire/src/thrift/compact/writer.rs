//! The compact protocol, write side.

use super::LONG_LIST;
use crate::thrift::output::{Kind, Output, fitting};
use crate::varint;

pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// The id of the field before: the next one is written as its distance from it.
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
    fn begin(&mut self) -> i16 {
        std::mem::take(&mut self.last)
    }

    fn end(&mut self, outer: i16) {
        self.out.push(0);
        self.last = outer;
    }

    fn field(&mut self, id: i16, kind: Kind) {
        let kind = match kind {
            Kind::I32 => 5,
            Kind::I64 => 6,
            Kind::Double => 7,
            Kind::String => 8,
            Kind::List => 9,
            Kind::Struct => 12,
        };
        self.header(id, kind);
    }

    fn bool_field(&mut self, id: i16, value: bool) {
        self.header(id, if value { 1 } else { 2 });
    }

    fn i32(&mut self, value: i32) {
        self.zigzag(value.into());
    }

    fn i64(&mut self, value: i64) {
        self.zigzag(value);
    }

    /// Little-endian, other than in the binary protocol.
    fn double(&mut self, value: f64) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        let (_, value) = fitting(value);
        varint::write(value.len() as u64, self.out);
        self.out.extend_from_slice(value);
    }

    fn list(&mut self, length: usize) {
        const STRUCT: u8 = 12;
        match u8::try_from(length) {
            Ok(short) if length < LONG_LIST => self.out.push(short << 4 | STRUCT),
            _ => {
                self.out.push(0xf0 | STRUCT);
                varint::write(length as u64, self.out);
            }
        }
    }
}
