//! Reads the fields of any message in such a way that the same bytes can be written again.

use super::{
    BYTES, FIXED32, FIXED64, Malformed, Reader, VARINT, write_bytes, write_fixed32, write_fixed64,
    write_member,
};

/// A field and all its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawField<'a> {
    pub(crate) number: u32,
    pub(crate) value: RawValue<'a>,
    /// The key and the value.
    pub(crate) bytes: &'a [u8],
}

/// The value of a field, by wire type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawValue<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// Removes the next field from a message; `None` at its end.
///
/// # Errors
/// [`Malformed`] if the bytes are not a field.
#[inline]
pub(crate) fn next_field<'a>(message: &mut &'a [u8]) -> Result<Option<RawField<'a>>, Malformed> {
    let whole = *message;
    let mut reader = Reader::new(whole);
    let Some(field) = reader.next()? else {
        return Ok(None);
    };
    let value = match field.wire_type {
        VARINT => RawValue::Varint(field.varint(&mut reader)?),
        FIXED64 => RawValue::Fixed64(field.fixed64(&mut reader)?),
        BYTES => RawValue::Bytes(field.bytes(&mut reader)?),
        FIXED32 => RawValue::Fixed32(field.fixed32(&mut reader)?),
        _ => return Err(Malformed("unknown wire type")),
    };
    *message = reader.rest();
    let length = whole.len() - message.len();
    Ok(Some(RawField {
        number: field.number,
        value,
        bytes: whole.get(..length).unwrap_or_default(),
    }))
}

/// Removes a varint from the bytes.
///
/// # Errors
/// [`Malformed`] if they do not begin with one.
#[inline]
pub(crate) fn take_varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut reader = Reader::new(bytes);
    let number = reader.varint()?;
    *bytes = reader.rest();
    Ok(number)
}

/// Appends a field.
#[inline]
pub(crate) fn write_field(number: u32, value: RawValue<'_>, out: &mut Vec<u8>) {
    match value {
        RawValue::Varint(value) => write_member(number, value, out),
        RawValue::Fixed64(value) => write_fixed64(number, value, out),
        RawValue::Bytes(bytes) => write_bytes(number, bytes, out),
        RawValue::Fixed32(value) => write_fixed32(number, value, out),
    }
}

/// The length of a number as [`write_varint`] writes it.
#[inline]
pub(crate) fn varint_length(value: u64) -> usize {
    // Seven bits per byte; zero takes one byte.
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

impl RawField<'_> {
    /// Returns true if [`write_field`] would write the same bytes, since a number may be encoded in
    /// more bytes than necessary.
    #[inline]
    pub(crate) fn is_canonical(&self) -> bool {
        let value = match self.value {
            RawValue::Varint(value) => varint_length(value),
            RawValue::Fixed64(_) => 8,
            RawValue::Bytes(bytes) => varint_length(bytes.len() as u64) + bytes.len(),
            RawValue::Fixed32(_) => 4,
        };
        varint_length(u64::from(self.number) << 3) + value == self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::protobuf::write_varint;

    proptest! {
        #[test]
        fn a_canonical_field_is_written_as_it_was(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut rest = bytes.as_slice();
            while let Ok(Some(field)) = next_field(&mut rest) {
                let mut again = Vec::new();
                write_field(field.number, field.value, &mut again);
                prop_assert_eq!(again == field.bytes, field.is_canonical());
            }
        }
    }

    #[test]
    fn numbers_have_as_many_bytes_as_they_need() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::MAX >> 1, u64::MAX] {
            let mut out = Vec::new();
            write_varint(value, &mut out);
            assert_eq!(varint_length(value), out.len(), "{value}");
        }
    }
}
