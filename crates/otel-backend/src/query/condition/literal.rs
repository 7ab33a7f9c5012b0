//! Literals, and the comparison of fields with them.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use regex::{Regex, RegexBuilder};

use crate::model::Value;

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=~`
    Match,
}

/// A literal in a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text, which equals every value with the same text form.
    Text(String),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// A duration in nanoseconds.
    Duration(u64),
    /// A pattern.
    Pattern(Pattern),
    /// No value.
    Nil,
}

/// A regular expression that must match a whole text.
///
/// It only narrows a search: once it has taken too long, every text counts as a possible match.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// The text with which every match begins.
    prefix: String,
    /// The microseconds spent on long texts so far.
    spent: Arc<AtomicU64>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Pattern {
    /// The largest compiled pattern in bytes; a larger one does not narrow a search.
    const MAX_SIZE: usize = 32 * 1024;

    /// The time for texts up to this length is not measured.
    const SHORT: usize = 32;

    /// The limit of the time, in microseconds.
    const MAX_TIME: u64 = 100_000;

    /// The longest text that is tested; a longer one is a possible match.
    const MAX_LENGTH: usize = 16 * 1024;

    /// Compiles a pattern.
    ///
    /// # Errors
    /// The pattern is invalid or too large.
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        RegexBuilder::new(&format!("^(?:{pattern})$"))
            .size_limit(Self::MAX_SIZE)
            .build()
            .map(|regex| Self {
                regex,
                prefix: prefix(pattern),
                spent: Arc::default(),
            })
    }

    /// Returns true if a text may match.
    fn may_match(&self, text: &str) -> bool {
        if !text.starts_with(&self.prefix) {
            return false;
        }
        if text.len() < Self::SHORT {
            return self.regex.is_match(text);
        }
        if text.len() > Self::MAX_LENGTH || self.spent.load(Relaxed) > Self::MAX_TIME {
            return true;
        }
        let begin = Instant::now();
        let matches = self.regex.is_match(text);
        let micros = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent.fetch_add(micros, Relaxed);
        matches
    }
}

/// The characters with which a pattern begins that stand for themselves; none if that is not certain.
fn prefix(pattern: &str) -> String {
    const SPECIAL: &str = r"\.+*?()|[]{}^$#&-~";
    let inner = pattern.strip_prefix("(?s:").unwrap_or(pattern);
    if inner.contains('|') {
        return String::new();
    }
    let (plain, rest) = match inner.find(|c| SPECIAL.contains(c)) {
        Some(end) => inner.split_at(end),
        None => (inner, ""),
    };
    let mut prefix = plain.to_owned();
    match rest.chars().next() {
        // The character before it may be missing.
        Some('*' | '?' | '{') => {
            prefix.pop();
        }
        // The character before it may be missing, unless it is the parenthesis that was stripped above.
        Some(')') if inner == pattern || rest.len() > 1 => prefix.clear(),
        _ => {}
    }
    prefix
}

impl Operator {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering == Ordering::Equal,
            Self::NotEqual => ordering != Ordering::Equal,
            Self::Greater => ordering == Ordering::Greater,
            Self::GreaterOrEqual => ordering != Ordering::Less,
            Self::Less => ordering == Ordering::Less,
            Self::LessOrEqual => ordering != Ordering::Greater,
            Self::Match => false,
        }
    }
}

impl Literal {
    /// The text with which every value begins that compares so with the literal.
    pub(in crate::query) fn prefix(&self, operator: Operator) -> Option<&str> {
        match (self, operator) {
            (Self::Pattern(pattern), Operator::Match) => Some(&pattern.prefix),
            (Self::Text(text), Operator::Equal) => Some(text),
            _ => None,
        }
    }

    /// The text of equal values, if they all have the same text.
    pub(in crate::query) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Int(int) => Some(int.to_string()),
            Self::Double(double) => Some(Value::Double(*double).text().into_owned()),
            Self::Bool(bool) => Some(bool.to_string()),
            Self::Duration(_) | Self::Pattern(_) | Self::Nil => None,
        }
    }

    /// Returns true if a value, or any value of a list, compares in this way with the literal. A
    /// value of another type never does.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number that is compared with one that is not whole"
    )]
    pub(in crate::query) fn compare(&self, value: &Value<'_>, operator: Operator) -> bool {
        if let Value::Array(values) = value {
            return values.iter().any(|value| self.compare(value, operator));
        }
        let ordering = match (value, self) {
            (value, Self::Text(text)) => Some(value.text().as_ref().cmp(text)),
            (Value::Int(value), Self::Int(int)) => Some(value.cmp(int)),
            (Value::Int(value), Self::Double(double)) => (*value as f64).partial_cmp(double),
            (Value::Double(value), Self::Int(int)) => value.partial_cmp(&(*int as f64)),
            (Value::Double(value), Self::Double(double)) => value.partial_cmp(double),
            (Value::Int(value), Self::Duration(nanos)) => {
                Some(i128::from(*value).cmp(&i128::from(*nanos)))
            }
            (Value::Bool(value), Self::Bool(bool)) => Some(value.cmp(bool)),
            (value, Self::Pattern(pattern)) => {
                return pattern.may_match(&value.text());
            }
            _ => None,
        };
        ordering.is_some_and(|ordering| operator.holds(ordering))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_prefix_is_what_certainly_stands_at_the_beginning() {
        for (pattern, expected) in [
            ("", ""),
            ("nothing.*", "nothing"),
            ("/api/items/[0-9]+", "/api/items/"),
            ("(?s:/api/.*)", "/api/"),
            ("(?s:plain)", "plain"),
            ("ab?c", "a"),
            ("ab+c", "ab"),
            ("ab{0,1}c", "a"),
            ("ab|cd", ""),
            ("(?i)ab", ""),
            ("(?s:ab)?(cd)", ""),
            (r"a\.b", "a"),
            ("^ab", ""),
        ] {
            assert_eq!(prefix(pattern), expected, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn every_text_that_matches_begins_so(
            pattern in "[ab]{0,3}[*+?.|()]?[ab]{0,2}[*?)]?", text in "[ab]{0,5}",
        ) {
            for pattern in [format!("(?s:{pattern})"), pattern] {
                if let Ok(compiled) = Pattern::new(&pattern)
                    && compiled.regex.is_match(&text)
                {
                    prop_assert!(text.starts_with(&compiled.prefix), "{} {}", pattern, text);
                }
            }
        }
    }
}
