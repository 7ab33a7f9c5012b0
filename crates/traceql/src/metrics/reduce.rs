//! Reductions of series or points: `topk`, `bottomk` and comparisons.

use std::cmp::Reverse;

use super::series::Row;
use crate::syntax::Reduction;
use crate::{Comparison, Value};

/// Keeps what a reduction selects.
pub(super) fn reduce(mut series: Vec<Row>, reduction: &Reduction) -> Vec<Row> {
    match reduction {
        Reduction::Filter(comparison, value) => filter(&mut series, *comparison, value),
        Reduction::TopK(count) => best(&mut series, *count, true),
        Reduction::BottomK(count) => best(&mut series, *count, false),
    }
    series.retain(|series| series.values.iter().any(Option::is_some));
    series
}

fn filter(series: &mut [Row], comparison: Comparison, value: &Value<'_>) {
    let constant = match value {
        Value::Duration(_) => value.as_float().unwrap_or_default() / 1e9,
        _ => value.as_float().unwrap_or_default(),
    };
    let passes = |value: &f64| comparison.holds(value.partial_cmp(&constant));
    for value in series.iter_mut().flat_map(|series| &mut series.values) {
        *value = value.filter(passes);
    }
}

/// Keeps the `count` best points at each time. Among equals, those with smaller labels win if the
/// greatest are wanted, otherwise those with larger labels.
fn best(series: &mut [Row], count: i64, greatest: bool) {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if series.len() <= count {
        return;
    }
    series.sort_by_cached_key(Row::text);
    let buckets = series
        .iter()
        .map(|series| series.values.len())
        .max()
        .unwrap_or_default();
    for bucket in 0..buckets {
        let values = series.iter().enumerate();
        let values = values.filter_map(|(at, series)| Some(((*series.values.get(bucket)?)?, at)));
        let mut values: Vec<_> = values.collect();
        if greatest {
            values.sort_by(|(a, at), (b, other)| b.total_cmp(a).then(at.cmp(other)));
        } else {
            values.sort_by(|(a, at), (b, other)| {
                a.total_cmp(b).then(Reverse(at).cmp(&Reverse(other)))
            });
        }
        for (_, at) in values.iter().skip(count) {
            let value = series
                .get_mut(*at)
                .and_then(|series| series.values.get_mut(bucket));
            if let Some(value) = value {
                *value = None;
            }
        }
    }
}
