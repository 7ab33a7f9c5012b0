//! Shapes: the fields of a message in their order.
//!
//! Most spans of a program have the same fields, so a group stores each shape once, and the number
//! of its shape for each span. The content of fields is in columns.

use std::collections::HashMap;

use crate::format::otlp::fields::{any_value, event, key_value, link, span};
use crate::format::otlp::{LOG_ATTRIBUTES, LOG_BODY};
use crate::format::protobuf::{RawField, RawValue, next_field};

/// The messages that are split into fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Span = 0,
    Event = 1,
    Link = 2,
    Status = 3,
    Log = 4,
}

/// The encoding of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// The trace id, which is stored once.
    TraceId = 0,
    /// The id, the start and the end of the span, which each span has.
    SpanId = 1,
    Start = 2,
    End = 3,
    /// The id of another span of the trace, as its distance.
    Parent = 4,
    /// A time, relative to the start of the span.
    AfterStart = 5,
    /// A message that is split into fields: the number of its shape.
    Message = 6,
    /// A number.
    Varint = 7,
    Fixed64 = 8,
    Fixed32 = 9,
    /// Text, or other bytes.
    Bytes = 10,
    /// An attribute with this column's key, by the type of its value.
    Text = 11,
    Bool = 12,
    Int = 13,
    Double = 14,
    /// Any other value, as a message.
    Any = 15,
    /// A field with its key as it is encoded, or the invalid rest of a message.
    Raw = 16,
}

/// The form of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// There are none: they are stored elsewhere.
    None,
    Numbers,
    Doubles,
    Texts,
}

/// The name of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name<'a> {
    pub(super) place: Place,
    /// The field's number.
    pub(super) field: u32,
    pub(super) kind: Kind,
    /// The key of an attribute.
    pub(super) key: &'a [u8],
}

impl Name<'_> {
    /// The same as `==`. Every field of every span is compared with the column that is expected to take
    /// it, so the keys are compared here, in words: calls of `memcmp` took a seventh of all time.
    #[inline]
    pub(super) fn is(&self, other: &Self) -> bool {
        let ((words, rest), (other_words, other_rest)) =
            (self.key.as_chunks(), other.key.as_chunks());
        let mut words = words.iter().zip(other_words);
        (self.place, self.field, self.kind) == (other.place, other.field, other.kind)
            && self.key.len() == other.key.len()
            && words.all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b))
            && rest.iter().zip(other_rest).all(|(a, b)| a == b)
    }
}

/// The content of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// It is implied, and needs no column.
    Implied,
    Number(u64),
    Bytes(&'a [u8]),
    Message(Place, &'a [u8]),
}

/// The shapes of the messages in one place.
///
/// They form a tree: each field of a message leads from one node to the next. The path of the
/// previous message is tried first, so that lookups are rare.
#[derive(Debug)]
pub(super) struct Shapes {
    nodes: Vec<Node>,
    edges: HashMap<(u32, u32), u32>,
    /// The columns of each shape.
    pub(super) known: Vec<Vec<u32>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Node {
    /// The column with which the last message continued, and the next node.
    last: Option<(u32, u32)>,
    /// The shape that ends here.
    shape: Option<u32>,
}

impl Default for Shapes {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
            edges: HashMap::new(),
            known: Vec::new(),
        }
    }
}

impl Place {
    pub(super) const ALL: [Self; 5] =
        [Self::Span, Self::Event, Self::Link, Self::Status, Self::Log];

    /// The places whose messages may be in one group. A group of log records has their shapes where
    /// others have those of spans.
    pub(super) const LISTS: [Self; 4] = [Self::Span, Self::Event, Self::Link, Self::Status];

    /// The number of the field that holds attributes.
    pub(super) fn attributes(self) -> Option<u32> {
        match self {
            Self::Span => Some(span::ATTRIBUTES),
            Self::Event => Some(event::ATTRIBUTES),
            Self::Link => Some(link::ATTRIBUTES),
            Self::Status => None,
            Self::Log => Some(LOG_ATTRIBUTES),
        }
    }

    /// The number of the field that holds a value of any type, if there is one.
    pub(super) fn any_value(self) -> Option<u32> {
        (self == Self::Log).then_some(LOG_BODY)
    }

