//! The part of a query that the store's index can test.

use traceql::syntax::Expr;
use traceql::{Comparison, Field as Asked, Intrinsic, Scope, Value};

use crate::query::condition::{Condition, Field, Literal, Operator, Pattern, Place, Test};

/// A condition that holds for every span that satisfies the expression, and possibly for others.
pub(in crate::query) fn prune(expr: &Expr) -> Condition {
    match expr {
        Expr::All(exprs) => Condition::All(exprs.iter().map(prune).collect()),
        Expr::Any(exprs) => Condition::Any(exprs.iter().map(prune).collect()),
        Expr::Literal(value) if !value.is_true() => Condition::Any(Vec::new()),
        Expr::Compare(left, comparison, right) => match (&**left, &**right) {
            (Expr::Field(field), Expr::Literal(value)) => compare(field, *comparison, value),
            (Expr::Literal(value), Expr::Field(field)) => {
                compare(field, turned(*comparison), value)
            }
            _ => ANY,
        },
        Expr::Match {
            text,
            negated: false,
            pattern,
        } => match (&**text, &**pattern) {
            (Expr::Field(field), Expr::Literal(Value::Text(pattern))) => match_(field, pattern),
            _ => ANY,
        },
        Expr::Exists(inner) => match &**inner {
            Expr::Field(asked @ Asked::Attribute(..)) => {
                test(asked, Operator::NotEqual, Some(Literal::Nil))
            }
            _ => ANY,
        },
        _ => ANY,
    }
}

/// The condition that every span satisfies.
const ANY: Condition = Condition::All(Vec::new());

/// The comparison with its sides exchanged.
fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

fn compare(field: &Asked, comparison: Comparison, value: &Value<'_>) -> Condition {
    let operator = match comparison {
        Comparison::Equal => Operator::Equal,
        // A list may contain other elements too, so an unequal element does not exclude it.
        Comparison::NotEqual => return ANY,
        Comparison::Less => Operator::Less,
        Comparison::LessOrEqual => Operator::LessOrEqual,
        Comparison::Greater => Operator::Greater,
        Comparison::GreaterOrEqual => Operator::GreaterOrEqual,
    };
    let is_equality = operator == Operator::Equal;
    let literal = match (field, value) {
        // Every resource has a service name.
        (Asked::Attribute(Scope::Resource, key), Value::Text(text))
            if key == "service.name" && text.is_empty() =>
        {
            None
        }
        (_, Value::Text(text)) => is_equality.then(|| Literal::Text(text.clone().into_owned())),
        (Asked::Intrinsic(Intrinsic::Duration), value) => duration(value),
        (Asked::Intrinsic(_), Value::Int(_) | Value::Float(_) | Value::Duration(_))
        | (_, Value::Nil | Value::List(_)) => None,
        (_, Value::Int(int) | Value::Duration(int)) => exact(*int).then_some(Literal::Int(*int)),
        (_, Value::Float(float)) => Some(Literal::Double(*float)),
        (_, Value::Bool(bool)) => Some(Literal::Bool(*bool)),
        (_, Value::Status(status)) => Some(Literal::Text(status.name().to_owned())),
        (_, Value::Kind(kind)) => Some(Literal::Text(kind.name().to_owned())),
    };
    test(field, operator, literal)
}

/// The nanoseconds of a value that is compared with durations.
fn duration(value: &Value<'_>) -> Option<Literal> {
    let nanos = value.as_int().and_then(|nanos| u64::try_from(nanos).ok());
    nanos.map(Literal::Duration)
}

/// Returns true if a floating-point number equals the integer only if both have the same text.
fn exact(int: i64) -> bool {
    int.unsigned_abs() < 1 << 53
}

fn match_(field: &Asked, pattern: &str) -> Condition {
    // As in TraceQL, `.` matches any character.
    let pattern = Pattern::new(&format!("(?s:{pattern})")).ok();
    test(field, Operator::Match, pattern.map(Literal::Pattern))
}

fn test(field: &Asked, operator: Operator, literal: Option<Literal>) -> Condition {
    match (field_of(field), literal) {
        (Some(field), Some(literal)) => Condition::Test(Test {
            field,
            operator,
            literal,
        }),
        _ => ANY,
    }
}

/// The corresponding field of the store; `None` if there is none.
fn field_of(field: &Asked) -> Option<Field> {
    Some(match field {
        Asked::Attribute(scope, key) => Field::Attribute(place(*scope), key.clone()),
        Asked::Intrinsic(Intrinsic::Name) => Field::Name,
        Asked::Intrinsic(Intrinsic::Status) => Field::Status,
        Asked::Intrinsic(Intrinsic::StatusMessage) => Field::StatusMessage,
        Asked::Intrinsic(Intrinsic::Kind) => Field::Kind,
        Asked::Intrinsic(Intrinsic::Duration) => Field::Duration,
        Asked::Intrinsic(Intrinsic::EventName) => Field::EventName,
        Asked::Intrinsic(Intrinsic::ScopeName) => Field::ScopeName,
        Asked::Intrinsic(Intrinsic::ScopeVersion) => Field::ScopeVersion,
        Asked::Intrinsic(_) => return None,
    })
}

fn place(scope: Scope) -> Place {
    match scope {
        Scope::Any => Place::Any,
        Scope::Span => Place::Span,
        Scope::Resource => Place::Resource,
        Scope::Instrumentation => Place::Scope,
        Scope::Event => Place::Event,
        Scope::Link => Place::Link,
    }
}
