//! Metrics computed from spans.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query as Params, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use traceql::syntax::Body;
use traceql::{Error, Metrics, Value, Window, WindowError};

use super::error::TempoError;
use super::label::{Label, Number};
use crate::api::common::answer::{self, Json};
use crate::api::common::go;
use crate::api::common::pairs::{Pairs, first};
use crate::format::json::as_text;
use crate::model::UnixNanos;
use crate::query::{MetricsSearch, Query};

/// The default of `since`.
pub(super) const SINCE: Duration = Duration::from_hours(1);

/// The warning about an incomplete answer.
pub(super) const PARTIAL: &str = "there are more series than fit into 64 MiB: group by fields with fewer values, or narrow the query";

#[derive(Serialize)]
struct SeriesAnswer<I: Iterator<Item: Serialize>> {
    #[serde(serialize_with = "each")]
    series: Cell<Option<I>>,
    metrics: Jobs,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Jobs {
    completed_jobs: u32,
    total_jobs: u32,
}

#[derive(Serialize)]
struct RangeSeries<S: Iterator<Item: Serialize>> {
    labels: Vec<Label>,
    #[serde(serialize_with = "each")]
    samples: Cell<Option<S>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exemplars: Vec<Exemplar>,
}

#[derive(Serialize)]
struct InstantSeries {
    labels: Vec<Label>,
    #[serde(skip_serializing_if = "Number::is_zero")]
    value: Number,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Sample<'z> {
    Zero(&'z RawValue),
    Value(Point),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Point {
    #[serde(serialize_with = "as_text")]
    timestamp_ms: u64,
    #[serde(skip_serializing_if = "Number::is_zero")]
    value: Number,
}

/// The samples of value zero by their times, written once: all series have the same times, and most of
/// their samples are zero.
struct Zeros(Vec<(u64, Box<RawValue>)>);

impl Zeros {
    /// Those of the times of a series.
    fn of(series: Option<&traceql::Series>) -> serde_json::Result<Self> {
        let points = series.map_or(&[][..], |series| &series.points).iter();
        let zeros = points.map(|(millis, _)| {
            let zero = to_raw_value(&Point::from((*millis, 0.0)))?;
            Ok((*millis, zero))
        });
        Ok(Self(zeros.collect::<serde_json::Result<_>>()?))
    }

    /// The samples of these points, which ascend by time.
    fn samples(
        &self,
        points: impl IntoIterator<Item = (u64, f64)>,
    ) -> impl Iterator<Item = Sample<'_>> {
        let mut zeros = self.0.iter();
        points.into_iter().map(move |(millis, value)| {
            match zeros.find(|(time, _)| *time >= millis) {
                Some((time, zero)) if *time == millis && value == 0.0 => Sample::Zero(zero),
                _ => Sample::Value((millis, value).into()),
            }
        })
    }
}

/// Writes a list, each value of which is made when it is written.
fn each<I: Iterator<Item: Serialize>, S: Serializer>(
    values: &Cell<Option<I>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.take().into_iter().flatten())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exemplar {
    labels: [Label; 1],
    #[serde(skip_serializing_if = "Number::is_zero")]
    value: Number,
    #[serde(serialize_with = "as_text")]
    timestamp_ms: u64,
}

pub(super) async fn range(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let (start, end) = parse_times(&pairs, UnixNanos::now())?;
    let step = first(&pairs, "step").map(parse_step).transpose()?;
    let asked = Asked::read(text(&pairs), Window::range(start.0, end.0, step))?;
    let with_exemplars = asked.with_exemplars;
    let say = move |all: Vec<traceql::Series>, json: &mut Json<'_, '_>, rest: Rest| {
        let zeros = Zeros::of(all.first()).map_err(std::io::Error::from)?;
        let series = all.into_iter().map(|series| {
            let exemplars = series.exemplars.into_iter().filter(|_| with_exemplars);
            RangeSeries {
                labels: labels(&series.labels),
                samples: Cell::new(Some(zeros.samples(series.points))),
                exemplars: exemplars.map(Exemplar::from).collect(),
            }
        });
        json.value(&rest.with(series))
    };
    asked.answer(query, say).await
}

pub(super) async fn instant(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let (start, end) = parse_times(&pairs, UnixNanos::now())?;
    let asked = Asked::read(text(&pairs), Window::instant(start.0, end.0))?;
    let say = |all: Vec<traceql::Series>, json: &mut Json<'_, '_>, rest: Rest| {
        let series = all.into_iter().filter_map(|series| {
            let (_, value) = *series.points.last()?;
            Some(InstantSeries {
                labels: labels(&series.labels),
                value: Number(value),
            })
        });
        json.value(&rest.with(series))
    };
    asked.answer(query, say).await
}

/// The text of the query.
fn text(pairs: &Pairs) -> &str {
    let text = first(pairs, "q").or(first(pairs, "query"));
    text.unwrap_or_default()
}

/// The parsed request.
pub(super) struct Asked {
    pub(super) search: MetricsSearch,
    pub(super) with_exemplars: bool,
}

impl Asked {
    pub(super) fn read(
        text: &str,
        window: Result<Window, WindowError>,
    ) -> Result<Self, TempoError> {
        let bad = |reason: String| TempoError::bad_request(reason);
        let parsed = traceql::parse(text).map_err(|error| match &error {
            Error::Invalid(reason) => bad(format!("compiling query: {reason}")),
            unreadable => bad(unreadable.to_string()),
        })?;
        let with_exemplars = parsed.hint("exemplars") != Some(&Value::Bool(false));
        let Body::Metrics(metrics) = parsed.body else {
            return Err(bad("compiling query: not a metrics query".to_owned()));
        };
        let search = MetricsSearch {
            metrics: Arc::new(Metrics::new(&metrics)),
            window: window.map_err(|error| bad(error.to_string()))?,
        };
        Ok(Self {
            search,
            with_exemplars,
        })
    }

