//! Thrift's binary protocol.
//!
//! Spec: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md>

use super::Writer;

/// The bytes written so far.
#[derive(Default)]
pub(in crate::send) struct Binary(Vec<u8>);

const BOOL: u8 = 2;
const DOUBLE: u8 = 4;
const I32: u8 = 8;
const I64: u8 = 10;
const STRING: u8 = 11;
const STRUCT: u8 = 12;
const LIST: u8 = 15;

impl Binary {
    fn field(&mut self, kind: u8, id: i16) {
        self.0.push(kind);
        self.0.extend(id.to_be_bytes());
    }

    fn len(&mut self, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.0.extend(len.to_be_bytes());
    }
}

impl Writer for Binary {
    /// Writes a strict message, as a one-way call.
    fn message_start(&mut self) {
        self.0.extend([0x80, 0x01, 0x00, 0x04]);
        self.len("emitBatch".len());
        self.0.extend(b"emitBatch");
        self.0.extend([0; 4]);
    }

    fn struct_start(&mut self) {}

    fn struct_end(&mut self) {
        self.0.push(0);
    }

    fn struct_field(&mut self, id: i16) {
        self.field(STRUCT, id);
    }

    fn list_field(&mut self, id: i16, len: usize) {
        self.field(LIST, id);
        self.0.push(STRUCT);
        self.len(len);
    }

    fn bool(&mut self, id: i16, value: bool) {
        self.field(BOOL, id);
        self.0.push(value.into());
    }

    fn i32(&mut self, id: i16, value: i32) {
        self.field(I32, id);
        self.0.extend(value.to_be_bytes());
    }

    fn i64(&mut self, id: i16, value: i64) {
        self.field(I64, id);
        self.0.extend(value.to_be_bytes());
    }

    fn double(&mut self, id: i16, value: f64) {
        self.field(DOUBLE, id);
        self.0.extend(value.to_be_bytes());
    }

    fn binary(&mut self, id: i16, value: &[u8]) {
        self.field(STRING, id);
        self.len(value.len());
        self.0.extend(value);
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}
