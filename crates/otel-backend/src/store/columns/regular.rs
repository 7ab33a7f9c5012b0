//! Checks if columns hold everything about spans.

use super::shape::{Kind, Name, Place};
use crate::format::otlp::fields::{event, link, span, status};

/// Returns true if every field is encoded canonically, and singular fields occur at most once.
/// `names` are the columns, `shapes` the shapes of messages in each place.
pub(super) fn is_regular<'s>(
    names: &[Name<'_>],
    shapes: impl IntoIterator<Item = (Place, &'s [u32])>,
) -> bool {
    let repeats = |(place, shape): (Place, &[u32])| repeats(names, place, shape);
    !names.iter().any(is_unusual) && !shapes.into_iter().any(repeats)
}

/// Returns true if a shape has a singular field twice.
fn repeats(names: &[Name<'_>], place: Place, shape: &[u32]) -> bool {
    let mut seen = 0_u64;
    shape.iter().any(|column| {
        let Some(name) = names.get(*column as usize) else {
            return true;
        };
        if may_repeat(place, name.field) || name.field > 63 {
            return false;
        }
        let bit = 1 << name.field;
        let is_second = seen & bit != 0;
        seen |= bit;
        is_second
    })
}

/// Returns true if a known field is stored in a form that tells less than it could.
fn is_unusual(name: &Name<'_>) -> bool {
    let (place, field, kind) = (name.place, name.field, name.kind);
    let is_attribute = place.attributes() == Some(field);
    match (place, field) {
        _ if kind == Kind::Raw => true,
        _ if is_attribute => !matches!(
            kind,
            Kind::Text | Kind::Bool | Kind::Int | Kind::Double | Kind::Any
        ),
        (Place::Span, span::TRACE_ID) => kind != Kind::TraceId,
        (Place::Span, span::SPAN_ID) => kind != Kind::SpanId,
        (Place::Span, span::START) => kind != Kind::Start,
        (Place::Span, span::END) => kind != Kind::End,
        (Place::Span, span::NAME)
        | (Place::Event, event::NAME)
        | (Place::Status, status::MESSAGE) => kind != Kind::Bytes,
        (Place::Span, span::KIND) | (Place::Status, status::CODE) => kind != Kind::Varint,
        (Place::Span, span::EVENTS | span::LINKS | span::STATUS) => kind != Kind::Message,
        _ => false,
    }
}

/// Returns true if a message may have a field several times.
fn may_repeat(place: Place, field: u32) -> bool {
    match place {
        Place::Span => matches!(field, span::ATTRIBUTES | span::EVENTS | span::LINKS),
        Place::Event => field == event::ATTRIBUTES,
        Place::Link => field == link::ATTRIBUTES,
        Place::Status | Place::Log => false,
    }
}