    /// Answers with the series in the form in which `say` writes them.
    async fn answer(
        self,
        query: Query,
        say: impl FnOnce(Vec<traceql::Series>, &mut Json<'_, '_>, Rest) -> std::io::Result<()>
        + Send
        + 'static,
    ) -> Result<Response, TempoError> {
        let answer = answer::json(false, move |json, patience| {
            let mut counted = query.metrics(&self.search, patience)?;
            let series = std::mem::take(&mut counted.answer.series);
            let is_partial = counted.answer.is_partial;
            // What is reserved for the series is so until they are written.
            Ok(say(series, json, Rest { is_partial })?)
        });
        Ok(answer.await?)
    }
}

/// The part of an answer beside its series.
struct Rest {
    is_partial: bool,
}

impl Rest {
    fn with<I: Iterator<Item: Serialize>>(self, series: I) -> SeriesAnswer<I> {
        SeriesAnswer {
            series: Cell::new(Some(series)),
            metrics: Jobs {
                completed_jobs: 1,
                total_jobs: 1,
            },
            status: self.is_partial.then_some("PARTIAL"),
            message: self.is_partial.then_some(PARTIAL),
        }
    }
}

pub(super) fn labels(labels: &[(String, Value<'static>)]) -> Vec<Label> {
    labels
        .iter()
        .map(|(name, value)| Label::new(name, value))
        .collect()
}

impl From<(u64, f64)> for Point {
    fn from((millis, value): (u64, f64)) -> Self {
        Self {
            timestamp_ms: millis,
            value: Number(value),
        }
    }
}

impl From<traceql::Exemplar> for Exemplar {
    fn from(exemplar: traceql::Exemplar) -> Self {
        Self {
            labels: [Label::trace_id(exemplar.trace_id)],
            value: Number(exemplar.value),
            timestamp_ms: exemplar.millis,
        }
    }
}

/// Parses `start`, `end` and `since`.
fn parse_times(pairs: &Pairs, now: UnixNanos) -> Result<(UnixNanos, UnixNanos), TempoError> {
    let time = |name: &str| {
        let read = |text: &str| {
            let reason =
                || TempoError::bad_request(format!("invalid {name}: {text:?} is not a time"));
            parse_time(text).ok_or_else(reason)
        };
        first(pairs, name)
            .filter(|text| !text.is_empty())
            .map(read)
            .transpose()
    };
    let since = first(pairs, "since").map(go::parse_duration).transpose();
    let since =
        since.map_err(|reason| TempoError::bad_request(format!("invalid since: {reason}")))?;
    let end = time("end")?.unwrap_or(now);
    let start = time("start")?.unwrap_or_else(|| end.before(since.unwrap_or(SINCE)));
    Ok((start, end))
}

/// Parses seconds (up to ten digits, or with decimals), nanoseconds, or RFC 3339.
fn parse_time(text: &str) -> Option<UnixNanos> {
    if let Ok(number) = text.parse::<u64>() {
        return Some(match text.len() {
            ..=10 => UnixNanos::after_epoch(Duration::from_secs(number)),
            _ => UnixNanos(number),
        });
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds)
            .ok()
            .map(UnixNanos::after_epoch);
    }
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_nanosecond()).ok().map(UnixNanos)
}

/// Parses seconds or a duration; returns nanoseconds.
fn parse_step(text: &str) -> Result<u64, TempoError> {
    let seconds = text
        .parse::<f64>()
        .ok()
        .and_then(|s| Duration::try_from_secs_f64(s).ok());
    let step = match seconds {
        Some(step) => Ok(step),
        None => go::parse_duration(text),
    };
    let step = step.map_err(|reason| TempoError::bad_request(format!("invalid step: {reason}")))?;
    Ok(u64::try_from(step.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_zero_are_written_once_and_then_like_all_others() {
        let series = |points: &[(u64, f64)]| traceql::Series {
            labels: Vec::new(),
            points: points.to_vec(),
            exemplars: Vec::new(),
        };
        let zeros = Zeros::of(Some(&series(&[(2, 1.0), (4, 0.0), (6, 0.0), (9, 0.0)]))).unwrap();
        for points in [
            &[(2, 0.0), (4, 0.5), (6, 0.0), (9, 0.0)][..],
            &[(1, 0.0), (4, 0.0), (5, 0.0), (6, 0.0), (10, 0.0)],
            &[],
        ] {
            let samples: Vec<_> = zeros.samples(points.to_vec()).collect();
            let plain: Vec<_> = points.iter().copied().map(Point::from).collect();
            assert_eq!(
                serde_json::to_string(&samples).unwrap(),
                serde_json::to_string(&plain).unwrap()
            );
        }
    }

    #[test]
    fn times_are_read_in_all_their_forms() {
        let at = |text| parse_time(text).map(|time| time.0);
        assert_eq!(at("1700000040"), Some(1_700_000_040_000_000_000));
        assert_eq!(at("1700000040000000001"), Some(1_700_000_040_000_000_001));
        assert_eq!(at("1700000040.5"), Some(1_700_000_040_500_000_000));
        assert_eq!(at("2023-11-14T22:14:00Z"), Some(1_700_000_040_000_000_000));
        assert_eq!(at("yesterday"), None);
        assert_eq!(at("-1"), None);
        assert_eq!(parse_step("15").ok(), Some(15_000_000_000));
        assert_eq!(parse_step("1m").ok(), Some(60_000_000_000));
    }
}
