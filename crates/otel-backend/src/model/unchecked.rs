//! The door: what a receiver decoded, and the one place where it becomes a [`Span`].

use std::sync::Arc;

use super::{
    Attribute, Dropped, Event, Id, InvalidId, InvalidSpan, Link, Resource, Scope, Span, SpanId,
    SpanKind, Status, Text, UnixNanos,
};

/// A span as decoded from any protocol, its ids not yet looked at. The fields are those of [`Span`].
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(missing_docs, reason = "each field is documented at `Span`")]
pub struct UncheckedSpan<'a> {
    pub trace_id: UncheckedId<16>,
    pub span_id: UncheckedId<8>,
    pub parent_id: UncheckedId<8>,
    pub trace_state: Text<'a>,
    pub flags: u32,
    pub name: Text<'a>,
    pub kind: SpanKind,
    pub start: UnixNanos,
    pub end: UnixNanos,
    pub attributes: Vec<Attribute<'a>>,
    pub events: Vec<Event<'a>>,
    pub links: Vec<Link<'a>>,
    pub status: Status<'a>,
    pub dropped: Dropped,
}

/// An id as it came, or why it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UncheckedId<const N: usize>(Result<Id<N>, InvalidId>);

impl<const N: usize> Default for UncheckedId<N> {
    /// An id that did not come.
    fn default() -> Self {
        Self::from(&[][..])
    }
}

impl<const N: usize> From<&[u8]> for UncheckedId<N> {
    fn from(bytes: &[u8]) -> Self {
        Self(Id::from_slice(bytes))
    }
}

impl<const N: usize> From<[u8; N]> for UncheckedId<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(Id::new(bytes))
    }
}

impl<'a> UncheckedSpan<'a> {
    /// The span, if it is one.
    ///
    /// # Errors
    /// [`InvalidSpan`] if an id is missing or has the wrong length. A parent id of no bytes or of
    /// zeros means that there is no parent.
    #[inline]
    pub fn check(
        self,
        resource: Arc<Resource<'a>>,
        scope: Arc<Scope<'a>>,
    ) -> Result<Span<'a>, InvalidSpan> {
        Ok(Span {
            trace_id: self.trace_id.0.map_err(InvalidSpan::TraceId)?,
            span_id: self.span_id.0.map_err(InvalidSpan::SpanId)?,
            parent: parent(self.parent_id)?,
            trace_state: self.trace_state,
            flags: self.flags,
            name: self.name,
            kind: self.kind,
            start: self.start,
            end: self.end,
            attributes: self.attributes,
            events: self.events,
            links: self.links,
            status: self.status,
            dropped: self.dropped,
            resource,
            scope,
        })
    }
}

fn parent(id: UncheckedId<8>) -> Result<Option<SpanId>, InvalidSpan> {
    match id.0 {
        Ok(id) => Ok(Some(id)),
        Err(InvalidId::Zero | InvalidId::Length { got: 0, .. }) => Ok(None),
        Err(reason) => Err(InvalidSpan::ParentId(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(span: UncheckedSpan<'_>) -> Result<Span<'_>, InvalidSpan> {
        span.check(Arc::default(), Arc::default())
    }

    fn valid() -> UncheckedSpan<'static> {
        UncheckedSpan {
            trace_id: [1; 16].into(),
            span_id: [2; 8].into(),
            ..UncheckedSpan::default()
        }
    }

    #[test]
    fn a_parent_of_zeros_is_none() {
        assert_eq!(check(valid()).unwrap().parent, None);
        let zeros = UncheckedSpan {
            parent_id: [0; 8].into(),
            ..valid()
        };
        assert_eq!(check(zeros).unwrap().parent, None);
        let parent = UncheckedSpan {
            parent_id: [3; 8].into(),
            ..valid()
        };
        assert_eq!(check(parent).unwrap().parent, SpanId::new([3; 8]).ok());
    }

    #[test]
    fn each_id_that_is_none_is_named() {
        let reason = |span| check(span).unwrap_err().to_string();
        assert_eq!(
            reason(UncheckedSpan {
                trace_id: [0; 16].into(),
                ..valid()
            }),
            "trace id is all zero"
        );
        assert_eq!(
            reason(UncheckedSpan {
                span_id: [].as_slice().into(),
                ..valid()
            }),
            "span id has 0 bytes instead of 8"
        );
        assert_eq!(
            reason(UncheckedSpan {
                parent_id: [1; 3].as_slice().into(),
                ..valid()
            }),
            "parent span id has 3 bytes instead of 8"
        );
    }
}
