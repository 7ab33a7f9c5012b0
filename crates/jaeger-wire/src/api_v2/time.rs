//! `google.protobuf.Timestamp` and `google.protobuf.Duration`: seconds and nanoseconds.

use crate::cursor::Cursor;
use crate::error::DecodeError;

use super::input::each_field;

const NANOS: i128 = 1_000_000_000;
const NANOS_I64: i64 = 1_000_000_000;

/// The range of 64 bits of seconds and the nanoseconds of one more.
const EARLIEST: i128 = i64::MIN as i128 * NANOS;
const LATEST: i128 = i64::MAX as i128 * NANOS + (NANOS - 1);

/// A point in time or a duration, while its parts are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Time {
    seconds: i64,
    nanos: i32,
}

impl Time {
    /// Reads the parts. A part that is absent keeps its value: protobuf merges messages that occur
    /// twice.
    pub(super) fn merge(&mut self, message: Cursor<'_>) -> Result<(), DecodeError> {
        each_field(message, |input, field| {
            match field.number {
                1 => self.seconds = field.varint(input, "seconds")?.cast_signed(),
                2 => self.nanos = field.varint32(input, "nanos")?.cast_signed(),
                _ => field.skip(input)?,
            }
            Ok(())
        })
    }

    /// The time in nanoseconds. A nanosecond part outside its range is added as it is.
    pub(super) fn total(self) -> i128 {
        let seconds = i128::from(self.seconds).saturating_mul(NANOS);
        let total = seconds.saturating_add(self.nanos.into());
        total.clamp(EARLIEST, LATEST)
    }
}

/// The parts of a `Timestamp`: its nanoseconds count forward even before 1970.
pub(super) fn timestamp(nanos: i128) -> (i64, i64) {
    // 128-bit division is slow, and not needed before the year 2262.
    if let Ok(nanos) = i64::try_from(nanos) {
        return (nanos.div_euclid(NANOS_I64), nanos.rem_euclid(NANOS_I64));
    }
    let nanos = nanos.clamp(EARLIEST, LATEST);
    parts(nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS))
}

/// The parts of a `Duration`: seconds and nanoseconds have the same sign.
pub(super) fn duration(nanos: i128) -> (i64, i64) {
    if let Ok(nanos) = i64::try_from(nanos) {
        return (nanos / NANOS_I64, nanos % NANOS_I64);
    }
    let nanos = nanos.clamp(EARLIEST, LATEST);
    parts(nanos / NANOS, nanos % NANOS)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the caller has clamped the time to what 64 bits can hold"
)]
fn parts(seconds: i128, nanos: i128) -> (i64, i64) {
    (seconds as i64, nanos as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_of_a_timestamp_count_forward_before_1970() {
        assert_eq!(timestamp(-1), (-1, 999_999_999));
        assert_eq!(timestamp(-1_500_000_000), (-2, 500_000_000));
        assert_eq!(timestamp(-2_000_000_000), (-2, 0));
        assert_eq!(timestamp(1_500_000_000), (1, 500_000_000));
    }

    #[test]
    fn both_parts_of_a_duration_have_its_sign() {
        assert_eq!(duration(-1), (0, -1));
        assert_eq!(duration(-1_500_000_000), (-1, -500_000_000));
        assert_eq!(duration(1_500_000_000), (1, 500_000_000));
    }

    #[test]
    fn a_time_beyond_the_year_2262_is_exact() {
        let nanos = i128::from(i64::MAX) + 1;
        assert_eq!(timestamp(nanos), (9_223_372_036, 854_775_808));
        assert_eq!(timestamp(-nanos - 1), (-9_223_372_037, 145_224_191));
        assert_eq!(duration(-nanos - 1), (-9_223_372_036, -854_775_809));
    }

    #[test]
    fn a_time_that_64_bits_of_seconds_cannot_hold_is_the_nearest_that_they_can() {
        for (nanos, seconds) in [(i128::MAX, i64::MAX), (i128::MIN, i64::MIN)] {
            assert_eq!(timestamp(nanos).0, seconds);
            assert_eq!(duration(nanos).0, seconds);
        }
        let latest = Time {
            seconds: i64::MAX,
            nanos: i32::MAX,
        };
        assert_eq!(timestamp(latest.total()), (i64::MAX, 999_999_999));
    }
}
