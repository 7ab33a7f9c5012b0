//! The Python exporters 1.12.0rc1: the three spans of a small program, over HTTP and over gRPC.

use jaeger_exporter::Encoder;
use jaeger_wire::api_v2;
use jaeger_wire::thrift::binary;
use opentelemetry::trace::Event;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::{Described, Seen, Tags, at, link, rename, seen_protobuf, seen_thrift};

const THRIFT: &[u8] = include_bytes!("../../../../tests/kit/captures/python-thrift-manual.bin");
const PROTOBUF: &[u8] = include_bytes!("../../../../tests/kit/captures/python-grpc-manual.bin");
const RESOURCE: [(&str, &str); 3] = [
    ("telemetry.sdk.language", "python"),
    ("telemetry.sdk.name", "opentelemetry"),
    ("telemetry.sdk.version", "1.12.0rc1"),
];

#[test]
fn the_python_thrift_exporter_sent_the_same() {
    let run = Run {
        trace: 0xa89b_8600_d89d_251a_8133_455f_4dcd_5ca5,
        foo: (
            0x39aa_85d6_c39e_54b1,
            1_795_372_313_971_181_000,
            902_546_000,
        ),
        bar: (
            0x8fde_14bc_85c2_2b04,
            1_795_372_314_071_666_000,
            701_718_000,
        ),
        baz: (
            0xe4a1_46c0_980c_98aa,
            1_795_372_314_272_283_000,
            300_538_000,
        ),
        event: 1_795_372_314_071_488_000,
    };
    let mut encoded = Vec::new();
    encoder().thrift_binary(&run.spans(), &mut encoded);

    let ours = seen_thrift(&binary::decode_batch(&encoded).unwrap());
    let mut theirs = seen_thrift(&binary::decode_batch(THRIFT).unwrap());
    // Their resource stands in the spans, not in the process.
    assert!(theirs.process.is_empty());
    theirs.process = RESOURCE
        .map(|(key, value)| (key.to_owned(), super::string(value)))
        .into();
    assert_eq!(ours, as_today(theirs));
}

#[test]
fn the_python_grpc_exporter_sent_the_same() {
    let theirs = api_v2::decode_post_spans(PROTOBUF).unwrap();
    // Each of their spans has a process, and the batch has none; some receivers then show no
    // process at all.
    assert_eq!(theirs.process, None);
    let run = Run {
        trace: 0x348e_a979_f95d_c81f_4e9c_b20f_b689_24f6,
        foo: (
            0x895d_ea64_7575_c41a,
            1_795_372_312_805_820_941,
            902_470_828,
        ),
        bar: (
            0x831b_233e_76ee_30b3,
            1_795_372_312_906_387_805,
            701_645_613,
        ),
        baz: (
            0xf52d_8a40_c4fc_69fa,
            1_795_372_313_106_992_959,
            300_548_077,
        ),
        event: 1_795_372_312_906_171_321,
    };
    let mut batch = Vec::new();
    encoder().protobuf(&run.spans(), &mut batch);
    let mut encoded = Vec::new();
    api_v2::begin_post_spans(batch.len(), &mut encoded);
    encoded.extend(batch);

    let ours = seen_protobuf(&api_v2::decode_post_spans(&encoded).unwrap());
    let process = theirs.spans[0].process.clone();
    assert!(theirs.spans.iter().all(|span| span.process == process));
    let theirs = seen_protobuf(&api_v2::Batch { process, ..theirs });
    assert_eq!(ours, as_today(theirs));
}

fn as_today(mut seen: Seen) -> Seen {
    // Our service name is not repeated as a tag.
    seen.process.remove("service.name");
    for span in &mut seen.spans {
        // Our resource stands in the process alone.
        for key in RESOURCE
            .map(|(key, _)| key)
            .into_iter()
            .chain(["service.name"])
        {
            assert!(span.tags.remove(key).is_some());
        }
        // Our exporter does not send the kind "internal", the deprecated names of the library, or
        // an empty version.
        for key in [
            "span.kind",
            "otel.library.name",
            "otel.library.version",
            "otel.scope.version",
        ] {
            assert!(span.tags.remove(key).is_some());
        }
        for (_, fields) in &mut span.logs {
            event_name(fields);
        }
    }
    seen
}

/// Our exporter sends an event's name in the field `event`.
fn event_name(fields: &mut Tags) {
    rename(fields, "message", "event");
}

fn encoder() -> Encoder {
    let attributes = RESOURCE.map(|(key, value)| KeyValue::new(key, value));
    Encoder::new(
        &Resource::builder_empty()
            .with_service_name("my-helloworld-service")
            .with_attributes(attributes)
            .build(),
    )
}

/// The values that differ from run to run: ids, and times in nanoseconds.
struct Run {
    trace: u128,
    foo: (u64, u64, u64),
    bar: (u64, u64, u64),
    baz: (u64, u64, u64),
    event: u64,
}

impl Run {
    /// The spans, in the order in which they ended.
    fn spans(&self) -> Vec<SpanData> {
        let trace = self.trace.to_be_bytes();
        let described = |name, (span, start, duration), parent| Described {
            trace,
            span,
            parent,
            name,
            times: (start, duration),
            scope: InstrumentationScope::builder("__main__").build(),
        };
        let mut foo = described("foo", self.foo, 0).span(vec![KeyValue::new("my_atribbute", true)]);
        let attributes = vec![KeyValue::new("name", "foo1")];
        foo.events.events = vec![Event::new("event in foo", at(self.event), attributes, 0)];

        let mut bar =
            described("bar", self.bar, self.foo.0).span(vec![KeyValue::new("speed", 100.0)]);
        bar.links.links = vec![link(trace, self.foo.0)];

        let baz =
            described("baz", self.baz, self.bar.0).span(vec![KeyValue::new("name", "mauricio")]);
        vec![baz, bar, foo]
    }
}
