//! Log records that are hard to carry.

use super::{Attribute, Plan, Value, attribute};

/// A log record as it is sent; ids may have any length.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct LogRecord {
    pub(crate) time: u64,
    pub(crate) observed: u64,
    pub(crate) severity: i32,
    pub(crate) severity_text: String,
    pub(crate) body: Value,
    /// The first one identifies the record.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) dropped: u32,
    pub(crate) flags: u32,
    pub(crate) trace_id: Vec<u8>,
    pub(crate) span_id: Vec<u8>,
    pub(crate) event_name: String,
}

/// The attribute that identifies the record.
const CASE: &str = "case";

/// The records of a run.
pub(crate) fn log_records(plan: &Plan, lane: &str) -> Vec<LogRecord> {
    let mut all = Vec::new();
    let mut push = |name: String, change: &dyn Fn(&mut LogRecord)| {
        let number = u8::try_from(all.len()).unwrap_or(u8::MAX);
        let mut record = LogRecord {
            time: plan.at + u64::from(number) * 1_000_001,
            observed: plan.at + u64::from(number) * 1_000_001 + 7,
            severity: 9,
            severity_text: "INFO".to_owned(),
            body: Value::String(format!("{lane} {name}")),
            attributes: vec![attribute(CASE, name)],
            trace_id: vec![number + 1; 16],
            span_id: vec![number + 1; 8],
            ..LogRecord::default()
        };
        change(&mut record);
        all.push(record);
    };
    for (name, body) in bodies() {
        push(format!("body {name}"), &|record| record.body = body.clone());
    }
    for (name, trace_id, span_id) in [
        ("none", vec![], vec![]),
        ("zero", vec![0; 16], vec![0; 8]),
        ("short", vec![1; 8], vec![1; 4]),
        ("long", vec![1; 17], vec![1; 9]),
        ("trace only", vec![2; 16], vec![]),
    ] {
        push(format!("ids {name}"), &|record| {
            record.trace_id.clone_from(&trace_id);
            record.span_id.clone_from(&span_id);
        });
    }
    for severity in [0, 1, 4, 24, 25, 99, -1, i32::MAX, i32::MIN] {
        push(format!("severity {severity}"), &|record| {
            record.severity = severity;
            record.severity_text.clear();
        });
    }
    push("time unknown".to_owned(), &|record| record.time = 0);
    push("time not observed".to_owned(), &|record| {
        record.observed = 0;
    });
    push("no time at all".to_owned(), &|record| {
        (record.time, record.observed) = (0, 0);
    });
    push("equal keys".to_owned(), &|record| {
        let values = [
            Value::Int(1),
            Value::Int(1),
            Value::String("1".to_owned()),
            Value::Empty,
        ];
        record
            .attributes
            .extend(values.map(|value| attribute("same", value)));
    });
    push("event".to_owned(), &|record| {
        "order.paid".clone_into(&mut record.event_name);
        (record.flags, record.dropped) = (0x1ff, 3);
    });
    all
}

/// A body of each type.
fn bodies() -> Vec<(&'static str, Value)> {
    let text = |text: &str| Value::String(text.to_owned());
    let list = Value::Array(vec![
        Value::Int(1),
        text("two"),
        Value::Array(vec![]),
        Value::Empty,
    ]);
    let map = Value::Map(vec![attribute("k", 1.5), attribute("k", list.clone())]);
    vec![
        ("absent", Value::Empty),
        ("text", text("grün\n\u{1f980} \0")),
        ("empty text", text("")),
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("int", Value::Int(i64::MIN)),
        ("zero", Value::Int(0)),
        ("double", Value::Double(-0.0)),
        ("not a number", Value::Double(f64::NAN)),
        ("bytes", Value::Bytes(vec![0, 255, 10])),
        ("list", list),
        ("map", map),
    ]
}

impl LogRecord {
    /// The value of the identifying attribute.
    pub(crate) fn case(&self) -> String {
        self.attributes
            .first()
            .map_or_else(String::new, |first| first.value.text())
    }
}
