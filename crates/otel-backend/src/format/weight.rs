//! Counts the elements of a request before it is decoded.
//!
//! An empty attribute takes 2 bytes on the wire and some 60 in memory, so a request within the byte
//! limit can still take far more memory. Requests that are large enough for that are counted first.

use super::protobuf::fields;

/// The shape of a protobuf message: the numbers of the fields that hold elements, with their
/// shapes.
#[derive(Debug)]
pub struct Shape(pub(super) &'static [(u32, &'static Shape)]);

/// The error that a message holds more elements than this limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are more than {0} attributes, events, links and values")]
pub struct TooManyElements(pub usize);

/// Deeper than any decoder goes.
const MAX_DEPTH: usize = 100;

/// More fields than any message has that are not elements. Further ones are repeated or unknown; they
/// are stored, and so count as elements, too.
const MAX_FIELDS: usize = 32;

/// Counts the elements of a protobuf message. Malformed parts are left to the decoder.
///
/// # Errors
/// [`TooManyElements`] if there are more than `limit`.
pub fn check_protobuf(bytes: &[u8], shape: &Shape, limit: usize) -> Result<(), TooManyElements> {
    let mut left = limit;
    // Every element has at least 2 bytes.
    if bytes.len() / 2 <= left || count(bytes, shape, MAX_DEPTH, &mut left) {
        Ok(())
    } else {
        Err(TooManyElements(limit))
    }
}

/// The number of elements of a protobuf message, up to `limit`.
pub fn elements(bytes: &[u8], shape: &Shape, limit: usize) -> usize {
    let mut left = limit;
    count(bytes, shape, MAX_DEPTH, &mut left);
    limit - left
}

/// Subtracts the elements of a message from `left`; returns false if there are more than that.
fn count(bytes: &[u8], shape: &Shape, depth: usize, left: &mut usize) -> bool {
    let mut others = 0;
    fields(bytes).all(|(number, bytes)| {
        let known = shape.0.iter().find(|(known, _)| *known == number);
        let (Some((_, shape)), Some(bytes)) = (known, bytes) else {
            others += 1;
            return others <= MAX_FIELDS || take(left);
        };
        take(left) && (depth == 0 || count(bytes, shape, depth - 1, left))
    })
}

/// Subtracts an element; returns false if none is left.
fn take(left: &mut usize) -> bool {
    let enough = *left > 0;
    *left = left.saturating_sub(1);
    enough
}

/// Counts the objects and values in JSON; an element has a few values. Returns the number of objects.
///
/// # Errors
/// [`TooManyElements`] if there are more than `limit` objects, or more than four times as many
/// values.
pub fn check_json(bytes: &[u8], limit: usize) -> Result<usize, TooManyElements> {
    let (mut objects, mut values) = (0, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' if !in_text => objects += 1,
            b',' | b'[' if !in_text => values += 1,
            _ => {}
        }
    }
    if objects > limit || values / 4 > limit {
        return Err(TooManyElements(limit));
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::super::jaeger::POST_SPANS;
    use super::super::otlp::{EXPORT_REQUEST, SPAN};
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).unwrap();
        [&[number << 3 | 2, length], bytes].concat()
    }

    #[test]
    fn elements_are_counted_wherever_they_are() {
        let otlp = |span: &[u8]| field(1, &field(2, &field(2, span)));
        let jaeger = |span: &[u8]| field(1, &field(1, span));
        // Three enclosing messages leave room for 7, two for 8.
        for (shape, fits, more) in [
            (
                &EXPORT_REQUEST,
                otlp(&[0x4a, 0].repeat(7)),
                otlp(&[0x4a, 0].repeat(8)),
            ),
            (
                &EXPORT_REQUEST,
                otlp(&[0x5a, 0].repeat(7)),
                otlp(&[0x5a, 0].repeat(8)),
            ),
            (
                &EXPORT_REQUEST,
                field(1, &field(1, &[0x0a, 0].repeat(8))),
                field(1, &field(1, &[0x0a, 0].repeat(9))),
            ),
            (
                &POST_SPANS,
                jaeger(&[0x42, 0].repeat(8)),
                jaeger(&[0x42, 0].repeat(9)),
            ),
        ] {
            assert!(check_protobuf(&fits, shape, 10).is_ok());
            assert!(check_protobuf(&more, shape, 10).is_err());
        }
    }

    #[test]
    fn fields_that_are_repeated_or_unknown_count_too() {
        // A name each, a flag each, or a field that is not known.
        for fields in [&[0x2a, 0][..], &[0x30, 1], &[0xf8, 6, 1]] {
            let fits = fields.repeat(MAX_FIELDS + 10);
            assert!(check_protobuf(&fits, &SPAN, 10).is_ok(), "{fields:?}");
            let more = fields.repeat(MAX_FIELDS + 11);
            assert!(check_protobuf(&more, &SPAN, 10).is_err(), "{fields:?}");
        }
    }

    #[test]
    fn json_is_counted_outside_of_texts() {
        assert_eq!(check_json("[{},{},{}]".as_bytes(), 10), Ok(3));
        assert!(check_json(format!("[{}]", "{},".repeat(11)).as_bytes(), 10).is_err());
        assert!(check_json(format!("[{}]", "0,".repeat(50)).as_bytes(), 10).is_err());
        let text = format!(r#"["\"{}"]"#, "{,".repeat(100));
        assert!(check_json(text.as_bytes(), 10).is_ok());
    }
}
