//! A condition on spans: tests of fields, combined by "and" and "or".

mod field;
mod literal;

use crate::model::Span;

pub(super) use field::{Field, Place};
pub(super) use literal::{Literal, Operator, Pattern};

/// A condition on a span.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of these must hold; an empty list is always true.
    All(Vec<Condition>),
    /// At least one of these must hold.
    Any(Vec<Condition>),
    /// The test must hold.
    Test(Test),
}

/// A comparison of a field with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The field.
    pub field: Field,
    /// The operator.
    pub operator: Operator,
    /// The value to compare with.
    pub literal: Literal,
}

impl Condition {
    /// Returns true if a span satisfies the condition.
    pub(super) fn matches(&self, span: &Span<'_>) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|c| c.matches(span)),
            Self::Any(conditions) => conditions.iter().any(|c| c.matches(span)),
            Self::Test(test) => test.matches(span),
        }
    }
}

impl Test {
    fn matches(&self, span: &Span<'_>) -> bool {
        let mut values = self.field.values(span).into_iter().peekable();
        match (&self.literal, self.operator) {
            (Literal::Nil, Operator::Equal) => values.peek().is_none(),
            (Literal::Nil, _) => values.peek().is_some(),
            _ => values.any(|value| self.literal.compare(&value, self.operator)),
        }
    }
}
