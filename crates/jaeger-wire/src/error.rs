//! Why bytes could not be decoded.

/// Where and why decoding stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {kind}")]
pub struct DecodeError {
    /// The offset, from the start of the input, of what is wrong: the byte, length or field itself;
    /// for a missing field, the start of the struct that lacks it; where the input ends, the start
    /// of what it does not hold.
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
    /// A length that is negative or more than what is left.
    #[error("{what} claims to have {length} bytes, but {left} are left")]
    TooLarge {
        /// What has the length.
        what: &'static str,
        /// The length that was read.
        length: i64,
        /// How many bytes are left.
        left: usize,
    },
    /// A number of elements that is negative or more than what is left can hold.
    #[error(
        "{what} claims to have {count} elements of at least {least} bytes, but {left} bytes are left"
    )]
    TooMany {
        /// What has the elements.
        what: &'static str,
        /// The number of elements that was read.
        count: i64,
        /// How many bytes the smallest element has.
        least: usize,
        /// How many bytes are left.
        left: usize,
    },
    /// Unknown values nest deeper than is allowed.
    #[error("unknown values nest deeper than {limit} levels")]
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
    #[error("{field} is {found}; {expected} was expected")]
    WrongType {
        /// The field.
        field: &'static str,
        /// The type that the IDL gives it.
        expected: &'static str,
        /// The type that was found.
        found: &'static str,
    },
    /// A field that has a fixed length has another one.
    #[error("{field} has {found} bytes; {expected} were expected")]
    WrongLength {
        /// The field.
        field: &'static str,
        /// The lengths that it can have.
        expected: &'static str,
        /// The length that was found.
        found: usize,
    },
    /// A field that a span cannot do without is not there.
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A message of another name than `emitBatch`.
    #[error("the message is called {name:?}; \"emitBatch\" was expected")]
    WrongMessage {
        /// The name, cut after 64 bytes.
        name: String,
    },
}

impl DecodeError {
    #[cold]
    pub(crate) fn new(offset: usize, kind: DecodeErrorKind) -> Self {
        Self { offset, kind }
    }
}
