//! Operations on columns, done once for each value of a dictionary where there is one, else once
//! for each row.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use hashbrown::DefaultHashBuilder;

use crate::distinct::{hash_into, is_same};
use crate::{Column, Comparison, Value};

/// The rows for which a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mask {
    All,
    None,
    Some(Vec<bool>),
}

impl Mask {
    pub(crate) fn contains(&self, row: usize) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Some(rows) => rows.get(row).copied().unwrap_or_default(),
        }
    }

    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, _) | (_, Self::None) => Self::None,
            (Self::All, mask) | (mask, Self::All) => mask,
            (Self::Some(mut rows), Self::Some(other)) => {
                rows.iter_mut()
                    .zip(other)
                    .for_each(|(row, other)| *row &= other);
                Self::Some(rows)
            }
        }
    }

    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::None, mask) | (mask, Self::None) => mask,
            (Self::Some(mut rows), Self::Some(other)) => {
                rows.iter_mut()
                    .zip(other)
                    .for_each(|(row, other)| *row |= other);
                Self::Some(rows)
            }
        }
    }

    /// The mask as a column.
    pub(crate) fn into_column<'b>(self) -> Column<'b> {
        match self {
            Self::All => Column::Constant(Value::Bool(true)),
            Self::None => Column::Constant(Value::Bool(false)),
            Self::Some(rows) => Column::Bools(rows.into()),
        }
    }
}

impl From<bool> for Mask {
    fn from(all: bool) -> Self {
        if all { Self::All } else { Self::None }
    }
}

/// The rows whose value passes a test.
pub(crate) fn test(column: &Column<'_>, len: usize, test: impl Fn(&Value<'_>) -> bool) -> Mask {
    match column {
        Column::Constant(value) => test(value).into(),
        Column::Dictionary { codes, values } => {
            let table: Vec<_> = values.iter().map(&test).collect();
            if table.iter().all(|passes| !passes) && !test(&Value::Nil) {
                return Mask::None;
            }
            let nil = test(&Value::Nil);
            let passes = |code: &u32| table.get(*code as usize).copied().unwrap_or(nil);
            Mask::Some(codes.iter().map(passes).collect())
        }
        Column::Bools(values) => {
            let table = [test(&Value::Bool(false)), test(&Value::Bool(true))];
            let [no, yes] = table;
            Mask::Some(
                values
                    .iter()
                    .map(|value| if *value { yes } else { no })
                    .collect(),
            )
        }
        Column::Values(values) => Mask::Some(values.iter().map(test).collect()),
        _ => Mask::Some((0..len).map(|row| test(&column.value(row))).collect()),
    }
}

/// The rows whose value is true.
pub(crate) fn truth(column: &Column<'_>, len: usize) -> Mask {
    match column {
        Column::Bools(values) => Mask::Some(values.to_vec()),
        _ => test(column, len, |value: &Value<'_>| value.is_true()),
    }
}

/// The rows in which a comparison holds.
pub(crate) fn compare(
    left: &Column<'_>,
    comparison: Comparison,
    right: &Column<'_>,
    len: usize,
) -> Mask {
    match (left, right) {
        (Column::Ints(values) | Column::Durations(values), Column::Constant(constant)) => {
            match (constant.as_int(), constant.as_float()) {
                (Some(int), _) => Mask::Some(compare_ints(values, comparison, int)),
                (None, Some(_)) => test(left, len, |value| value.compare(comparison, constant)),
                _ => Mask::None,
            }
        }
        (_, Column::Constant(constant)) => {
            test(left, len, |value| value.compare(comparison, constant))
        }
        (Column::Constant(constant), _) => {
            test(right, len, |value| constant.compare(comparison, value))
        }
        _ => {
            let holds = |row| left.value(row).compare(comparison, &right.value(row));
            Mask::Some((0..len).map(holds).collect())
        }
    }
}

/// Each comparison has a loop of its own, so that the compiler can vectorize it.
fn compare_ints(values: &[i64], comparison: Comparison, constant: i64) -> Vec<bool> {
    let rows = values.iter();
    match comparison {
        Comparison::Equal => rows.map(|value| *value == constant).collect(),
        Comparison::NotEqual => rows.map(|value| *value != constant).collect(),
        Comparison::Less => rows.map(|value| *value < constant).collect(),
        Comparison::LessOrEqual => rows.map(|value| *value <= constant).collect(),
        Comparison::Greater => rows.map(|value| *value > constant).collect(),
        Comparison::GreaterOrEqual => rows.map(|value| *value >= constant).collect(),
    }
}

/// The column made by applying a function to each value of another.
pub(crate) fn map<'b>(
    column: &Column<'b>,
    len: usize,
    make: impl Fn(&Value<'b>) -> Value<'b>,
) -> Column<'b> {
    match column {
        Column::Constant(value) => Column::Constant(make(value)),
        Column::Dictionary { codes, values }
            if codes.iter().all(|code| (*code as usize) < values.len()) =>
        {
            Column::Dictionary {
                codes: codes.clone(),
                values: values.iter().map(make).collect(),
            }
        }
        Column::Values(values) => Column::Values(values.iter().map(make).collect()),
        _ => Column::Values((0..len).map(|row| make(&column.value(row))).collect()),
    }
}

