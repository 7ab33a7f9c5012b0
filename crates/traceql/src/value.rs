//! Values, their comparison and their arithmetic.

mod duration;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub(crate) use duration::{format_duration, parse_duration};

/// A value of a field, or a literal of a query.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value<'v> {
    /// No value.
    #[default]
    Nil,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(Cow<'v, str>),
    /// Nanoseconds.
    Duration(i64),
    /// A span's status.
    Status(Status),
    /// A span's kind.
    Kind(Kind),
    /// A list of integers, floats, texts or truth values.
    List(Arc<[Value<'v>]>),
}

/// A span's status, in the order of OTLP's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The status was not set.
    Unset,
    /// A success.
    Ok,
    /// A failure.
    Error,
}

/// A span's kind, in the order of OTLP's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The kind was not given.
    Unspecified,
    /// An operation within a program.
    Internal,
    /// The handling of a request.
    Server,
    /// The sending of a request.
    Client,
    /// The sending of a message.
    Producer,
    /// The handling of a message.
    Consumer,
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// An arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `^`
    Power,
}

impl Status {
    /// All statuses, in the order of OTLP's numbers.
    pub const ALL: [Self; 3] = [Self::Unset, Self::Ok, Self::Error];

    /// The name in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

impl Kind {
    /// All kinds, in the order of OTLP's numbers.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::Internal,
        Self::Server,
        Self::Client,
        Self::Producer,
        Self::Consumer,
    ];

    /// The name in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

impl Comparison {
    /// Returns true if the comparison holds for two values in that order; `None` means that they
    /// have no order.
    pub(crate) fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        match self {
            Self::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
            Self::NotEqual => order.is_none_or(std::cmp::Ordering::is_ne),
            Self::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
            Self::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    }

    /// Returns true for `=` and `!=`.
    pub(crate) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    /// The symbol in a query.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Arithmetic {
    /// The symbol in a query.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "^",
        }
    }

    fn of_ints(self, left: i64, right: i64) -> Option<i64> {
        match self {
            Self::Add => Some(left.wrapping_add(right)),
            Self::Subtract => Some(left.wrapping_sub(right)),
            Self::Multiply => Some(left.wrapping_mul(right)),
            Self::Divide | Self::Modulo if right == 0 => None,
            Self::Divide => Some(left.wrapping_div(right)),
            Self::Modulo => Some(left.wrapping_rem(right)),
            Self::Power => Some(to_int(to_float(left).powf(to_float(right)))),
        }
    }

    /// The result for two floating-point numbers.
    pub(crate) fn of_floats(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Modulo => left % right,
            Self::Power => left.powf(right),
        }
    }
}

/// An integer as a floating-point number.
#[expect(
    clippy::cast_precision_loss,
    reason = "so the language compares an integer with a float"
)]
pub(crate) fn to_float(int: i64) -> f64 {
    int as f64
}

/// A floating-point number as an integer; saturates if it is out of range.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
pub(crate) fn to_int(float: f64) -> i64 {
    float as i64
}

impl<'v> Value<'v> {
    /// A text.
    pub fn text(text: impl Into<Cow<'v, str>>) -> Self {
        Self::Text(text.into())
    }

