//! The binary protocol, write side.

use crate::thrift::output::{Kind, Output, fitting};

pub(super) struct Writer<'o>(pub(super) &'o mut Vec<u8>);

impl Output for Writer<'_> {
    fn begin(&mut self) -> i16 {
        0
    }

    fn end(&mut self, _outer: i16) {
        self.0.push(0);
    }

    fn field(&mut self, id: i16, kind: Kind) {
        let kind = match kind {
            Kind::Double => 4,
            Kind::I32 => 8,
            Kind::I64 => 10,
            Kind::String => 11,
            Kind::Struct => 12,
            Kind::List => 15,
        };
        let [high, low] = id.to_be_bytes();
        self.0.extend_from_slice(&[kind, high, low]);
    }

    fn bool_field(&mut self, id: i16, value: bool) {
        let [high, low] = id.to_be_bytes();
        self.0.extend_from_slice(&[2, high, low, value.into()]);
    }

    // A field's head and its value in one piece: a batch is mostly made of these.

    #[inline]
    fn i32_field(&mut self, id: i16, value: i32) {
        let field = head(8, id) << 32 | u64::from(value.cast_unsigned());
        let [_, field @ ..] = field.to_be_bytes();
        self.0.extend_from_slice(&field);
    }

    #[inline]
    fn i64_field(&mut self, id: i16, value: i64) {
        let field = u128::from(head(10, id)) << 64 | u128::from(value.cast_unsigned());
        let [_, _, _, _, _, field @ ..] = field.to_be_bytes();
        self.0.extend_from_slice(&field);
    }

    #[inline]
    fn bytes_field(&mut self, id: i16, value: &[u8]) {
        let (length, value) = fitting(value);
        let field = head(11, id) << 32 | u64::from(length.cast_unsigned());
        let [_, field @ ..] = field.to_be_bytes();
        self.0.extend_from_slice(&field);
        self.0.extend_from_slice(value);
    }

    fn i32(&mut self, value: i32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn double(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        let (length, value) = fitting(value);
        self.i32(length);
        self.0.extend_from_slice(value);
    }

    fn list(&mut self, length: usize) {
        const STRUCT: u8 = 12;
        self.0.push(STRUCT);
        self.i32(i32::try_from(length).unwrap_or(i32::MAX));
    }
}

/// The three bytes in front of a field's value, as a number.
fn head(kind: u8, id: i16) -> u64 {
    u64::from(kind) << 16 | u64::from(id.cast_unsigned())
}
