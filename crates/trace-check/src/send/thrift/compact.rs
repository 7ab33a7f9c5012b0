//! Thrift's compact protocol.
//!
//! Spec: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

use super::Writer;
use crate::send::protobuf::put_varint;

/// The bytes written so far, and the id of the last field of each open struct.
#[derive(Default)]
pub(in crate::send) struct Compact {
    out: Vec<u8>,
    last: Vec<i16>,
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

impl Compact {
    /// The ids here ascend in small steps, so the difference always fits.
    fn field(&mut self, kind: u8, id: i16) {
        let last = self.last.last_mut();
        let delta = id - last.as_deref().copied().unwrap_or_default();
        if let Some(last) = last {
            *last = id;
        }
        self.out
            .push((u8::try_from(delta).unwrap_or_default() << 4) | kind);
    }

    fn zigzag(&mut self, value: i64) {
        put_varint(
            &mut self.out,
            ((value << 1) ^ (value >> 63)).cast_unsigned(),
        );
    }

    fn len(&mut self, len: usize) {
        put_varint(&mut self.out, u64::try_from(len).unwrap_or(u64::MAX));
    }
}

impl Writer for Compact {
    /// Writes a one-way call.
    fn message_start(&mut self) {
        self.out.extend([0x82, 0x81, 0x00]);
        self.len("emitBatch".len());
        self.out.extend(b"emitBatch");
    }

    fn struct_start(&mut self) {
        self.last.push(0);
    }

    fn struct_end(&mut self) {
        self.last.pop();
        self.out.push(0);
    }

    fn struct_field(&mut self, id: i16) {
        self.field(STRUCT, id);
    }

    fn list_field(&mut self, id: i16, len: usize) {
        self.field(LIST, id);
        match u8::try_from(len) {
            Ok(short) if short < 15 => self.out.push((short << 4) | STRUCT),
            _ => {
                self.out.push(0xf0 | STRUCT);
                self.len(len);
            }
        }
    }

    fn bool(&mut self, id: i16, value: bool) {
        self.field(if value { TRUE } else { FALSE }, id);
    }

    fn i32(&mut self, id: i16, value: i32) {
        self.field(I32, id);
        self.zigzag(value.into());
    }

    fn i64(&mut self, id: i16, value: i64) {
        self.field(I64, id);
        self.zigzag(value);
    }

    fn double(&mut self, id: i16, value: f64) {
        self.field(DOUBLE, id);
        self.out.extend(value.to_le_bytes());
    }

    fn binary(&mut self, id: i16, value: &[u8]) {
        self.field(BINARY, id);
        self.len(value.len());
        self.out.extend(value);
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}
