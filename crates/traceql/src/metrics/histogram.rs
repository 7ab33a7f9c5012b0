//! Buckets of values, bounded by powers of two, and quantiles computed from them.

/// The number of powers of two that serve as bounds.
pub(crate) const POWERS: usize = 64;

/// The exponent of the smallest power of two that is at least the value; `None` below two.
pub(crate) fn power(value: i64) -> Option<usize> {
    (value >= 2).then(|| (64 - (value - 1).leading_zeros()) as usize)
}

/// The bound with that exponent.
pub(crate) fn bound(power: usize) -> f64 {
    2_f64.powi(i32::try_from(power).unwrap_or(i32::MAX))
}

/// A quantile of values, given the count in the bucket of each power that occurs, ascending. It is exact on a
/// bound; inside a bucket, the logarithms of the values are taken to be evenly spread. Zero if
/// there are no values.
pub(crate) fn quantile(counts: impl Iterator<Item = (usize, u64)> + Clone, quantile: f64) -> f64 {
    let total = to_float(counts.clone().map(|(_, count)| count).sum());
    let wanted = (quantile * total).ceil().max(1.0);
    let mut before = 0.0;
    let mut lower = None;
    for (power, count) in counts {
        let (upper, count) = (bound(power), to_float(count));
        if before + count >= wanted {
            if before + count <= wanted {
                return upper;
            }
            let lower: f64 = lower.unwrap_or(upper / 2.0);
            return lower * (upper / lower).powf((wanted - before) / count);
        }
        before += count;
        lower = Some(upper);
    }
    0.0
}

#[expect(clippy::cast_precision_loss, reason = "no store holds 2^53 spans")]
pub(crate) fn to_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_not_less_than_the_values() {
        for (value, expected) in [(2, 1), (3, 2), (4, 2), (5, 3), (i64::MAX, 63)] {
            assert_eq!(power(value), Some(expected), "{value}");
        }
        assert_eq!((power(1), power(-5)), (None, None));
    }

    #[test]
    fn quantiles_lie_between_the_bounds() {
        let quantile = |of: f64| quantile([(3, 2), (5, 2)].into_iter(), of);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        near(quantile(0.5), 8.0);
        near(quantile(0.0), 8.0 / 2_f64.sqrt());
        near(quantile(0.75), 16.0);
        near(quantile(1.0), 32.0);
        near(super::quantile(std::iter::empty(), 0.5), 0.0);
    }
}
