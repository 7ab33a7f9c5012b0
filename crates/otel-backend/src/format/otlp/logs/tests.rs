//! Compares our reader and writer of log records with the generated messages of
//! `opentelemetry-proto`.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord as ProtoRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::format::otlp::{LogsJson, decode_json_logs};
use crate::model::{LogRecord, Severity, Value};

fn any_value() -> impl Strategy<Value = Option<AnyValue>> {
    let leaf = prop_oneof![
        ".{0,40}".prop_map(ProtoValue::StringValue),
        any::<bool>().prop_map(ProtoValue::BoolValue),
        any::<i64>().prop_map(ProtoValue::IntValue),
        (-1e9..1e9).prop_map(ProtoValue::DoubleValue),
        vec(any::<u8>(), 0..9).prop_map(ProtoValue::BytesValue),
    ];
    let leaf = leaf.prop_map(|value| AnyValue { value: Some(value) });
    let nested = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4)
                .prop_map(|values| ProtoValue::ArrayValue(ArrayValue { values })),
            vec((".{0,5}", inner), 0..4).prop_map(|entries| {
                let values = entries
                    .into_iter()
                    .map(|(key, value)| key_value(key, value));
                ProtoValue::KvlistValue(KeyValueList {
                    values: values.collect(),
                })
            }),
        ]
        .prop_map(|value| AnyValue { value: Some(value) })
    });
    proptest::option::of(nested)
}

fn key_value(key: String, value: AnyValue) -> KeyValue {
    KeyValue {
        key,
        value: Some(value),
        ..KeyValue::default()
    }
}

prop_compose! {
    fn record()(
        times in (prop_oneof![Just(0), any::<u64>()], prop_oneof![Just(0), any::<u64>()]),
        severity in prop_oneof![-3..100, any::<i32>()],
        texts in (".{0,9}", ".{0,9}"),
        body in any_value(),
        attributes in vec((".{0,3}", any_value()), 0..4),
        numbers in (0..3_u32, any::<u32>()),
        ids in (vec(any::<u8>(), 0..20), prop_oneof![Just(vec![0; 8]), vec(any::<u8>(), 8)]),
    ) -> ProtoRecord {
        ProtoRecord {
            time_unix_nano: times.0,
            observed_time_unix_nano: times.1,
            severity_number: severity,
            severity_text: texts.0,
            body,
            attributes: attributes
                .into_iter()
                .map(|(key, value)| key_value(key, value.unwrap_or_default()))
                .collect(),
            dropped_attributes_count: numbers.0,
            flags: numbers.1,
            trace_id: ids.0,
            span_id: ids.1,
            event_name: texts.1,
        }
    }
}

fn request(records: Vec<ProtoRecord>) -> ExportLogsServiceRequest {
    let name = AnyValue {
        value: Some(ProtoValue::StringValue("shop".to_owned())),
    };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(ProtoResource {
                attributes: vec![key_value("service.name".to_owned(), name)],
                ..ProtoResource::default()
            }),
            scope_logs: vec![ScopeLogs {
                scope: Some(InstrumentationScope {
                    name: "lib".to_owned(),
                    ..InstrumentationScope::default()
                }),
                log_records: records,
                schema_url: "s".to_owned(),
            }],
            schema_url: String::new(),
        }],
    }
}

fn decoded(bytes: &[u8]) -> Vec<IncomingLog<'_>> {
    decode_logs(bytes).unwrap().map(Result::unwrap).collect()
}

