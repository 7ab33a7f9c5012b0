//! Lists that are generated while they are written, and the lengths in front of them.

use jaeger_wire::thrift::{Batch, Span, binary, compact};
use jaeger_wire::{
    Logs, Process, RefType, References, SpanRef, Tag, TagWriter, Tags, api_v2, thrift,
};

/// So many items, made one by one.
struct Made(i64);

const REFERENCE: SpanRef = SpanRef {
    ref_type: RefType::FollowsFrom,
    trace_id: [1; 16],
    span_id: [2; 8],
};

impl References for Made {
    fn for_each(&self, mut each: impl FnMut(&SpanRef)) {
        (0..self.0).for_each(|_| each(&REFERENCE));
    }
}

impl Tags for Made {
    fn write(&self, out: &mut impl TagWriter) {
        for index in 0..self.0 {
            match index % 5 {
                0 => out.string("string", "text"),
                1 => out.double("double", 0.5),
                2 => out.bool("bool", true),
                3 => out.long("long", index),
                _ => out.binary("binary", &[0, 0xff]),
            }
        }
    }
}

impl Made {
    fn tags(&self) -> Vec<Tag<'static>> {
        let tag = |index| match index % 5 {
            0 => Tag::new("string", "text"),
            1 => Tag::new("double", 0.5),
            2 => Tag::new("bool", true),
            3 => Tag::new("long", index),
            _ => Tag::new("binary", &[0, 0xff][..]),
        };
        (0..self.0).map(tag).collect()
    }

    fn references(&self) -> Vec<SpanRef> {
        (0..self.0).map(|_| REFERENCE).collect()
    }
}

/// Logs with times of either model; log `n` has `n` fields.
struct MadeLogs<T>(Vec<T>);

impl<T: Copy + Into<i128>> Logs for MadeLogs<T> {
    type Time = T;
    type Fields = Made;

    fn for_each(&self, mut each: impl FnMut(T, &Made)) {
        for time in &self.0 {
            let fields = i64::try_from((*time).into()).unwrap();
            each(*time, &Made(fields));
        }
    }
}

/// No item, a few, as many as the compact protocol counts in one byte, and more.
const LENGTHS: [i64; 7] = [0, 1, 14, 15, 16, 127, 128];

#[test]
fn what_is_made_is_written_as_vectors_are_in_thrift() {
    for length in LENGTHS {
        let made = Span {
            trace_id: [0; 16],
            span_id: [0; 8],
            parent_span_id: [0; 8],
            operation_name: "".into(),
            references: Made(length),
            flags: 0,
            start_time: 0,
            duration: 0,
            tags: Made(length),
            logs: MadeLogs(vec![0, length]),
        };
        let log = |timestamp| thrift::Log {
            timestamp,
            fields: Made(timestamp).tags(),
        };
        let vectors = Span {
            references: Made(length).references(),
            tags: Made(length).tags(),
            logs: vec![log(0), log(length)],
            ..Span::default()
        };
        let (mut ours, mut expected) = (Vec::new(), Vec::new());
        binary::encode_span(&made, &mut ours);
        binary::encode_span(&vectors, &mut expected);
        assert_eq!(ours, expected, "{length}");
        ours.clear();
        expected.clear();
        compact::encode_span(&made, &mut ours);
        compact::encode_span(&vectors, &mut expected);
        assert_eq!(ours, expected, "{length}");
    }
}

#[test]
fn what_is_made_is_written_as_vectors_are_in_protobuf() {
    for length in LENGTHS {
        let made = api_v2::Span {
            trace_id: [0; 16],
            span_id: [0; 8],
            operation_name: "".into(),
            references: Made(length),
            flags: 0,
            start_time: 0,
            duration: 0,
            tags: Made(length),
            logs: MadeLogs(vec![0_i128, length.into()]),
            process: None,
            process_id: "".into(),
            warnings: Vec::new(),
        };
        let log = |fields: i64| api_v2::Log {
            timestamp: fields.into(),
            fields: Made(fields).tags(),
        };
        let vectors = api_v2::Span {
            references: Made(length).references(),
            tags: Made(length).tags(),
            logs: vec![log(0), log(length)],
            ..api_v2::Span::default()
        };
        let (mut ours, mut expected) = (Vec::new(), Vec::new());
        api_v2::encode_span(&made, &mut ours);
        api_v2::encode_span(&vectors, &mut expected);
        assert_eq!(ours, expected, "{length}");
    }
}

#[test]
fn a_list_is_read_whatever_form_its_length_has() {
    for length in LENGTHS {
        let batch = Batch {
            process: Process {
                service_name: "shop".into(),
                tags: Made(length).tags(),
            },
            spans: Vec::new(),
        };
        let mut bytes = Vec::new();
        compact::encode_batch(&batch, &mut bytes);
        assert_eq!(compact::decode_batch(&bytes).unwrap(), batch);
        // After the process's name: the field, and the length in as few bytes as possible.
        let head: &[u8] = match length {
            0 => &[0x00],
            1 => &[0x19, 0x1c],
            14 => &[0x19, 0xec],
            15 => &[0x19, 0xfc, 15],
            16 => &[0x19, 0xfc, 16],
            127 => &[0x19, 0xfc, 127],
            _ => &[0x19, 0xfc, 0x80, 1],
        };
        assert_eq!(&bytes[7..7 + head.len()], head, "{length}");
        bytes.clear();
        binary::encode_batch(&batch, &mut bytes);
        assert_eq!(binary::decode_batch(&bytes).unwrap(), batch);
    }
}
