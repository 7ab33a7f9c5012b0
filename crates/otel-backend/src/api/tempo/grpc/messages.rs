//! Converts requests to HTTP parameters, and answers to messages.

use super::generated::tempopb::any_value::Value;
use super::generated::tempopb::{
    AnyValue, Exemplar, InstantSeries, KeyValue, MetadataMetrics, Sample, SearchMetrics,
    SearchRequest, SearchTagValuesRequest, SearchTagsRequest, ServiceStats, Span, SpanSet,
    TimeSeries, TraceSearchMetadata,
};
use crate::api::common::pairs::Pairs;
use crate::api::tempo::label::{Label, LabelValue};
use crate::api::tempo::metrics::labels;
use crate::api::tempo::search;

/// The progress of an answer that is not complete.
pub(super) const LOOKING: SearchMetrics = SearchMetrics {
    completed_jobs: 0,
    total_jobs: 1,
};

/// The progress of a complete answer.
pub(super) const LOOKED: SearchMetrics = SearchMetrics {
    completed_jobs: 1,
    total_jobs: 1,
};

/// Like [`LOOKED`], for names and values.
pub(super) const FOUND: MetadataMetrics = MetadataMetrics {
    total_jobs: 1,
    completed_jobs: 1,
};

impl From<SearchRequest> for Pairs {
    fn from(request: SearchRequest) -> Self {
        let tag = |(key, value): (String, String)| format!("{key}=\"{value}\"");
        let tags: Vec<_> = request.tags.into_iter().map(tag).collect();
        pairs([
            ("q", request.query),
            ("tags", tags.join(" ")),
            ("minDuration", millis(request.min_duration_ms)),
            ("maxDuration", millis(request.max_duration_ms)),
            ("limit", number(request.limit)),
            ("start", number(request.start)),
            ("end", number(request.end)),
            ("spss", number(request.spans_per_span_set)),
        ])
    }
}

impl From<SearchTagsRequest> for Pairs {
    fn from(request: SearchTagsRequest) -> Self {
        pairs([
            ("scope", request.scope),
            ("q", request.query),
            ("start", number(request.start)),
            ("end", number(request.end)),
            ("limit", number(request.max_tags_per_scope)),
        ])
    }
}

impl From<SearchTagValuesRequest> for Pairs {
    fn from(request: SearchTagValuesRequest) -> Self {
        pairs([
            ("q", request.query),
            ("start", number(request.start)),
            ("end", number(request.end)),
            ("limit", number(request.max_tag_values)),
        ])
    }
}

/// Parameters; one without a value counts as absent.
fn pairs<const N: usize>(pairs: [(&str, String); N]) -> Pairs {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A number, of which zero counts as absent.
fn number(number: u32) -> String {
    match number {
        0 => String::new(),
        number => number.to_string(),
    }
}

fn millis(millis: u32) -> String {
    match millis {
        0 => String::new(),
        millis => format!("{millis}ms"),
    }
}

impl From<&search::TraceMetadata<'_>> for TraceSearchMetadata {
    fn from(trace: &search::TraceMetadata<'_>) -> Self {
        let stats = trace.service_stats.iter().map(|(service, stats)| {
            let stats = ServiceStats {
                span_count: count(stats.span_count),
                error_count: count(stats.error_count),
            };
            ((*service).to_owned(), stats)
        });
        Self {
            trace_id: trace.trace_id.clone(),
            root_service_name: trace.root_service_name.clone(),
            root_trace_name: trace.root_trace_name.clone(),
            start_time_unix_nano: trace.start_time_unix_nano,
            duration_ms: u32::try_from(trace.duration_ms).unwrap_or(u32::MAX),
            span_set: trace.span_set.map(Into::into),
            span_sets: trace.span_sets.iter().map(Into::into).collect(),
            service_stats: stats.collect(),
        }
    }
}

impl From<&search::SpanSet<'_>> for SpanSet {
    fn from(set: &search::SpanSet<'_>) -> Self {
        let spans = set.spans.iter().map(|span| Span {
            span_id: span.span_id.clone(),
            name: span.name.to_owned(),
            start_time_unix_nano: span.start_time_unix_nano,
            duration_nanos: span.duration_nanos,
            attributes: key_values(&span.attributes),
        });
        Self {
            spans: spans.collect(),
            matched: count(set.matched),
            attributes: key_values(&set.attributes),
        }
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn key_values(labels: &[Label]) -> Vec<KeyValue> {
    labels.iter().map(Into::into).collect()
}

impl From<&Label> for KeyValue {
    fn from(label: &Label) -> Self {
        let value = match &label.value {
            LabelValue::Text(text) => Value::StringValue(text.clone()),
            LabelValue::Int(int) => Value::IntValue(*int),
            LabelValue::Double(number) => Value::DoubleValue(number.0),
            LabelValue::Bool(bool) => Value::BoolValue(*bool),
        };
        Self {
            key: label.key.clone(),
            value: Some(AnyValue { value: Some(value) }),
        }
    }
}

pub(super) fn range_series(series: traceql::Series, with_exemplars: bool) -> TimeSeries {
    let samples = series.points.iter().map(|(millis, value)| Sample {
        timestamp_ms: millis.cast_signed(),
        value: *value,
    });
    let exemplars = series.exemplars.into_iter().filter(|_| with_exemplars);
    let exemplars = exemplars.map(|exemplar| Exemplar {
        timestamp_ms: exemplar.millis.cast_signed(),
        value: exemplar.value,
        labels: vec![(&Label::trace_id(exemplar.trace_id)).into()],
    });
    TimeSeries {
        samples: samples.collect(),
        exemplars: exemplars.collect(),
        labels: key_values(&labels(&series.labels)),
    }
}

pub(super) fn instant_series(series: &traceql::Series) -> Option<InstantSeries> {
    let (_, value) = *series.points.last()?;
    Some(InstantSeries {
        labels: key_values(&labels(&series.labels)),
        value,
    })
}