proptest! {
    #[test]
    fn records_are_read_as_they_were_written(records in vec(record(), 0..4)) {
        let bytes = request(records.clone()).encode_to_vec();
        let read = decoded(&bytes);
        prop_assert_eq!(read.len(), records.len());
        for (IncomingLog { record: read, .. }, sent) in read.iter().zip(&records) {
            prop_assert_eq!(read.time.0, sent.time_unix_nano);
            prop_assert_eq!(read.observed.0, sent.observed_time_unix_nano);
            prop_assert_eq!(read.severity, Severity(sent.severity_number));
            prop_assert_eq!(&*read.severity_text, &*sent.severity_text);
            prop_assert_eq!(&*read.event_name, &*sent.event_name);
            prop_assert_eq!(read.attributes.len(), sent.attributes.len());
            prop_assert_eq!(read.body == Value::Empty, sent.body.is_none());
            prop_assert_eq!((read.flags, read.dropped_attributes), (sent.flags, sent.dropped_attributes_count));
            let is_id = sent.trace_id.len() == 16 && sent.trace_id != [0; 16];
            prop_assert_eq!(read.trace_id.map(|id| id.as_bytes().to_vec()), is_id.then(|| sent.trace_id.clone()));
            prop_assert_eq!(read.span_id.is_some(), sent.span_id != [0; 8]);
            prop_assert_eq!(read.resource.service_name(), "shop");
        }
    }

    /// The store keeps times and ids separately; the rest is copied from the message or encoded.
    #[test]
    fn nothing_is_lost_when_a_record_is_taken_apart(sent in record()) {
        let bytes = request(vec![sent]).encode_to_vec();
        let groups = log_groups(crate::format::otlp::groups(&bytes).unwrap()).unwrap();
        let group = &groups[0];
        let whole = group.decode(group.messages[0]).unwrap();
        let entry = LogEntry::of(&whole);
        let (mut cut, mut written) = (Vec::new(), Vec::new());
        write_log_rest(group.messages[0], &mut cut).unwrap();
        encode_log_rest(&whole, &mut written);
        for rest in [&cut, &written] {
            let group = LogGroup { messages: Vec::new(), resource: group.resource.clone(), scope: group.scope.clone() };
            prop_assert_eq!(group.decode_rest(&entry, rest).unwrap(), whole.clone());
            prop_assert_eq!(severity_of(rest), whole.severity);
        }
    }

    #[test]
    fn json_says_the_same(records in vec(record(), 0..4)) {
        let bytes = request(records).encode_to_vec();
        let read: Vec<LogRecord<'_>> = decoded(&bytes).into_iter().map(|log| log.record).collect();
        let json = serde_json::to_vec(&LogsJson::new(&read)).unwrap();
        let again: Vec<_> = decode_json_logs(&json).unwrap().map(|log| log.unwrap().record).collect();
        prop_assert_eq!(again, read);
    }

    #[test]
    fn any_bytes_are_records_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        for incoming in decode_logs(&bytes).into_iter().flatten().flatten() {
            write_log_rest(incoming.message.unwrap(), &mut Vec::new()).unwrap();
        }
        if let Ok(records) = decode_json_logs(&bytes) {
            records.for_each(drop);
        }
    }
}

#[test]
fn json_is_read_in_every_notation_that_senders_use() {
    let json = br#"{"resource_logs":[{"scope_logs":[{"log_records":[
        {"time_unix_nano":"5","severity_number":"SEVERITY_NUMBER_WARN","body":{"string_value":"a"},"trace_id":"zz"},
        {"timeUnixNano":6,"severityNumber":99,"body":null,"spanId":"00000000000000ff"},
        {"timeUnixNano":{}}
    ]}]}]}"#;
    let read: Vec<_> = decode_json_logs(json).unwrap().collect();
    let first = &read[0].as_ref().unwrap().record;
    assert_eq!(
        (first.time.0, first.severity, first.trace_id),
        (5, Severity(13), None)
    );
    let second = &read[1].as_ref().unwrap().record;
    assert_eq!(
        (second.severity, &second.body),
        (Severity(99), &Value::Empty)
    );
    assert_eq!(second.span_id.unwrap().to_string(), "00000000000000ff");
    assert!(read[2].is_err());
    assert!(decode_json_logs(br#"{"resourceSpans":[]}"#).is_err());
}
