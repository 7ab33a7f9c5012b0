//! Durations in Go's notation: "1.2s", "100ms", "1h30m".
//!
//! Spec: <https://pkg.go.dev/time#ParseDuration>

use std::time::Duration;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    // The micro sign and the Greek letter.
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Parses a duration that is not negative. Spaces are ignored, since Jaeger UI sends "10 ms".
///
/// # Errors
/// The error has Go's wording.
pub(in crate::api) fn parse(text: &str) -> Result<Duration, String> {
    let compact: String = text.chars().filter(|char| *char != ' ').collect();
    let unsigned = compact.strip_prefix('+').unwrap_or(&compact);
    if unsigned == "0" {
        return Ok(Duration::ZERO);
    }
    let invalid = || format!("time: invalid duration {text:?}");
    if unsigned.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    let mut rest = unsigned;
    while !rest.is_empty() {
        let (number, behind) = split_at_end_of(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, behind) = split_at_end_of(behind, |c| !(c.is_ascii_digit() || c == '.'));
        if number.is_empty() {
            return Err(invalid());
        }
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        let unit = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, nanos)| *nanos)
            .ok_or_else(|| format!("time: unknown unit {unit:?} in duration {text:?}"))?;
        let nanos = scale(number, unit).ok_or_else(invalid)?;
        total = total.checked_add(nanos).ok_or_else(invalid)?;
        rest = behind;
    }
    // Go's durations have 63 bits.
    if i64::try_from(total).is_err() {
        return Err(invalid());
    }
    Ok(Duration::from_nanos(total))
}

/// Formats nanoseconds as Go prints a duration.
///
/// Spec: <https://pkg.go.dev/time#Duration.String>
pub(in crate::api) fn format(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let text = match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}\u{b5}s", decimal(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(nanos, 1_000_000)),
        _ => {
            let (minutes, rest) = (nanos / 60_000_000_000, nanos % 60_000_000_000);
            let seconds = decimal(rest, 1_000_000_000);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

/// A number of units as a decimal, without trailing zeros. `unit` is a power of ten above one.
fn decimal(number: u64, unit: u64) -> String {
    let digits = unit.ilog10() as usize;
    let text = format!("{}.{:0digits$}", number / unit, number % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn split_at_end_of(text: &str, of: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|char| !of(char)).unwrap_or(text.len());
    text.split_at(end)
}

/// A decimal number times a unit, truncated to whole nanoseconds.
fn scale(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    // No unit has more than 13 digits of nanoseconds, so further digits do not count.
    let (mut part, mut of) = (0, 1_u128);
    for digit in fraction.chars() {
        let digit = digit.to_digit(10)?;
        if of < 10_u128.pow(18) {
            part = part * 10 + u128::from(digit);
            of *= 10;
        }
    }
    let part = u64::try_from(part * u128::from(unit) / of).ok()?;
    whole.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<u64, &str>) {
        let parsed = parse(text).map(|duration| duration.as_nanos());
        let expected = expected.map(u128::from).map_err(ToOwned::to_owned);
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        check("100ms", Ok(100_000_000));
        check("1.2s", Ok(1_200_000_000));
        check("1h30m", Ok(5_400_000_000_000));
        check("10us", Ok(10_000));
        check("10\u{b5}s", Ok(10_000));
        check(".5ms", Ok(500_000));
        check("1.ms", Ok(1_000_000));
        check("1h1m1.5s", Ok(3_661_500_000_000));
        check("0.123456789123456789123h", Ok(444_444_440_844));
        check("0", Ok(0));
        check("10 ms", Ok(10_000_000));
        check("1.0000000001s", Ok(1_000_000_000));
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        let texts = [
            (0, "0s"),
            (999, "999ns"),
            (1_500, "1.5\u{b5}s"),
            (-52_175_000, "-52.175ms"),
            (10_000_000_000, "10s"),
            (61_000_000_001, "1m1.000000001s"),
            (-3_600_000_000_000, "-1h0m0s"),
        ];
        for (nanos, text) in texts {
            assert_eq!(format(nanos), text);
        }
    }

    #[test]
    fn what_is_wrong_is_said_as_go_says_it() {
        check("20", Err("time: missing unit in duration \"20\""));
        check("", Err("time: invalid duration \"\""));
        check("-1s", Err("time: invalid duration \"-1s\""));
        check("1x", Err("time: unknown unit \"x\" in duration \"1x\""));
        check(".s", Err("time: invalid duration \".s\""));
        check("1.2.3s", Err("time: invalid duration \"1.2.3s\""));
        check("s", Err("time: invalid duration \"s\""));
        check("99999999h", Err("time: invalid duration \"99999999h\""));
    }
}
