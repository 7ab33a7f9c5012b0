//! Series, both finished and in the making.

use super::window::Buckets;
use crate::Value;

/// A time series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Names and values; durations, statuses and kinds are given as text.
    pub labels: Vec<(String, Value<'static>)>,
    /// The points, ordered by time: milliseconds since the epoch and a value.
    pub points: Vec<(u64, f64)>,
    /// Some of the counted spans.
    pub exemplars: Vec<Exemplar>,
}

/// A counted span that stands as an example in a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// The id of its trace, in hex, without leading zeros.
    pub trace_id: String,
    /// The start of the span, in milliseconds since the epoch.
    pub millis: u64,
    /// The span's value of the field that the function is applied to, or else the value of the
    /// series at that time.
    pub value: f64,
}

/// A series in the making: for each bucket, a value or none.
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
    /// The labels as text, which defines the order of the series.
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
        let values = self.values.iter().enumerate();
        let mut points = Vec::with_capacity(self.values.len());
        points.extend(values.filter_map(|(bucket, value)| {
            let (_, end) = buckets.bounds(bucket);
            Some((end / 1_000_000, (*value)?))
        }));
        Series {
            points,
            labels: self.labels,
            exemplars,
        }
    }
}

pub(crate) fn text(labels: &[(String, Value<'static>)]) -> String {
    let labels = labels.iter().map(|(key, value)| format!("{key}={value:?}"));
    labels.collect::<Vec<_>>().join(",")
}

/// A value as a label: durations, statuses, kinds and lists become text.
pub(crate) fn label(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Duration(_) | Value::Status(_) | Value::Kind(_) | Value::List(_) => {
            Value::text(value.to_string())
        }
        other => other.clone().into_owned(),
    }
}
