//! Durations in the notation of queries.

/// The units of Prometheus' durations in nanoseconds, largest first.
const LARGE: [(&str, i64); 7] = [
    ("y", 365 * DAY),
    ("w", 7 * DAY),
    ("d", DAY),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// The units of Go's durations.
const SMALL: [(&str, i64); 8] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ns", 1),
];

const DAY: i64 = 86_400_000_000_000;

/// Parses a duration to nanoseconds: integers with descending units from years to milliseconds, or
/// decimals with units from hours to nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    whole_units(text).or_else(|| decimal_units(text))
}

/// The leading number of a text, its unit, and the rest.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let of_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !of_number(c))?;
    let (number, rest) = text.split_at_checked(end)?;
    let end = rest.find(of_number).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(end)?;
    Some((number, unit, rest))
}

fn whole_units(text: &str) -> Option<i64> {
    let mut total = 0_i64;
    let mut units = &LARGE[..];
    let mut rest = text;
    while !rest.is_empty() {
        let (number, unit, behind) = split(rest)?;
        let at = units.iter().position(|(name, _)| *name == unit)?;
        let (_, nanos) = units.get(at)?;
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(*nanos)?)?;
        units = units.get(at + 1..)?;
        rest = behind;
    }
    (!text.is_empty()).then_some(total)
}

fn decimal_units(text: &str) -> Option<i64> {
    let mut total = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, unit, behind) = split(rest)?;
        let (_, nanos) = SMALL.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(decimal(number, *nanos)?)?;
        rest = behind;
    }
    (!text.is_empty()).then_some(total)
}

/// So many units of `nanos` nanoseconds each; fractions of a nanosecond are cut off.
fn decimal(number: &str, nanos: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut total = i64::checked_mul(whole, nanos)?;
    let mut scale = nanos;
    for digit in fraction.chars() {
        let digit = i64::from(digit.to_digit(10)?);
        // Hours need more than nine decimal digits; digits that can no longer change the result are
        // ignored.
        total = total.checked_add(digit.checked_mul(scale)? / 10)?;
        scale /= 10;
    }
    Some(total)
}

/// A duration in Go's notation: `1h2m3.5s`, `1.5ms`, `0s`.
pub(crate) fn format_duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let total = nanos.unsigned_abs();
    let (unit, name) = match total {
        0 => return "0s".to_owned(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let seconds = total / 1_000_000_000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut text = sign.to_owned();
    if hours > 0 {
        text.extend([hours.to_string().as_str(), "h"]);
    }
    if hours > 0 || minutes > 0 {
        text.extend([minutes.to_string().as_str(), "m"]);
    }
    let rest = if name == "s" {
        total % 60_000_000_000
    } else {
        total
    };
    text.push_str(&(rest / unit).to_string());
    let digits = unit.ilog10() as usize;
    let fraction = format!("{:0digits$}", rest % unit);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() && digits > 0 {
        text.push('.');
        text.push_str(fraction);
    }
    text.push_str(name);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let read = |text| parse_duration(text);
        assert_eq!(read("1d12h"), Some(36 * 3_600_000_000_000));
        assert_eq!(read("1.5ms"), Some(1_500_000));
        assert_eq!(read("1h30m0.5s"), Some(5_400_500_000_000));
        assert_eq!(read("250us"), Some(250_000));
        assert_eq!(read(".5s"), Some(500_000_000));
        assert_eq!(read("30s1m"), Some(90_000_000_000), "Go's, in any order");
        for refused in ["1.5d", "1d1d", "1x", "s", "", ".s", "99999999999y", "1s2"] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (30_000_000, "30ms"),
            (2_000_000_000, "2s"),
            (90_500_000_000, "1m30.5s"),
            (3_600_000_000_000, "1h0m0s"),
            (-1_500_000_000, "-1.5s"),
        ] {
            assert_eq!(format_duration(nanos), text);
        }
        assert_eq!(format_duration(i64::MIN), "-2562047h47m16.854775808s");
    }
}