/// The column made by applying a function to the values of two others.
pub(crate) fn zip<'b>(
    left: &Column<'b>,
    right: &Column<'b>,
    len: usize,
    make: impl Fn(&Value<'b>, &Value<'b>) -> Value<'b>,
) -> Column<'b> {
    match (left, right) {
        (_, Column::Constant(right)) => map(left, len, |left| make(left, right)),
        (Column::Constant(left), _) => map(right, len, |right| make(left, right)),
        _ => {
            let rows = 0..len;
            Column::Values(
                rows.map(|row| make(&left.value(row), &right.value(row)))
                    .collect(),
            )
        }
    }
}

/// The first column's values, or the second's where the first has none.
pub(crate) fn either<'b>(first: Column<'b>, second: Column<'b>, len: usize) -> Column<'b> {
    match (first, second) {
        (Column::Constant(Value::Nil), second) => second,
        (first, Column::Constant(Value::Nil)) => first,
        (first @ (Column::Dictionary { .. } | Column::Values(_)), second) => {
            let (codes, mut values) = into_codes(first, len);
            let (others, more) = into_codes(second, len);
            let offset = u32::try_from(values.len()).unwrap_or(u32::MAX);
            let is_nil: Vec<_> = values.iter().map(Value::is_nil).collect();
            let pick = |(code, other): (&u32, &u32)| {
                if is_nil.get(*code as usize).copied().unwrap_or(true) {
                    other.saturating_add(offset)
                } else {
                    *code
                }
            };
            let codes: Vec<_> = codes.iter().zip(others.iter()).map(pick).collect();
            values.extend(more);
            Column::Dictionary {
                codes: codes.into(),
                values,
            }
        }
        (first, _) => first,
    }
}

/// As [`into_codes`], without taking the column.
pub(crate) fn codes_of<'c, 'b>(
    column: &'c Column<'b>,
    len: usize,
) -> (Cow<'c, [u32]>, Cow<'c, [Value<'b>]>) {
    match column {
        Column::Dictionary { codes, values } => ((&codes[..]).into(), (&values[..]).into()),
        Column::Values(values) => (rows(values).into(), (&values[..]).into()),
        other => {
            let (codes, values) = into_codes(other.clone(), len);
            (codes, values.into())
        }
    }
}

/// The number of each row.
fn rows(values: &[Value<'_>]) -> Vec<u32> {
    (0..u32::try_from(values.len()).unwrap_or(u32::MAX)).collect()
}

/// A column as a dictionary, which may hold a value twice.
pub(crate) fn into_codes(column: Column<'_>, len: usize) -> (Cow<'_, [u32]>, Vec<Value<'_>>) {
    match column {
        Column::Constant(value) => (vec![0; len].into(), vec![value]),
        Column::Dictionary { codes, values } => (codes, values),
        Column::Values(values) => (rows(&values).into(), values),
        Column::Bools(values) => {
            let codes: Vec<_> = values.iter().map(|value| u32::from(*value)).collect();
            (codes.into(), vec![Value::Bool(false), Value::Bool(true)])
        }
        other => {
            let mut known = HashMap::<_, _, DefaultHashBuilder>::default();
            let mut values = Vec::new();
            let codes = (0..len).map(|row| {
                let key = Key(other.value(row));
                let next = u32::try_from(values.len()).unwrap_or(u32::MAX);
                *known.entry(key).or_insert_with_key(|key| {
                    values.push(key.0.clone());
                    next
                })
            });
            let codes: Vec<_> = codes.collect();
            (codes.into(), values)
        }
    }
}

/// A value that spans are grouped by; floats are equal if their bits are.
#[derive(Debug, Clone)]
pub(crate) struct Key<'v>(pub(crate) Value<'v>);

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        is_same(&self.0, &other.0)
    }
}

impl Eq for Key<'_> {}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_into(&self.0, state);
    }
}
