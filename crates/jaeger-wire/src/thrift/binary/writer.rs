//! The binary protocol, write side.

use crate::thrift::output::{Kind, Output, fitting};

const BOOL: u8 = 2;
const DOUBLE: u8 = 4;
const I32: u8 = 8;
const I64: u8 = 10;
const STRING: u8 = 11;
const STRUCT: u8 = 12;
const LIST: u8 = 15;

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
            Kind::Double => DOUBLE,
            Kind::I32 => I32,
            Kind::I64 => I64,
            Kind::String => STRING,
            Kind::Struct => STRUCT,
            Kind::List => LIST,
        };
        let [high, low] = id.to_be_bytes();
        self.0.extend_from_slice(&[kind, high, low]);
    }

    fn bool_field(&mut self, id: i16, value: bool) {
        let [high, low] = id.to_be_bytes();
        self.0.extend_from_slice(&[BOOL, high, low, value.into()]);
    }

    fn i32_field(&mut self, id: i16, value: i32) {
        self.0.extend_from_slice(&with_i32(I32, id, value));
    }

    fn i64_field(&mut self, id: i16, value: i64) {
        self.0.extend_from_slice(&with_i64(I64, id, value));
    }

    fn bytes_field(&mut self, id: i16, value: &[u8]) {
        let (length, value) = fitting(value);
        self.0.extend_from_slice(&with_i32(STRING, id, length));
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
        self.0.push(STRUCT);
        self.i32(i32::try_from(length).unwrap_or(i32::MAX));
    }
}

/// A field's header and the number behind it, to be written at once: spans are mostly made of these.
fn with_i32(kind: u8, id: i16, value: i32) -> [u8; 7] {
    let header = u64::from(kind) << 16 | u64::from(id.cast_unsigned());
    let field = header << 32 | u64::from(value.cast_unsigned());
    let [_, field @ ..] = field.to_be_bytes();
    field
}

fn with_i64(kind: u8, id: i16, value: i64) -> [u8; 11] {
    let header = u128::from(kind) << 16 | u128::from(id.cast_unsigned());
    let field = header << 64 | u128::from(value.cast_unsigned());
    let [_, _, _, _, _, field @ ..] = field.to_be_bytes();
    field
}
