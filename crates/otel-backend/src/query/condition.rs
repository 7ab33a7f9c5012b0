//! A condition on spans: tests of fields, joined by "and" and "or".

mod field;
mod literal;

use crate::model::{Span, StatusCode};
use crate::store::{Token, highest_bit};

pub(super) use field::{Field, Place};
pub(super) use literal::{Literal, Operator, Pattern};

/// A condition on a span.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of these must hold; without any, every span satisfies it.
    All(Vec<Condition>),
    /// At least one of these must hold.
    Any(Vec<Condition>),
    /// This test must hold.
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
    /// Whether a span satisfies it.
    pub(super) fn matches(&self, span: &Span<'_>) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|c| c.matches(span)),
            Self::Any(conditions) => conditions.iter().any(|c| c.matches(span)),
            Self::Test(test) => test.matches(span),
        }
    }

    /// Tokens of a span that satisfies it: of each clause it has at least one.
    pub(super) fn clauses(&self) -> Vec<Vec<Token>> {
        match self {
            Self::All(conditions) => conditions.iter().flat_map(Self::clauses).collect(),
            Self::Any(conditions) => {
                let clauses = conditions.iter().map(|c| c.clauses().into_iter().next());
                let clauses: Option<Vec<_>> = clauses.collect();
                clauses.map(|c| vec![c.concat()]).unwrap_or_default()
            }
            Self::Test(test) => test.clause().into_iter().collect(),
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

    /// The tokens of which a span that passes has at least one; `None` if it may have none.
    fn clause(&self) -> Option<Vec<Token>> {
        if let (Field::Duration, Literal::Duration(nanos)) = (&self.field, &self.literal) {
            return self.durations(*nanos);
        }
        if self.operator != Operator::Equal {
            return None;
        }
        let text = self.literal.text()?;
        let token = match &self.field {
            Field::Attribute(_, key) => Token::attribute(key, &text),
            Field::Name => Token::operation(None, &text),
            Field::ScopeName => Token::scope_name(&text),
            Field::ScopeVersion => Token::scope_version(&text),
            Field::Kind if text == "unspecified" => Token::kind(""),
            Field::Kind => Token::kind(&text),
            Field::Status => match text.as_str() {
                "error" => Token::status(None, StatusCode::Error),
                "ok" => Token::status(None, StatusCode::Ok),
                _ => return None,
            },
            _ => return None,
        };
        Some(vec![token])
    }

    fn durations(&self, nanos: u64) -> Option<Vec<Token>> {
        let bit = highest_bit(nanos);
        let bits = match self.operator {
            Operator::Equal => bit..=bit,
            Operator::Greater | Operator::GreaterOrEqual => bit..=highest_bit(u64::MAX),
            Operator::Less | Operator::LessOrEqual => 0..=bit,
            _ => return None,
        };
        Some(bits.map(|bit| Token::duration(None, bit)).collect())
    }
}
