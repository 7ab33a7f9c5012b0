//! Ids in the notations of clients.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::model::{SpanId, TraceId, from_short_hex};
use crate::query::IdPattern;

/// Parses a trace id: up to 32 hexadecimal digits in upper or lower case, with or without leading
/// zeros; or base64 of 8 or 16 bytes in either alphabet, padded or not. Digits may also be the
/// beginning of an id.
///
/// # Errors
/// The error has Jaeger's wording.
pub(in crate::api) fn parse(text: &str) -> Result<IdPattern, String> {
    if text.len() > 32 {
        return Err(format!(
            "TraceID cannot be longer than 32 hex characters: {text}"
        ));
    }
    // Jaeger parses the last 16 digits separately from the others, and its error quotes the half
    // that is invalid.
    let (high, low) = text
        .split_at_checked(text.len().saturating_sub(16))
        .unwrap_or(("", text));
    let is_hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    match [high, low].iter().find(|part| !is_hex(part)) {
        None if text.is_empty() => Err(no_number(text)),
        None => from_hex(text),
        Some(part) => match from_base64(text) {
            Some(id) => Ok(IdPattern::exactly(TraceId::new(id).ok())),
            None => Err(no_number(part)),
        },
    }
}

/// Parses a trace id in a path, like [`parse`]. For base64 of another length, Jaeger's error gives
/// the length.
///
/// # Errors
/// The error has Jaeger's wording.
pub(in crate::api) fn parse_path(text: &str) -> Result<IdPattern, String> {
    parse(text).map_err(|reason| match bytes_from_base64(text) {
        Some(_) if !text.is_empty() => "invalid length for TraceID".to_owned(),
        _ => reason,
    })
}

/// Parses a span id: up to 16 hexadecimal digits in upper or lower case. Zero means no span.
///
/// # Errors
/// The error has Jaeger's wording.
pub(in crate::api) fn parse_span(text: &str) -> Result<Option<SpanId>, String> {
    let id = from_short_hex(text).ok_or_else(|| no_number(text))?;
    Ok(SpanId::new(id).ok())
}

fn no_number(text: &str) -> String {
    format!("strconv.ParseUint: parsing {text:?}: invalid syntax")
}

fn from_hex(text: &str) -> Result<IdPattern, String> {
    let id = from_short_hex(text).ok_or_else(|| no_number(text))?;
    let exact = TraceId::new(id).ok();
    Ok(IdPattern::beginning(exact, text))
}

fn bytes_from_base64(text: &str) -> Option<Vec<u8>> {
    if text.len() > 24 {
        return None;
    }
    // Like Go, ignores the bits that belong to no byte.
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let decode = |alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok();
    decode(&STANDARD).or_else(|| decode(&URL_SAFE))
}

fn from_base64(text: &str) -> Option<[u8; 16]> {
    let bytes = bytes_from_base64(text)?;
    let mut id = [0; 16];
    let low = match bytes.len() {
        16 => id.as_mut_slice(),
        8 => id.last_chunk_mut::<8>()?.as_mut_slice(),
        _ => return None,
    };
    low.copy_from_slice(&bytes);
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::jaeger::short_id;

    fn check(text: &str, expected: &str) {
        let id = parse(text).map(|id| id.exact.map(|id| short_id(id.as_bytes())));
        let id = id.map(|id| id.unwrap_or_else(|| "none".to_owned()));
        assert_eq!(id.unwrap_or_else(|error| error), expected, "{text}");
    }

    #[test]
    fn ids_are_read_in_every_notation_clients_use() {
        check("1", "0000000000000001");
        check("AbCdEf", "0000000000abcdef");
        check(
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef0123456789abcdef",
        );
        check("AAAAAAAAAAAAAAAAAAAAAQ==", "0000000000000001");
        check("_-7_-wECAwQFBgcICQoLDA", "ffeefffb0102030405060708090a0b0c");
        check(
            "/+7/+wECAwQFBgcICQoLDA==",
            "ffeefffb0102030405060708090a0b0c",
        );
        check("0", "none");
    }

    #[test]
    fn span_ids_are_short() {
        let read = |text| parse_span(text).map(|id| id.map(|id| id.to_string()));
        assert_eq!(read("Ab"), Ok(Some("00000000000000ab".to_owned())));
        assert_eq!(read("0"), Ok(None));
        for text in ["", "+1", "GET /", "00000000000000001"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn base64_of_another_length_has_the_wrong_length_in_a_path() {
        for text in ["xyz", "zz", "12g", "-1", "0x12", "x200"] {
            assert_eq!(parse_path(text).unwrap_err(), "invalid length for TraceID");
        }
        for text in ["abc!", " ", ""] {
            let expected = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
            assert_eq!(parse_path(text).unwrap_err(), expected);
        }
        assert!(parse_path("ABCDEFGHIJK").is_ok());
    }

    #[test]
    fn what_is_no_id_is_refused_in_jaegers_words() {
        check(
            "x200",
            "strconv.ParseUint: parsing \"x200\": invalid syntax",
        );
        check(
            "x0123456789abcdef0",
            "strconv.ParseUint: parsing \"x0\": invalid syntax",
        );
        check("", "strconv.ParseUint: parsing \"\": invalid syntax");
        check(
            "00123456789abcdef0123456789abcdef",
            "TraceID cannot be longer than 32 hex characters: 00123456789abcdef0123456789abcdef",
        );
    }
}
