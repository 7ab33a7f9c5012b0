//! Metrics computed from spans.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query as Params, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use traceql::syntax::Body;
use traceql::{Error, Metrics, Value, Window, WindowError};

use super::error::TempoError;
use super::label::{Label, Number};
use crate::api::common::answer::{self, Pieces};
use crate::api::common::go;
use crate::api::common::pairs::{Pairs, first};
use crate::format::json::{Container, as_text};
use crate::model::UnixNanos;
use crate::query::{MetricsSearch, Query};

/// The default of `since`.
pub(super) const SINCE: Duration = Duration::from_hours(1);

/// The warning about an incomplete answer.
pub(super) const PARTIAL: &str = "there are more series than fit into 64 MiB: group by fields with fewer values, or narrow the query";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Jobs {
    completed_jobs: u32,
    total_jobs: u32,
}

#[derive(Serialize)]
struct InstantSeries {
    labels: Vec<Label>,
    #[serde(skip_serializing_if = "Number::is_zero")]
    value: Number,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Point {
    #[serde(serialize_with = "as_text")]
    timestamp_ms: u64,
    #[serde(skip_serializing_if = "Number::is_zero")]
    value: Number,
}

/// The samples of value zero at all times, written once: all series have the same times, and most of
/// their samples are zero.
#[derive(Default)]
struct Zeros {
    /// Ascending.
    times: Vec<u64>,
    /// The samples, each with a comma behind it.
    text: String,
    /// The end of each sample in the text.
    ends: Vec<usize>,
}

impl Zeros {
    /// Those of the times of a series.
    fn of(series: Option<&traceql::Series>) -> serde_json::Result<Self> {
        let mut zeros = Self::default();
        for (millis, _) in series.map_or(&[][..], |series| &series.points) {
            zeros.text += &serde_json::to_string(&Point::from((*millis, 0.0)))?;
            zeros.text.push(',');
            zeros.times.push(*millis);
            zeros.ends.push(zeros.text.len());
        }
        Ok(zeros)
    }

    /// Writes the samples of these points, which ascend by time.
    fn write<W: Write>(
        &self,
        mut points: &[(u64, f64)],
        samples: &mut Container<'_, W>,
    ) -> io::Result<()> {
        let mut next = 0;
        while let Some((point, rest)) = points.split_first() {
            let times = self.times.get(next..).unwrap_or_default();
            next += times.iter().take_while(|time| **time < point.0).count();
            let times = self.times.get(next..).unwrap_or_default().iter();
            let is_alike = |(time, point): &(&u64, &(u64, f64))| *point == &(**time, 0.0);
            let alike = times.zip(points).take_while(is_alike).count();
            if let Some(others) = points.get(alike..).filter(|_| alike > 0) {
                samples.written(self.text(next..next + alike))?;
                points = others;
            } else {
                samples.entry()?.value(&Point::from(*point))?;
                points = rest;
            }
        }
        Ok(())
    }

    /// The samples with these numbers, with commas between them.
    fn text(&self, numbers: Range<usize>) -> &str {
        let end = |samples: usize| samples.checked_sub(1).and_then(|last| self.ends.get(last));
        let [start, end] = [numbers.start, numbers.end].map(|at| end(at).copied().unwrap_or(0));
        let text = self.text.get(start..end).unwrap_or_default();
        text.strip_suffix(',').unwrap_or(text)
    }
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
    let say = move |all: Vec<traceql::Series>, list: &mut SeriesList<'_, '_, '_>| {
        let zeros = Zeros::of(all.first())?;
        for series in all {
            list.entry()?.object(|object| {
                object.member("labels")?.value(&labels(&series.labels))?;
                let samples = object.member("samples")?;
                samples.list(|samples| zeros.write(&series.points, samples))?;
                let exemplars = series.exemplars.into_iter().filter(|_| with_exemplars);
                let exemplars: Vec<_> = exemplars.map(Exemplar::from).collect();
                if !exemplars.is_empty() {
                    object.member("exemplars")?.value(&exemplars)?;
                }
                io::Result::Ok(())
            })?;
        }
        Ok(())
    };
    asked.answer(query, say).await
}

pub(super) async fn instant(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let (start, end) = parse_times(&pairs, UnixNanos::now())?;
    let asked = Asked::read(text(&pairs), Window::instant(start.0, end.0))?;
    let say = |all: Vec<traceql::Series>, list: &mut SeriesList<'_, '_, '_>| {
        for series in all {
            if let Some((_, value)) = series.points.last() {
                list.entry()?.value(&InstantSeries {
                    labels: labels(&series.labels),
                    value: Number(*value),
                })?;
            }
        }
        Ok(())
    };
    asked.answer(query, say).await
}

/// The list of series in an answer, to which each is added.
type SeriesList<'j, 'p, 'o> = Container<'j, &'p mut Pieces<'o>>;

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
        say: impl FnOnce(Vec<traceql::Series>, &mut SeriesList<'_, '_, '_>) -> io::Result<()>
        + Send
        + 'static,
    ) -> Result<Response, TempoError> {
        let answer = answer::json(false, move |json, patience| {
            // What is reserved for the series is so until they are written.
            let mut counted = query.metrics(&self.search, patience)?;
            let series = std::mem::take(&mut counted.answer.series);
            let write = |object: &mut Container<'_, _>| {
                object.member("series")?.list(|list| say(series, list))?;
                object.member("metrics")?.value(&Jobs {
                    completed_jobs: 1,
                    total_jobs: 1,
                })?;
                if counted.answer.is_partial {
                    object.member("status")?.value("PARTIAL")?;
                    object.member("message")?.value(PARTIAL)?;
                }
                io::Result::Ok(())
            };
            Ok(json.object(write)?)
        });
        Ok(answer.await?)
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
    use crate::format::json::JsonWriter;

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
            &[(4, 0.0), (6, 0.0), (9, 0.0)],
            &[(2, 0.0), (4, 0.0), (6, 0.0)],
            &[(6, 0.0), (4, 0.0), (2, 0.5), (9, 0.0)],
            &[],
        ] {
            let mut json = JsonWriter::new(Vec::new(), false);
            json.list(|samples| zeros.write(points, samples)).unwrap();
            let plain: Vec<_> = points.iter().copied().map(Point::from).collect();
            assert_eq!(
                String::from_utf8(json.into_inner()).unwrap(),
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
