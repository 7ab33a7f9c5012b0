//! Tests that anything encoded in columns is decoded unchanged, and that damage is an error.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use zstd::bulk::Decompressor;

use super::*;
use crate::format::otlp::fields::span;
use crate::format::otlp::{LogEntry, ResourceScope};
use crate::format::protobuf::{RawValue, write_field};
use crate::model::{SpanId, TraceId, UnixNanos};

/// A span to be encoded.
#[derive(Debug, Clone)]
struct Input {
    trace: u8,
    span: u8,
    start: u64,
    end: u64,
    head: u32,
    message: Vec<u8>,
}

/// The resource and the message of a decoded span.
type Output = (Vec<u8>, Vec<u8>);

const HEADS: [ResourceScope<'static>; 2] = [
    ResourceScope {
        resource: b"one",
        resource_schema: b"",
        scope: b"",
        scope_schema: b"s",
    },
    ResourceScope {
        resource: b"",
        resource_schema: b"u",
        scope: b"two",
        scope_schema: b"",
    },
];

fn pack(inputs: &[Input]) -> Vec<u8> {
    pack_as(Place::Span, inputs)
}

fn pack_as(place: Place, inputs: &[Input]) -> Vec<u8> {
    let rows: Vec<_> = inputs.iter().map(Input::row).collect();
    encode(place, &rows, &HEADS, &mut Packer::new().unwrap())
        .unwrap()
        .0
}

impl Input {
    fn row(&self) -> Row<'_> {
        Row {
            trace_id: TraceId::new([self.trace + 1; 16]).unwrap(),
            span_id: SpanId::new([self.span; 8]).ok(),
            start: self.start,
            end: self.end,
            head: self.head,
            message: &self.message,
        }
    }
}

