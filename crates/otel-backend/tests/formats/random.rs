//! Random JSON of roughly the right form, and random changes to valid bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use crate::round_trip;

/// The members that the formats know, and some of their values.
const NAMES: [&str; 52] = [
    "resourceSpans",
    "scopeSpans",
    "spans",
    "resource",
    "scope",
    "attributes",
    "key",
    "value",
    "stringValue",
    "intValue",
    "doubleValue",
    "boolValue",
    "bytesValue",
    "arrayValue",
    "kvlistValue",
    "values",
    "traceId",
    "spanId",
    "parentSpanId",
    "startTimeUnixNano",
    "endTimeUnixNano",
    "kind",
    "events",
    "links",
    "status",
    "code",
    "name",
    "version",
    "timeUnixNano",
    "id",
    "parentId",
    "timestamp",
    "duration",
    "localEndpoint",
    "serviceName",
    "ipv4",
    "port",
    "annotations",
    "binaryAnnotations",
    "endpoint",
    "tags",
    "traceID",
    "spanID",
    "parentSpanID",
    "operationName",
    "references",
    "refType",
    "startTime",
    "logs",
    "fields",
    "processID",
    "processes",
];
const TEXTS: [&str; 18] = [
    "",
    "0",
    "1",
    "-1",
    "0102030405060708",
    "0102030405060708090a0b0c0d0e0f10",
    "+1",
    "NaN",
    "Infinity",
    "18446744073709551616",
    "1e400",
    "AQI=",
    "sr",
    "cs",
    "SERVER",
    "CHILD_OF",
    "error",
    "\u{0}é💡",
];

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        select(&TEXTS[..]).prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(8, 64, 8, |inner| {
        let member = (select(&NAMES[..]), inner.clone());
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            vec(member, 0..8).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// Spans with ids, so that the enclosing JSON is read too.
fn spans() -> impl Strategy<Value = Vec<Value>> {
    vec(
        json_value().prop_map(|mut span| {
            if let Value::Object(members) = &mut span {
                for (name, id) in [
                    ("traceId", TEXTS[5]),
                    ("spanId", TEXTS[4]),
                    ("id", TEXTS[4]),
                    ("traceID", TEXTS[5]),
                    ("spanID", TEXTS[4]),
                ] {
                    members.insert(name.to_owned(), json!(id));
                }
            }
            span
        }),
        0..4,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn otlp_json_is_kept_or_refused(spans in spans(), resource in json_value(), scope in json_value()) {
        let traces = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]});
        round_trip::otlp_json(traces.to_string().as_bytes());
    }

    #[test]
    fn zipkin_json_is_kept_or_refused(spans in spans()) {
        round_trip::zipkin_json(json!(spans).to_string().as_bytes());
    }

    #[test]
    fn jaeger_json_is_kept_or_refused(spans in spans(), process in json_value()) {
        round_trip::jaeger_json(json!({"spans": spans, "processes": {"p1": process}}).to_string().as_bytes());
    }

    #[test]
    fn bytes_that_were_changed_do_no_harm(
        input in select(inputs()), changes in vec((any::<Index>(), any::<u8>()), 1..5), cut in any::<Index>(),
    ) {
        let mut bytes = input;
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let changed = bytes.clone();
        bytes.truncate(cut.index(bytes.len()) + 1);
        for bytes in [changed, bytes] {
            round_trip::otlp_protobuf(&bytes);
            round_trip::otlp_json(&bytes);
            round_trip::zipkin_json(&bytes);
            round_trip::zipkin_protobuf(&bytes);
            round_trip::jaeger_json(&bytes);
            round_trip::jaeger_batch(&bytes);
        }
    }
}

/// Requests of real senders.
fn inputs() -> Vec<Vec<u8>> {
    [
        &include_bytes!("../fixtures/otlp.bin")[..],
        include_bytes!("../fixtures/jaeger_thrift.bin"),
        include_bytes!("../fixtures/zipkin_v1.json"),
        include_bytes!("../fixtures/zipkin_v2.json"),
        include_bytes!("../fixtures/zipkin_v2.bin"),
        include_bytes!("../../../../tests/kit/captures/python-grpc-manual.bin"),
        include_bytes!("../../../../tests/fuzz/corpus/otlp_json/everything"),
        include_bytes!("../../../../tests/fuzz/corpus/jaeger_json/everything"),
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}
