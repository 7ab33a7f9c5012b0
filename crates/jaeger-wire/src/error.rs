//! Why bytes could not be decoded.

/// Where and why decoding stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {kind}")]
pub struct DecodeError {
    /// The offset of the offending byte from the start of the input.
    pub offset: usize,
    /// What was wrong there.
    pub kind: DecodeErrorKind,
}

/// What was wrong with the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The input ends where more was expected.
    #[error("the input ends where {expected} was expected")]
    Incomplete {
        /// What was expected.
        expected: &'static str,
    },
    /// A length or a size that the rest of the input cannot hold.
    #[error("{what} is said to have {size} elements, but {left} bytes are left")]
    Size {
        /// What has the size.
        what: &'static str,
        /// The size that was read.
        size: i64,
        /// How many bytes are left.
        left: usize,
    },
    /// Values nest deeper than is allowed.
    #[error("values nest deeper than {limit} levels")]
    TooDeep {
        /// How deep they may nest.
        limit: usize,
    },
    /// A byte that means nothing where it stands.
    #[error("found {found:#04x} where {expected} was expected")]
    Unexpected {
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: u8,
    },
    /// A field has another type than the IDL gives it.
    #[error("{field} has another type than the IDL gives it")]
    WrongType {
        /// The field.
        field: &'static str,
    },
    /// A field that the IDL requires is not there.
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A message of another name than `emitBatch`.
    #[error("the message is called {name:?}; emitBatch was expected")]
    Message {
        /// The name.
        name: String,
    },
}
