//! Arithmetic between series.

use std::collections::HashMap;
use std::mem;

use super::Tree;
use super::reduce::reduce;
use super::series::{NAME, Row, text};
use crate::Value;
use crate::value::Arithmetic;

/// One side of an operator.
pub(super) enum Operand {
    Series(Vec<Row>),
    Number(f64),
}

impl Tree {
    /// Evaluates the tree over the series of the leaves, each of which is used once.
    pub(super) fn evaluate(&self, leaves: &mut [Vec<Row>]) -> Operand {
        match self {
            Self::Leaf(number) => {
                Operand::Series(leaves.get_mut(*number).map(mem::take).unwrap_or_default())
            }
            Self::Constant(number) => Operand::Number(*number),
            Self::Reduce(inner, reduction) => match inner.evaluate(leaves) {
                Operand::Series(series) => Operand::Series(reduce(series, reduction)),
                number @ Operand::Number(_) => number,
            },
            Self::Calculate(left, arithmetic, right) => {
                calculate(left.evaluate(leaves), *arithmetic, right.evaluate(leaves))
            }
        }
    }
}

fn calculate(left: Operand, arithmetic: Arithmetic, right: Operand) -> Operand {
    match (left, right) {
        (Operand::Number(a), Operand::Number(b)) => Operand::Number(arithmetic.of_floats(a, b)),
        (Operand::Series(series), Operand::Number(number)) => {
            Operand::Series(each(series, |value| point(value, arithmetic, number)))
        }
        (Operand::Number(number), Operand::Series(series)) => {
            Operand::Series(each(series, |value| point(number, arithmetic, value)))
        }
        (Operand::Series(left), Operand::Series(right)) => {
            Operand::Series(pairs(&left, arithmetic, &right))
        }
    }
}

/// The result at one time; `None` for a division by zero.
fn point(left: f64, arithmetic: Arithmetic, right: f64) -> Option<f64> {
    let by_zero = arithmetic == Arithmetic::Divide && right == 0.0;
    (!by_zero).then(|| arithmetic.of_floats(left, right))
}

fn each(mut series: Vec<Row>, make: impl Fn(f64) -> Option<f64>) -> Vec<Row> {
    for row in &mut series {
        row.values
            .iter_mut()
            .for_each(|value| *value = value.and_then(&make));
        for exemplar in &mut row.exemplars {
            exemplar.value = exemplar.value.and_then(&make);
        }
    }
    series
}

/// Combines series with equal labels; a series without labels is combined with each of the others.
fn pairs(left: &[Row], arithmetic: Arithmetic, right: &[Row]) -> Vec<Row> {
    if let [one] = right
        && one.labels_without_name().is_empty()
    {
        return left
            .iter()
            .map(|row| pair(row, row, arithmetic, one))
            .collect();
    }
    if let [one] = left
        && one.labels_without_name().is_empty()
    {
        return right
            .iter()
            .map(|row| pair(row, one, arithmetic, row))
            .collect();
    }
    let key = |row: &Row| text(&row.labels_without_name());
    let by_labels: HashMap<_, _> = right.iter().map(|row| (key(row), row)).collect();
    let paired = left
        .iter()
        .filter_map(|row| Some((row, *by_labels.get(&key(row))?)));
    paired
        .map(|(left, right)| pair(left, left, arithmetic, right))
        .collect()
}

fn pair(labelled: &Row, left: &Row, arithmetic: Arithmetic, right: &Row) -> Row {
    let name = |row: &Row| {
        let found = row.labels.iter().find(|(key, _)| key == NAME);
        found.map(|(_, value)| value.to_string())
    };
    let mut labels = labelled.labels_without_name();
    if let (Some(a), Some(b)) = (name(left), name(right)) {
        let name = format!("({a} {} {b})", arithmetic.symbol());
        labels.insert(0, (NAME.to_owned(), Value::text(name)));
    }
    let values = left.values.iter().zip(&right.values);
    let values = values.map(|(a, b)| point((*a)?, arithmetic, (*b)?));
    Row {
        labels,
        values: values.collect(),
        exemplars: Vec::new(),
    }
}