    /// The place of the messages in a field, if it holds messages.
    pub(super) fn message(self, field: u32) -> Option<Self> {
        match (self, field) {
            (Self::Span, span::EVENTS) => Some(Self::Event),
            (Self::Span, span::LINKS) => Some(Self::Link),
            (Self::Span, span::STATUS) => Some(Self::Status),
            _ => None,
        }
    }
}

impl Kind {
    pub(super) const ALL: [Self; 17] = [
        Self::TraceId,
        Self::SpanId,
        Self::Start,
        Self::End,
        Self::Parent,
        Self::AfterStart,
        Self::Message,
        Self::Varint,
        Self::Fixed64,
        Self::Fixed32,
        Self::Bytes,
        Self::Text,
        Self::Bool,
        Self::Int,
        Self::Double,
        Self::Any,
        Self::Raw,
    ];

    /// The form in which values of this kind are stored.
    pub(super) fn form(self) -> Form {
        match self {
            Self::TraceId | Self::SpanId | Self::Start | Self::End => Form::None,
            Self::Parent
            | Self::AfterStart
            | Self::Message
            | Self::Varint
            | Self::Fixed64
            | Self::Fixed32
            | Self::Bool
            | Self::Int => Form::Numbers,
            Self::Double => Form::Doubles,
            Self::Bytes | Self::Text | Self::Any | Self::Raw => Form::Texts,
        }
    }
}

impl Shapes {
    /// The first node of every message.
    pub(super) const START: u32 = 0;

    /// The column with which the previous message continued from here.
    pub(super) fn expected(&self, node: u32) -> Option<u32> {
        let (column, _) = self.nodes.get(node as usize)?.last?;
        Some(column)
    }

    /// The node that a column leads to.
    pub(super) fn step(&mut self, node: u32, column: u32) -> u32 {
        let last = self.nodes.get(node as usize).and_then(|node| node.last);
        if let Some((expected, next)) = last
            && expected == column
        {
            return next;
        }
        let nodes = &mut self.nodes;
        let next = *self.edges.entry((node, column)).or_insert_with(|| {
            nodes.push(Node::default());
            u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.last = Some((column, next));
        }
        next
    }

    /// The number of the shape that ends here with these columns.
    pub(super) fn end(&mut self, node: u32, columns: &[u32]) -> u32 {
        let next = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let Some(node) = self.nodes.get_mut(node as usize) else {
            return next;
        };
        *node.shape.get_or_insert_with(|| {
            self.known.push(columns.to_vec());
            next
        })
    }
}

/// The kind, the key and the value of an attribute, if it is encoded canonically.
pub(super) fn attribute(message: &[u8]) -> Option<(Kind, &[u8], Cell<'_>)> {
    let mut rest = message;
    let key = next_field(&mut rest).ok()??;
    let value = next_field(&mut rest).ok()??;
    let is_usual = key.number == key_value::KEY && value.number == key_value::VALUE;
    if !is_usual || !key.is_canonical() || !value.is_canonical() || !rest.is_empty() {
        return None;
    }
    let (RawValue::Bytes(key), RawValue::Bytes(value)) = (key.value, value.value) else {
        return None;
    };
    let (kind, cell) = typed(value).unwrap_or((Kind::Any, Cell::Bytes(value)));
    Some((kind, key, cell))
}

/// The value in an `AnyValue`, if it has one of the simple types.
pub(super) fn typed(value: &[u8]) -> Option<(Kind, Cell<'_>)> {
    let mut rest = value;
    let member: RawField<'_> = next_field(&mut rest).ok()??;
    if !member.is_canonical() || !rest.is_empty() {
        return None;
    }
    Some(match (member.number, member.value) {
        (any_value::STRING, RawValue::Bytes(text)) => (Kind::Text, Cell::Bytes(text)),
        (any_value::BOOL, RawValue::Varint(bool)) => (Kind::Bool, Cell::Number(bool)),
        (any_value::INT, RawValue::Varint(int)) => (Kind::Int, Cell::Number(int)),
        (any_value::DOUBLE, RawValue::Fixed64(bits)) => (Kind::Double, Cell::Number(bits)),
        _ => return None,
    })
}
