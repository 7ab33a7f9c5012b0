//! The binary protocol, writing side.

use crate::thrift::output::{Kind, ListStart, Output, fitting};

const BOOL: u8 = 2;
const DOUBLE: u8 = 4;
const I32: u8 = 8;
const I64: u8 = 10;
const STRING: u8 = 11;
const STRUCT: u8 = 12;
const LIST: u8 = 15;

pub(super) struct Writer<'o>(pub(super) &'o mut Vec<u8>);

impl Output for Writer<'_> {
    #[inline]
    fn begin(&mut self) -> i16 {
        0
    }

    #[inline]
    fn end(&mut self, _outer: i16) {
        self.0.push(0);
    }

    #[inline]
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

    #[inline]
    fn bool_field(&mut self, id: i16, value: bool) {
        let [high, low] = id.to_be_bytes();
        self.0.extend_from_slice(&[BOOL, high, low, value.into()]);
    }

    #[inline]
    fn i32_field(&mut self, id: i16, value: i32) {
        self.0.extend_from_slice(&with_i32(I32, id, value));
    }

    #[inline]
    fn i64_field(&mut self, id: i16, value: i64) {
        self.0.extend_from_slice(&with_i64(I64, id, value));
    }

    #[inline]
    fn bytes_field(&mut self, id: i16, value: &[u8]) {
        let (length, value) = fitting(value);
        self.0.extend_from_slice(&with_i32(STRING, id, length));
        self.0.extend_from_slice(value);
    }

    #[inline]
    fn i32(&mut self, value: i32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn double(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn bytes(&mut self, value: &[u8]) {
        let (length, value) = fitting(value);
        self.i32(length);
        self.0.extend_from_slice(value);
    }

    #[inline]
    fn list(&mut self, length: usize) {
        self.0.push(STRUCT);
        self.i32(i32::try_from(length).unwrap_or(i32::MAX));
    }

    #[inline]
    fn begin_list(&mut self, id: i16) -> ListStart {
        let field = self.0.len();
        let [high, low] = id.to_be_bytes();
        self.0
            .extend_from_slice(&[LIST, high, low, STRUCT, 0, 0, 0, 0]);
        ListStart {
            field,
            items: self.0.len(),
            previous: 0,
        }
    }

    #[inline]
    fn end_list(&mut self, start: ListStart, length: i32) {
        let before = self.0.get_mut(..start.items);
        if let Some(place) = before.and_then(|before| before.last_chunk_mut()) {
            *place = length.to_be_bytes();
        }
    }

    #[inline]
    fn take_back(&mut self, start: ListStart) {
        self.0.truncate(start.field);
    }

    // Spans consist mostly of tags, so a tag is written in few pieces, each copied at once.

    #[inline]
    fn tag_bytes(&mut self, key: &str, v_type: u8, id: u8, value: &[u8]) {
        self.bytes_field(1, key.as_bytes());
        let (length, value) = fitting(value);
        let field = u64::from(id) << 32 | u64::from(length.cast_unsigned());
        let middle = u128::from(tag_middle(v_type, STRING)) << 48 | u128::from(field);
        let [_, _, middle @ ..] = middle.to_be_bytes();
        self.0.extend_from_slice(&middle);
        self.0.extend_from_slice(value);
        self.0.push(0);
    }

    #[inline]
    fn tag_double(&mut self, key: &str, v_type: u8, id: u8, value: f64) {
        self.tag_number(key, tag_middle(v_type, DOUBLE), id, value.to_bits());
    }

    #[inline]
    fn tag_long(&mut self, key: &str, v_type: u8, id: u8, value: i64) {
        self.tag_number(key, tag_middle(v_type, I64), id, value.cast_unsigned());
    }
}

impl Writer<'_> {
    fn tag_number(&mut self, key: &str, middle: u64, id: u8, value: u64) {
        self.bytes_field(1, key.as_bytes());
        self.0.extend_from_slice(&middle.to_be_bytes());
        let rest = u128::from(id) << 72 | u128::from(value) << 8;
        let [_, _, _, _, _, rest @ ..] = rest.to_be_bytes();
        self.0.extend_from_slice(&rest);
    }
}

/// The bytes after a tag's key: its type, and the header of the field with its value.
fn tag_middle(v_type: u8, kind: u8) -> u64 {
    u64::from_be_bytes([I32, 0, 2, 0, 0, 0, v_type, kind])
}

/// A field's header and the number behind it, written at once because spans consist mostly of
/// these.
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
