//! The reasons to refuse a query.

/// The reason why a query is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The query cannot be parsed.
    #[error(
        "parse error at line {line}, col {column}: syntax error: unexpected {found}, expected {expected}"
    )]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// The text at that place.
        found: String,
        /// The text that was expected there.
        expected: String,
    },
    /// The query can be parsed but means nothing.
    #[error("{0}")]
    Invalid(String),
    /// The query is too long.
    #[error("the query has {bytes} bytes; the limit is {limit}: shorten it")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The longest that is allowed, in bytes.
        limit: usize,
    },
    /// The query is nested too deeply.
    #[error("the query is nested deeper than {limit} levels: simplify it")]
    TooDeep {
        /// The most levels that are allowed.
        limit: usize,
    },
    /// The query has too many parts.
    #[error("the query has more than {limit} fields, values and operators: ask in several queries")]
    TooManyParts {
        /// The most that are allowed.
        limit: usize,
    },
    /// The query has too many regular expressions.
    #[error("the query has more than {limit} regular expressions: name the values with = instead")]
    TooManyPatterns {
        /// The most that are allowed.
        limit: usize,
    },
}

impl Error {
    /// Returns true if the query cannot even be parsed.
    pub fn is_syntax(&self) -> bool {
        !matches!(self, Self::Invalid(_))
    }

    /// An error that `found`, at that byte of the query, is not what was expected.
    pub(crate) fn at(query: &str, offset: usize, found: impl Into<String>, expected: &str) -> Self {
        let before = query.get(..offset).unwrap_or(query);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        Self::Syntax {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            found: found.into(),
            expected: expected.to_owned(),
        }
    }
}
