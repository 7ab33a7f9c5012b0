//! Protobuf's wire format, writing side: everything is appended to the caller's buffer. A field
//! with its default value is left out, as in proto3.

use crate::varint;

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;

/// An integer, boolean or enum field.
pub(super) fn number(field: u8, value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        key(field, VARINT, out);
        varint::write(value, out);
    }
}

/// The size of [`number`].
pub(super) fn number_len(value: u64) -> usize {
    match value {
        0 => 0,
        value => varint::len(value).saturating_add(1),
    }
}

/// A double field. The default is compared by bits, since -0.0 is not 0.0.
pub(super) fn double(field: u8, value: f64, out: &mut Vec<u8>) {
    if value.to_bits() != 0 {
        key(field, FIXED64, out);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// The size of [`double`].
pub(super) fn double_len(value: f64) -> usize {
    if value.to_bits() == 0 { 0 } else { 9 }
}

/// The size of [`bytes`] for a value of `length` bytes.
pub(super) fn bytes_len(length: usize) -> usize {
    match length {
        0 => 0,
        length => length.saturating_add(number_len(length as u64)),
    }
}

/// A bytes or string field.
pub(super) fn bytes(field: u8, value: &[u8], out: &mut Vec<u8>) {
    if !value.is_empty() {
        element(field, value, out);
    }
}

/// An element of a repeated bytes or string field; it is written even if it is empty.
pub(super) fn element(field: u8, value: &[u8], out: &mut Vec<u8>) {
    length(field, value.len(), out);
    out.extend_from_slice(value);
}

/// The header of a field with a length.
pub(super) fn length(field: u8, length: usize, out: &mut Vec<u8>) {
    // Most are short, and one copy is faster than two.
    if let Ok(length @ 0..0x80) = u8::try_from(length) {
        out.extend_from_slice(&[field << 3 | LENGTH, length]);
    } else {
        key(field, LENGTH, out);
        varint::write(length as u64, out);
    }
}

/// A message field.
///
/// The length comes before the message but is known only after it. `GUESS` bytes are reserved for
/// it, and the message is moved if the length needs more or fewer.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "positions in a Vec, one after the other"
)]
pub(super) fn message<const GUESS: usize>(
    field: u8,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>),
) {
    key(field, LENGTH, out);
    let head = out.len();
    out.extend_from_slice(&[0; GUESS]);
    let body = out.len();
    write(out);

    let (length, used) = varint::bytes((out.len() - body) as u64);
    if used != GUESS {
        shift(out, body, head + used);
    }
    let places = out.get_mut(head..head + used);
    if let Some((places, length)) = places.zip(length.get(..used)) {
        places.copy_from_slice(length);
    }
}

/// Moves the bytes from `from` to the end of the buffer, so that they start at `to`.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "positions in a Vec, or a few bytes beyond"
)]
fn shift(out: &mut Vec<u8>, from: usize, to: usize) {
    let end = out.len();
    let new_end = to + (end - from);
    out.resize(end.max(new_end), 0);
    out.copy_within(from..end, to);
    out.truncate(new_end);
}

/// All field numbers of the model are below 16, so a key has one byte.
fn key(field: u8, wire_type: u8, out: &mut Vec<u8>) {
    out.push(field << 3 | wire_type);
}
