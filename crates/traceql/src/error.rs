//! Why a query is refused.

/// Why a query is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no query.
    #[error(
        "parse error at line {line}, col {column}: syntax error: unexpected {found}, expected {expected}"
    )]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is there.
        found: String,
        /// What could be there.
        expected: String,
    },
    /// It can be read, but means nothing.
    #[error("{0}")]
    Invalid(String),
    /// It is longer than a query may be.
    #[error("the query has {bytes} bytes, and may have {limit}: shorten it")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// It is nested deeper than a query may be.
    #[error("the query is nested deeper than {limit} levels: simplify it")]
    TooDeep {
        /// How deep it may be.
        limit: usize,
    },
    /// It has more patterns than a query may have.
    #[error("the query has more than {limit} regular expressions: name the values with = instead")]
    TooManyPatterns {
        /// How many it may have.
        limit: usize,
    },
}

impl Error {
    /// Whether it cannot even be read.
    pub fn is_syntax(&self) -> bool {
        !matches!(self, Self::Invalid(_))
    }

    /// That `found`, which begins at a byte of the query, is not what was expected.
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
