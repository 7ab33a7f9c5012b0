//! The ids of a span, which are checked before the span is made, and the reasons to reject it.

use super::{InvalidId, SpanId, TraceId};

/// The ids of one span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanIds {
    /// The id of its trace.
    pub trace_id: TraceId,
    /// The id of the span.
    pub span_id: SpanId,
    /// The id of its parent; `None` for a root.
    pub parent: Option<SpanId>,
}

/// The reason why a span was rejected; the rest of its request is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpan {
    /// The trace id is missing, zero or of the wrong length.
    #[error("trace id {0}")]
    TraceId(InvalidId),
    /// The span id is missing, zero or of the wrong length.
    #[error("span id {0}")]
    SpanId(InvalidId),
    /// The parent id has the wrong length. (An empty or zero id means that there is no parent.)
    #[error("parent span id {0}")]
    ParentId(InvalidId),
    /// An attribute is too large.
    #[error("attribute '{key}' has {bytes} bytes; the limit is {limit}")]
    TooLarge {
        /// Its key, truncated to 64 characters.
        key: String,
        /// The size of its key and value in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes of the span cannot be read.
    #[error("span cannot be decoded: {0}")]
    Malformed(String),
}

impl SpanIds {
    /// Checks ids as received. An empty or zero parent id means that there is no parent.
    ///
    /// # Errors
    /// [`InvalidSpan`] if the trace id or the span id is missing or zero, or if an id has the wrong
    /// length.
    pub fn new(trace_id: &[u8], span_id: &[u8], parent: &[u8]) -> Result<Self, InvalidSpan> {
        Ok(Self {
            trace_id: TraceId::from_slice(trace_id).map_err(InvalidSpan::TraceId)?,
            span_id: SpanId::from_slice(span_id).map_err(InvalidSpan::SpanId)?,
            parent: match SpanId::from_slice(parent) {
                Ok(id) => Some(id),
                Err(InvalidId::Zero | InvalidId::Length { got: 0, .. }) => None,
                Err(reason) => return Err(InvalidSpan::ParentId(reason)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_of_zeros_is_none() {
        let parent = |parent: &[u8]| SpanIds::new(&[1; 16], &[2; 8], parent).unwrap().parent;
        assert_eq!(parent(&[]), None);
        assert_eq!(parent(&[0; 8]), None);
        assert_eq!(parent(&[3; 8]), SpanId::new([3; 8]).ok());
    }

    #[test]
    fn each_id_that_is_not_valid_is_named() {
        let reason = |trace_id: &[u8], span_id: &[u8], parent: &[u8]| {
            SpanIds::new(trace_id, span_id, parent)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(reason(&[0; 16], &[2; 8], &[]), "trace id is all zero");
        assert_eq!(
            reason(&[1; 16], &[], &[]),
            "span id has 0 bytes instead of 8"
        );
        assert_eq!(
            reason(&[1; 16], &[2; 8], &[1; 3]),
            "parent span id has 3 bytes instead of 8"
        );
    }
}