/// The messages in some rows, each with its resource and scope.
fn unpack(group: &[u8], rows: std::ops::Range<usize>) -> Result<Vec<Output>, Damaged> {
    let mut decompressor = Decompressor::new().unwrap();
    let layout = Layout::read(group, true, &mut decompressor)?;
    let rows = rows.start.min(layout.spans)..rows.end.min(layout.spans);
    let mut group = Group::new(group, Arc::new(layout), &mut decompressor);
    let messages = group.messages([rows])?;
    let owned =
        |(head, message): (ResourceScope<'_>, &[u8])| (head.resource.to_vec(), message.to_vec());
    Ok(messages.iter().map(owned).collect())
}

fn expected(inputs: &[Input]) -> Vec<Output> {
    let of = |input: &Input| {
        let head = &HEADS[input.head as usize];
        (head.resource.to_vec(), input.message.clone())
    };
    inputs.iter().map(of).collect()
}

/// A field, often one that OTLP knows, whose content is often a message.
fn field(depth: u32) -> BoxedStrategy<Vec<u8>> {
    let number = || prop_oneof![4 => 1_u32..17, 1 => any::<u32>().prop_map(|n| n >> 3)];
    let with = |value: RawField| {
        move |number: u32| {
            let mut out = Vec::new();
            let value = match &value {
                RawField::Varint(n) => RawValue::Varint(*n),
                RawField::Fixed64(n) => RawValue::Fixed64(*n),
                RawField::Fixed32(n) => RawValue::Fixed32(*n),
                RawField::Bytes(bytes) => RawValue::Bytes(bytes),
            };
            write_field(number, value, &mut out);
            out
        }
    };
    let content = if depth == 0 {
        prop_oneof![
            vec(any::<u8>(), 0..20),
            "[a-c]{0,3}".prop_map(String::into_bytes),
            Just(vec![1; 16]),
            Just(vec![2; 8]),
        ]
        .boxed()
    } else {
        prop_oneof![
            1 => field(0).prop_flat_map(|_| vec(any::<u8>(), 0..20)),
            3 => vec(field(depth - 1), 0..4).prop_map(|fields| fields.concat()),
        ]
        .boxed()
    };
    let value = prop_oneof![
        prop_oneof![0_u64..3, any::<u64>()].prop_map(RawField::Varint),
        prop_oneof![0_u64..3, any::<u64>()].prop_map(RawField::Fixed64),
        any::<u32>().prop_map(RawField::Fixed32),
        content.prop_map(RawField::Bytes),
    ];
    (number(), value)
        .prop_map(move |(number, value)| with(value)(number))
        .boxed()
}

#[derive(Debug, Clone)]
enum RawField {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(Vec<u8>),
}

/// An attribute with its value as most senders encode it.
fn attribute() -> impl Strategy<Value = Vec<u8>> {
    use crate::model::{Attribute, Value};
    let value = prop_oneof![
        Just(Value::Empty),
        "[a-f0-9]{0,8}".prop_map(|text| Value::String(text.into())),
        ".{0,9}".prop_map(|text| Value::String(text.into())),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        (-1000_i32..1000).prop_map(|n| Value::Double(f64::from(n) / 100.0)),
        vec(any::<u8>(), 0..9).prop_map(|bytes| Value::Bytes(bytes.into())),
        vec(any::<i64>(), 0..3)
            .prop_map(|ints| Value::Array(ints.into_iter().map(Value::Int).collect())),
    ];
    ("[a-d]{0,2}", value).prop_map(|(key, value)| {
        let resource = crate::model::Resource {
            attributes: vec![Attribute::new(key, value)],
            ..crate::model::Resource::default()
        };
        let mut encoded = Vec::new();
        crate::format::otlp::encode_resource(&resource, &mut encoded);
        // Field 1 of a resource becomes field 9 of a span.
        encoded[0] = 9 << 3 | 2;
        encoded
    })
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop_oneof![3 => attribute().boxed(), 2 => field(3)];
    let fields = vec(fields, 0..12).prop_map(|fields| fields.concat());
    let junk = prop_oneof![4 => Just(Vec::new()), 1 => vec(any::<u8>(), 0..6)];
    (fields, junk).prop_map(|(mut fields, junk)| {
        fields.extend(junk);
        fields
    })
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..5, any::<u64>()]
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let shape = (0_u8..4, 0_u8..4, time(), time(), 0_u32..2, 0_usize..6);
    (vec(message(), 6), vec(shape, 0..60)).prop_map(|(messages, spans)| {
        let input =
            |(trace, span, start, end, head, message): (u8, u8, u64, u64, u32, usize)| Input {
                trace,
                span,
                start,
                end,
                head,
                message: messages[message].clone(),
            };
        let mut inputs: Vec<_> = spans.into_iter().map(input).collect();
        inputs.sort_by_key(|input| input.trace);
        inputs
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn spans_of_any_shape_come_back_as_they_were(inputs in inputs()) {
        let group = pack(&inputs);
        prop_assert_eq!(unpack(&group, 0..inputs.len()).unwrap(), expected(&inputs));
    }

    #[test]
    fn log_records_come_back_as_they_were(inputs in inputs()) {
        let group = pack_as(Place::Log, &inputs);
        prop_assert_eq!(unpack(&group, 0..inputs.len()).unwrap(), expected(&inputs));
    }

    #[test]
    fn times_and_ids_of_log_records_come_back(
        entries in vec((time(), time(), 0_u8..3, 0_u8..3), 0..60),
    ) {
        let entry = |(time, observed, trace, span): (u64, u64, u8, u8)| LogEntry {
            time: UnixNanos(time),
            observed: UnixNanos(observed),
            trace_id: TraceId::new([trace; 16]).ok(),
            span_id: SpanId::new([span; 8]).ok(),
        };
        let entries: Vec<_> = entries.into_iter().map(entry).collect();
        let bytes = encode_entries(&entries, &mut Packer::new().unwrap()).unwrap();
        let mut decompressor = Decompressor::new().unwrap();
        let decoded = decode_entries(&bytes, entries.len(), &mut decompressor);
        prop_assert_eq!(decoded.as_ref(), Ok(&entries));
        prop_assert!(decode_entries(&bytes, entries.len() + 1, &mut decompressor).is_err());
    }

    #[test]
    fn any_rows_are_read_without_the_others(inputs in inputs(), from in 0_usize..60, length in 0_usize..9) {
        let group = pack(&inputs);
        let rows = from.min(inputs.len())..(from + length).min(inputs.len());
        prop_assert_eq!(unpack(&group, rows.clone()).unwrap(), expected(&inputs[rows]));
    }

    #[test]
    fn spans_with_an_attribute_are_told_without_its_values(inputs in inputs()) {
        let group = pack(&inputs);
        let mut decompressor = Decompressor::new().unwrap();
        let layout = Layout::read(&group[..], true, &mut decompressor).unwrap();
        let mut group = Group::new(&group[..], Arc::new(layout), &mut decompressor);
        let mut scan = Scan::new(&mut group);
        let keys = scan.keys(Place::Span).map(String::from_utf8_lossy);
        let keys: Vec<_> = keys.map(std::borrow::Cow::into_owned).collect();
        for key in keys {
            let pieces = scan.pieces(Place::Span, span::ATTRIBUTES, Some(&key)).unwrap();
            let (Some(has), Some(pieces)) = (scan.spans_with(&key).unwrap(), pieces) else {
                continue;
            };
            let mut expected = vec![false; inputs.len()];
            for piece in &pieces {
                piece.each(|row, _| expected[row] = true);
                let all_count = match &piece.values {
                    PieceValues::Any(_) => false,
                    PieceValues::Texts(texts) => texts.texts().is_some(),
                    _ => true,
                };
                prop_assert!(all_count);
            }
            prop_assert_eq!(has, expected);
        }
    }

    #[test]
    fn a_changed_byte_is_damage(inputs in inputs(), at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let mut group = pack(&inputs);
        let at = at.index(group.len());
        group[at] ^= 1_u8 << bit;
        let is_same = unpack(&group, 0..usize::MAX).is_ok_and(|read| read == expected(&inputs));
        // A chunk that none of these spans uses is not read.
        prop_assert!(unpack(&group, 0..usize::MAX).is_err() || is_same);
    }

    #[test]
    fn a_head_of_any_numbers_is_read_or_refused(
        numbers in vec(prop_oneof![4 => 0_u64..9, 1 => any::<u64>()], 0..80),
        chunks in vec((any::<prop::sample::Index>(), vec(any::<u8>(), 0..40)), 0..20),
    ) {
        let mut packer = Packer::new().unwrap();
        for (place, number) in numbers.iter().enumerate() {
            for (_, chunk) in chunks.iter().filter(|(at, _)| at.index(numbers.len()) == place) {
                packer.chunk(chunk).unwrap();
            }
            packer.number(*number);
        }
        // It only matters that it returns.
        let read = unpack(&packer.finish().unwrap(), 0..usize::MAX);
        prop_assert!(read.is_err() || read.is_ok_and(|spans| spans.len() <= 1 << 24));
    }

    #[test]
    fn bytes_that_are_no_group_are_refused(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(unpack(&bytes, 0..usize::MAX).is_err());
    }
}
