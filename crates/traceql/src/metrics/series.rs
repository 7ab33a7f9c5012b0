//! Series, while they are made and when they are done.

use super::window::Buckets;
use crate::Value;

/// A series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Names and values; durations, statuses and kinds are texts.
    pub labels: Vec<(String, Value<'static>)>,
    /// Milliseconds since the epoch and values, by time.
    pub points: Vec<(u64, f64)>,
    /// Some of the spans that count.
    pub exemplars: Vec<Exemplar>,
}

/// A span that counts in a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// The id of its trace, in hex, without leading zeros.
    pub trace_id: String,
    /// When it starts, in milliseconds since the epoch.
    pub millis: u64,
    /// The value of the field of which the function takes the values, or that of the series then.
    pub value: f64,
}

/// A series that has, or has not, a value in each bucket.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Row {
    pub(crate) labels: Vec<(String, Value<'static>)>,
    pub(crate) values: Vec<Option<f64>>,
    pub(crate) exemplars: Vec<RowExemplar>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RowExemplar {
    pub(crate) bucket: usize,
    pub(crate) start: u64,
    pub(crate) trace_id: [u8; 16],
    pub(crate) value: Option<f64>,
}

/// The label that names a series.
pub(crate) const NAME: &str = "__name__";

impl Row {
    /// The labels as text, by which series are put in order.
    pub(crate) fn text(&self) -> String {
        text(&self.labels)
    }

    /// The labels without the name.
    pub(crate) fn labels_without_name(&self) -> Vec<(String, Value<'static>)> {
        let others = self.labels.iter().filter(|(key, _)| key != NAME);
        others.cloned().collect()
    }

    pub(crate) fn finish(self, buckets: &Buckets) -> Series {
        let exemplars = self.exemplars.iter().filter_map(|exemplar| {
            Some(Exemplar {
                trace_id: format!("{:x}", u128::from_be_bytes(exemplar.trace_id)),
                millis: exemplar.start / 1_000_000,
                value: exemplar.value.or(*self.values.get(exemplar.bucket)?)?,
            })
        });
        let exemplars = exemplars.collect();
        let points = self
            .values
            .iter()
            .enumerate()
            .filter_map(|(bucket, value)| {
                let (_, end) = buckets.bounds(bucket);
                Some((end / 1_000_000, (*value)?))
            });
        Series {
            points: points.collect(),
            labels: self.labels,
            exemplars,
        }
    }
}

pub(crate) fn text(labels: &[(String, Value<'static>)]) -> String {
    let labels = labels.iter().map(|(key, value)| format!("{key}={value:?}"));
    labels.collect::<Vec<_>>().join(",")
}

/// A value as a label: durations, statuses, kinds and lists are texts.
pub(crate) fn label(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Duration(_) | Value::Status(_) | Value::Kind(_) | Value::List(_) => {
            Value::text(value.to_string())
        }
        other => other.clone().into_owned(),
    }
}
