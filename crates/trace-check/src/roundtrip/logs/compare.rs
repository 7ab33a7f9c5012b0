//! Compares log records, and proves that every change is detected.

use std::time::UNIX_EPOCH;

use crate::model::{LogRecord, Value, attribute};
use crate::prove::Tally;

/// Each field's name, and a text that is equal only if the field is.
type Fields = [(&'static str, String); 11];

/// An hour in nanoseconds: the tolerance for observed times.
const HOUR: u64 = 3_600_000_000_000;

/// The differences between the sent and the returned records.
pub(super) fn defects(sent: &[LogRecord], found: &[LogRecord]) -> Vec<String> {
    let mut defects = Vec::new();
    for record in sent {
        let name = record.case();
        let same: Vec<_> = found.iter().filter(|other| other.case() == name).collect();
        let [other] = same.as_slice() else {
            defects.push(format!("{name}: came back {} times", same.len()));
            continue;
        };
        for ((field, wanted), (_, got)) in
            fields(&expected(record, other)).iter().zip(&fields(other))
        {
            if wanted != got {
                defects.push(format!("{name}: {field} is {got} instead of {wanted}"));
            }
        }
    }
    let strange = found
        .iter()
        .filter(|record| sent.iter().all(|other| other.case() != record.case()));
    defects.extend(strange.map(|record| format!("{}: was never sent", record.case())));
    defects
}

/// The record that should be returned: ids of a wrong length or of zeros are dropped, and a record
/// without any time gets its time of arrival.
fn expected(sent: &LogRecord, found: &LogRecord) -> LogRecord {
    let mut expected = sent.clone();
    let is_id = |id: &[u8], length| id.len() == length && id.iter().any(|byte| *byte != 0);
    if !is_id(&sent.trace_id, 16) {
        expected.trace_id.clear();
    }
    if !is_id(&sent.span_id, 8) {
        expected.span_id.clear();
    }
    let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    let now = u64::try_from(now).unwrap_or(u64::MAX);
    if (sent.time, sent.observed) == (0, 0) && found.observed.abs_diff(now) < HOUR {
        expected.observed = found.observed;
    }
    expected
}

fn fields(record: &LogRecord) -> Fields {
    [
        ("time", record.time.to_string()),
        ("observed time", record.observed.to_string()),
        ("severity", record.severity.to_string()),
        ("severity text", record.severity_text.clone()),
        ("body", format!("{:?}", record.body)),
        ("attributes", format!("{:?}", record.attributes)),
        ("dropped attributes", record.dropped.to_string()),
        ("flags", record.flags.to_string()),
        ("trace id", format!("{:02x?}", record.trace_id)),
        ("span id", format!("{:02x?}", record.span_id)),
        ("event name", record.event_name.clone()),
    ]
}

/// Changes the returned records one by one, and requires that each change is detected.
pub(super) fn attack(sent: &[LogRecord], found: &[LogRecord]) -> Tally {
    let before = defects(sent, found).len();
    let mut tally = Tally::default();
    let mut judge = |name: String, mutant: &[LogRecord]| {
        tally.mutants += 1;
        if defects(sent, mutant).len() <= before {
            tally.survivors.push(format!("log records: {name}"));
        }
    };
    for index in 0..found.len() {
        for (name, change) in CHANGES {
            let mut mutant = found.to_vec();
            if let Some(record) = mutant.get_mut(index) {
                let case = record.case();
                change(record);
                judge(format!("{case}: {name}"), &mutant);
            }
        }
        let mut without = found.to_vec();
        without.remove(index);
        judge(format!("record {index} missing"), &without);
        let mut twice = found.to_vec();
        twice.extend(found.get(index).cloned());
        judge(format!("record {index} twice"), &twice);
    }
    tally
}

/// The name of a change to a record, and the change.
type Change = (&'static str, fn(&mut LogRecord));

/// All changes.
const CHANGES: [Change; 14] = [
    ("time", |record| record.time += 1),
    ("observed time", |record| record.observed += 2 * HOUR),
    ("severity", |record| {
        record.severity = record.severity.wrapping_add(1);
    }),
    ("severity text", |record| record.severity_text.push('x')),
    ("body gone or come", |record| {
        let is_empty = record.body == Value::Empty;
        record.body = if is_empty {
            Value::Bool(true)
        } else {
            Value::Empty
        };
    }),
    ("body of another type", |record| {
        record.body = Value::String(format!("{:?}", record.body));
    }),
    ("body in a list", |record| {
        record.body = Value::Array(vec![record.body.clone()]);
    }),
    ("attribute more", |record| {
        record.attributes.push(attribute("more", true));
    }),
    ("attribute twice", |record| {
        record.attributes.extend(record.attributes.last().cloned());
    }),
    ("dropped attributes", |record| record.dropped += 1),
    ("flags", |record| record.flags ^= 0x100),
    ("trace id", |record| record.trace_id.push(1)),
    ("span id", |record| record.span_id.push(1)),
    ("event name", |record| record.event_name.push('x')),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Plan;
    use crate::model::log_records;

    #[test]
    fn every_change_of_every_record_is_reported() {
        let now = UNIX_EPOCH.elapsed().unwrap().as_nanos();
        let now = u64::try_from(now).unwrap();
        let sent = log_records(
            &Plan {
                seed: 1,
                at: now - HOUR,
            },
            "otlp-grpc",
        );
        let found: Vec<_> = sent
            .iter()
            .map(|record| {
                let came = LogRecord {
                    observed: now,
                    ..record.clone()
                };
                expected(record, &came)
            })
            .collect();
        assert_eq!(defects(&sent, &found), Vec::<String>::new());
        let tally = attack(&sent, &found);
        assert_eq!(tally.survivors, Vec::<String>::new());
        assert_eq!(tally.mutants, sent.len() * (CHANGES.len() + 2));
    }
}
