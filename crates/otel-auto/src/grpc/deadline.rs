//! The deadline of a call.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The time at which the caller stops waiting; `None` if there is none or it is invalid.
pub(super) fn of(headers: &HeaderMap) -> Option<Instant> {
    let timeout = parse(headers.get(GRPC_TIMEOUT)?.to_str().ok()?)?;
    Instant::now().checked_add(timeout)
}

/// The value has at most eight digits, and a unit.
///
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests>
fn parse(timeout: &str) -> Option<Duration> {
    let unit = timeout.chars().last()?;
    let digits = timeout.strip_suffix(unit)?;
    let is_short = digits.len() <= 8 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let value: u64 = digits.parse().ok().filter(|_| is_short)?;
    Some(match unit {
        'H' => Duration::from_hours(value),
        'M' => Duration::from_mins(value),
        'S' => Duration::from_secs(value),
        'm' => Duration::from_millis(value),
        'u' => Duration::from_micros(value),
        'n' => Duration::from_nanos(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_timeout_is_digits_and_a_unit() {
        let cases = [
            ("2H", Some(Duration::from_hours(2))),
            ("3M", Some(Duration::from_mins(3))),
            ("42S", Some(Duration::from_secs(42))),
            ("13m", Some(Duration::from_millis(13))),
            ("2u", Some(Duration::from_micros(2))),
            ("82n", Some(Duration::from_nanos(82))),
            ("99999999H", Some(Duration::from_hours(99_999_999))),
            ("100000000S", None),
            ("+1S", None),
            ("S", None),
            ("1", None),
            ("1d", None),
            ("", None),
        ];
        for (timeout, expected) in cases {
            assert_eq!(parse(timeout), expected, "{timeout}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(timeout: String) {
            parse(&timeout);
        }
    }
}
