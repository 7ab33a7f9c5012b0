//! Aggregates the values of a spanset.

use crate::syntax::Fold;
use crate::value::{to_float, to_int};
use crate::{Column, Comparison, Value};

/// Aggregates the numbers in these rows; nil if there are none.
pub(super) fn aggregate<'b>(fold: Fold, column: &Column<'b>, rows: &[u32]) -> Value<'b> {
    let values = rows.iter().map(|row| column.value(*row as usize));
    let numbers = values.filter(|value| value.as_float().is_some());
    match fold {
        Fold::Min => numbers.reduce(|least, value| pick(least, Comparison::Less, value)),
        Fold::Max => numbers.reduce(|most, value| pick(most, Comparison::Greater, value)),
        Fold::Sum => numbers.reduce(|sum, value| add(&sum, &value)),
        Fold::Avg => average(numbers),
    }
    .unwrap_or(Value::Nil)
}

fn pick<'b>(best: Value<'b>, comparison: Comparison, value: Value<'b>) -> Value<'b> {
    if value.compare(comparison, &best) {
        value
    } else {
        best
    }
}

/// The sum: a duration if both are durations, an integer if both are integers, else a float.
fn add<'b>(left: &Value<'b>, right: &Value<'b>) -> Value<'b> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Value::Int(a.wrapping_add(*b)),
        (Value::Duration(a), Value::Duration(b)) => Value::Duration(a.wrapping_add(*b)),
        _ => {
            Value::Float(left.as_float().unwrap_or_default() + right.as_float().unwrap_or_default())
        }
    }
}

/// The mean: a duration if the values are durations, else a float.
fn average<'b>(numbers: impl Iterator<Item = Value<'b>>) -> Option<Value<'b>> {
    let (mut sum, mut count, mut all_durations) = (0.0, 0_i64, true);
    for number in numbers {
        sum += number.as_float().unwrap_or_default();
        count += 1;
        all_durations &= matches!(number, Value::Duration(_));
    }
    let mean = sum / to_float(count);
    let mean = if all_durations {
        Value::Duration(to_int(mean.round()))
    } else {
        Value::Float(mean)
    };
    (count > 0).then_some(mean)
}