    /// Returns true if it is the boolean `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// Returns true if there is no value.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// The number of an integer or a duration (in nanoseconds).
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) | Self::Duration(int) => Some(*int),
            _ => None,
        }
    }

    /// The number of an integer, a float or a duration (in nanoseconds).
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(float) => Some(*float),
            _ => self.as_int().map(to_float),
        }
    }

    /// The same value, owned.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(bool) => Value::Bool(bool),
            Self::Int(int) => Value::Int(int),
            Self::Float(float) => Value::Float(float),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Duration(nanos) => Value::Duration(nanos),
            Self::Status(status) => Value::Status(status),
            Self::Kind(kind) => Value::Kind(kind),
            Self::List(values) => {
                Value::List(values.iter().map(|v| v.clone().into_owned()).collect())
            }
        }
    }

    /// Returns true if the comparison holds. It does not hold if either value is nil or if the
    /// types do not match. For a list it holds if any element satisfies it; for `!=`, if all
    /// elements do.
    pub fn compare(&self, comparison: Comparison, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::List(_), Value::List(_)) => false,
            (Self::List(values), _) => {
                any_or_all(values, comparison == Comparison::NotEqual, |value| {
                    value.compare(comparison, other)
                })
            }
            (_, Value::List(values)) => {
                any_or_all(values, comparison == Comparison::NotEqual, |value| {
                    self.compare(comparison, value)
                })
            }
            (Self::Text(a), Value::Text(b)) => {
                comparison.holds(Some(a.as_bytes().cmp(b.as_bytes())))
            }
            (Self::Bool(a), Value::Bool(b)) => {
                comparison.is_equality() && comparison.holds(Some(a.cmp(b)))
            }
            (Self::Status(a), Value::Status(b)) => {
                comparison.is_equality() && comparison.holds(Some(a.cmp(b)))
            }
            (Self::Kind(a), Value::Kind(b)) => {
                comparison.is_equality() && comparison.holds(Some(a.cmp(b)))
            }
            _ => {
                if let (Some(a), Some(b)) = (self.as_int(), other.as_int()) {
                    return comparison.holds(Some(a.cmp(&b)));
                }
                match (self.as_float(), other.as_float()) {
                    (Some(a), Some(b)) => comparison.holds(a.partial_cmp(&b)),
                    _ => false,
                }
            }
        }
    }

    /// Tests a text; for a list, tests any of its elements, or all of them if `all` is set.
    pub(crate) fn test_text(&self, all: bool, test: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Text(text) => test(text),
            Self::List(values) => any_or_all(values, all, |value| value.test_text(all, test)),
            _ => false,
        }
    }

    /// The result; nil if either value is not a number, or if an integer is divided by zero.
    pub fn calculate(&self, arithmetic: Arithmetic, other: &Value<'_>) -> Value<'static> {
        if let (Self::Int(a), Value::Int(b)) = (self, other) {
            return arithmetic.of_ints(*a, *b).map_or(Value::Nil, Value::Int);
        }
        match (self.as_float(), other.as_float()) {
            (Some(a), Some(b)) => Value::Float(arithmetic.of_floats(a, b)),
            _ => Value::Nil,
        }
    }

    /// The negated number; nil if the value is not a number.
    pub fn negate(&self) -> Value<'static> {
        match self {
            Self::Int(int) => Value::Int(int.wrapping_neg()),
            Self::Duration(nanos) => Value::Duration(nanos.wrapping_neg()),
            Self::Float(float) => Value::Float(-float),
            _ => Value::Nil,
        }
    }

    /// The negated truth value; nil if the value is not one.
    pub fn not(&self) -> Value<'static> {
        match self {
            Self::Bool(bool) => Value::Bool(!bool),
            _ => Value::Nil,
        }
    }
}

fn any_or_all<T>(values: &[T], all: bool, test: impl Fn(&T) -> bool) -> bool {
    if all {
        !values.is_empty() && values.iter().all(test)
    } else {
        values.iter().any(test)
    }
}

/// Writes the value for people to read: text without quotes, durations as `1.5s`, nil as `nil`, the
/// elements of a list separated by commas.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => write!(f, "{float}"),
            Self::Text(text) => f.write_str(text),
            Self::Duration(nanos) => f.write_str(&format_duration(*nanos)),
            Self::Status(status) => f.write_str(status.name()),
            Self::Kind(kind) => f.write_str(kind.name()),
            Self::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{value}")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&'static str]) -> Value<'static> {
        Value::List(texts.iter().map(|text| Value::text(*text)).collect())
    }

    #[test]
    fn what_cannot_be_compared_satisfies_nothing() {
        for comparison in [Comparison::Equal, Comparison::NotEqual, Comparison::Less] {
            assert!(!Value::Nil.compare(comparison, &Value::Nil));
            assert!(!Value::Int(1).compare(comparison, &Value::text("1")));
            assert!(!Value::Nil.compare(comparison, &Value::Int(1)));
        }
    }

    #[test]
    fn large_integers_are_compared_exactly() {
        let (a, b) = (Value::Int(i64::MAX), Value::Duration(i64::MAX - 1));
        assert!(a.compare(Comparison::Greater, &b));
        assert!(Value::Int(2).compare(Comparison::Equal, &Value::Float(2.0)));
        assert!(!Value::Float(f64::NAN).compare(Comparison::Equal, &Value::Float(f64::NAN)));
    }

    #[test]
    fn a_list_equals_if_one_does_and_differs_if_all_do() {
        let tags = list(&["x", "y"]);
        assert!(tags.compare(Comparison::Equal, &Value::text("x")));
        assert!(!tags.compare(Comparison::NotEqual, &Value::text("x")));
        assert!(tags.compare(Comparison::NotEqual, &Value::text("z")));
        assert!(!list(&["x"]).compare(Comparison::NotEqual, &Value::Int(5)));
        assert!(!list(&[]).compare(Comparison::NotEqual, &Value::text("x")));
    }

    #[test]
    fn integers_stay_integers() {
        let int = |a, op, b| Value::Int(a).calculate(op, &Value::Int(b));
        assert_eq!(int(-7, Arithmetic::Divide, 2), Value::Int(-3));
        assert_eq!(int(1, Arithmetic::Divide, 0), Value::Nil);
        assert_eq!(int(1, Arithmetic::Modulo, 0), Value::Nil);
        assert_eq!(int(i64::MAX, Arithmetic::Add, 1), Value::Int(i64::MIN));
        assert_eq!(int(i64::MIN, Arithmetic::Divide, -1), Value::Int(i64::MIN));
        assert_eq!(int(2, Arithmetic::Power, 3), Value::Int(8));
        let half = Value::Duration(1).calculate(Arithmetic::Divide, &Value::Int(2));
        assert_eq!(half, Value::Float(0.5));
    }
}
