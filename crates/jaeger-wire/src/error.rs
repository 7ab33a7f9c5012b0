//! The reasons why bytes could not be decoded.

/// The place and the reason of a decoding error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {kind}")]
pub struct DecodeError {
    /// The offset from the start of the input: of the invalid byte, length or field; of the struct,
    /// if it lacks a field; of the incomplete item, if the input ends too early.
    pub offset: usize,
    /// The reason.
    pub kind: DecodeErrorKind,
}

/// The reason of a decoding error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The input ends too early.
    #[error("the input ends where {expected} was expected")]
    Incomplete {
        /// The expected item.
        expected: &'static str,
    },
    /// A length is negative or larger than the rest of the input.
    #[error("{what} claims to have {length} bytes, but {left} are left")]
    TooLarge {
        /// The item with that length.
        what: &'static str,
        /// The length that was read.
        length: i64,
        /// The number of bytes left.
        left: usize,
    },
    /// A number of elements is negative or larger than the rest of the input can hold.
    #[error(
        "{what} claims to have {count} elements of at least {least} bytes, but {left} bytes are left"
    )]
    TooMany {
        /// The item with these elements.
        what: &'static str,
        /// The number of elements that was read.
        count: i64,
        /// The size of the smallest element, in bytes.
        least: usize,
        /// The number of bytes left.
        left: usize,
    },
    /// Unknown values are nested too deeply.
    #[error("unknown values nest deeper than {limit} levels")]
    TooDeep {
        /// The deepest nesting that is allowed.
        limit: usize,
    },
    /// A byte has no meaning in this place.
    #[error("found {found:#04x} where {expected} was expected")]
    Unexpected {
        /// The expected item.
        expected: &'static str,
        /// The byte that was read.
        found: u8,
    },
    /// A field does not have the type that the IDL requires.
    #[error("{field} is {found}; {expected} was expected")]
    WrongType {
        /// The field.
        field: &'static str,
        /// The type that the IDL requires.
        expected: &'static str,
        /// The type that was found.
        found: &'static str,
    },
    /// A field of fixed length has another length.
    #[error("{field} has {found} bytes; {expected} were expected")]
    WrongLength {
        /// The field.
        field: &'static str,
        /// The lengths that are allowed.
        expected: &'static str,
        /// The length that was found.
        found: usize,
    },
    /// A required field is missing.
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A message is not an `emitBatch` message.
    #[error("the message is called {name:?}; \"emitBatch\" was expected")]
    WrongMessage {
        /// The name, truncated to 64 bytes.
        name: String,
    },
}

impl DecodeError {
    #[cold]
    pub(crate) fn new(offset: usize, kind: DecodeErrorKind) -> Self {
        Self { offset, kind }
    }
}
