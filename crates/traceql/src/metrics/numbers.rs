//! The numbers of a column: what metrics are made of.

use crate::{Column, Value};

/// An integer, a duration in nanoseconds, or a floating-point number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    pub(super) int: Option<i64>,
    pub(super) float: f64,
}

/// The numbers of a column, without a value for each row.
pub(super) enum Numbers<'c> {
    Ints(&'c [i64]),
    Floats(&'c [f64]),
    /// Of each row, which of these it has.
    Coded(&'c [u32], Vec<Option<Number>>),
    Values(&'c [Value<'c>]),
    /// The same for all rows.
    Same(Option<Number>),
}

impl Number {
    /// `None` if the value is no number.
    fn of(value: &Value<'_>) -> Option<Self> {
        Some(Self {
            int: value.as_int(),
            float: value.as_float()?,
        })
    }
}

impl<'c> Numbers<'c> {
    pub(super) fn of(column: &'c Column<'_>) -> Self {
        match column {
            Column::Ints(values) | Column::Durations(values) => Self::Ints(values),
            Column::Floats(values) => Self::Floats(values),
            Column::Dictionary { codes, values } => {
                Self::Coded(codes, values.iter().map(Number::of).collect())
            }
            Column::Values(values) => Self::Values(values),
            Column::Constant(value) => Self::Same(Number::of(value)),
            Column::Bools(_) => Self::Same(None),
        }
    }

    /// The number of a row, if it has one.
    pub(super) fn get(&self, row: usize) -> Option<Number> {
        match self {
            Self::Ints(values) => values
                .get(row)
                .and_then(|int| Number::of(&Value::Int(*int))),
            Self::Floats(values) => values
                .get(row)
                .and_then(|float| Number::of(&Value::Float(*float))),
            Self::Coded(codes, numbers) => *numbers.get(*codes.get(row)? as usize)?,
            Self::Values(values) => Number::of(values.get(row)?),
            Self::Same(number) => *number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_column_has_the_numbers_of_its_values() {
        let mixed = vec![
            Value::Int(3),
            Value::text("3"),
            Value::Float(2.5),
            Value::Duration(9),
            Value::Nil,
        ];
        let columns = [
            Column::Ints(vec![1, -2].into()),
            Column::Durations(vec![7, 0].into()),
            Column::Floats(vec![0.5, f64::MAX].into()),
            Column::Bools(vec![true, false].into()),
            Column::Constant(Value::Int(4)),
            Column::Constant(Value::text("4")),
            Column::Values(mixed.clone()),
            Column::Dictionary {
                codes: vec![4, 2, 0, 9, 3, 1].into(),
                values: mixed,
            },
        ];
        for column in &columns {
            let numbers = Numbers::of(column);
            for row in 0..6 {
                let value = match column {
                    // A constant has no end.
                    Column::Constant(value) => value.clone(),
                    column => column.value(row),
                };
                assert_eq!(numbers.get(row), Number::of(&value), "{column:?} {row}");
            }
        }
    }
}
