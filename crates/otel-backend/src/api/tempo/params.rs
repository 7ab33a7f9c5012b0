//! The parameters of Tempo's API.

use std::time::Duration;

use traceql::syntax::{Body, Expr, Pipeline};
use traceql::{Comparison, Field, Intrinsic, Kind, Scope, Status, Value};

use super::error::TempoError;
use crate::api::common::go;
use crate::api::common::pairs::{Pairs, first};
use crate::model::UnixNanos;
use crate::query::{Order, Search, TraceQuery};

/// The default window of a search without `start`.
const LOOKBACK: Duration = Duration::from_hours(48);

/// The default of `limit`.
const LIMIT: usize = 20;

/// The default of `spss`, the number of spans shown for each spanset.
const SPANS: usize = 3;

/// The most tags of a search.
const MAX_TAGS: usize = 1_000;

/// The parameters of `GET /api/search`.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) search: Search,
    /// The number of matching spans to show for each spanset.
    pub(super) spans: usize,
    /// True if the durations of traces are also given in nanoseconds.
    pub(super) is_exact: bool,
}

/// Parses the parameters of a search; `now` is the default end.
pub(super) fn parse_search(pairs: &Pairs, now: UnixNanos) -> Result<Wanted, TempoError> {
    let (from, to) = parse_window(pairs, now)?;
    let pipeline = match (first(pairs, "q"), first(pairs, "tags")) {
        (Some(_), Some(_)) => {
            return Err(TempoError::bad_request(
                "invalid request: can't specify tags and q in the same query",
            ));
        }
        (Some(query), None) => parse_pipeline(query)?,
        (None, Some(tags)) if tags.matches('=').count() > MAX_TAGS => {
            return Err(TempoError::bad_request(format!(
                "invalid tags: there are more than {MAX_TAGS}"
            )));
        }
        (None, tags) => parse_tags(tags.unwrap_or_default(), parse_durations(pairs)?)
            .map_err(|reason| TempoError::bad_request(format!("invalid tags: {reason}")))?,
    };
    let limit = parse_count(pairs, "limit")?.unwrap_or(LIMIT);
    let spans = parse_count(pairs, "spss")?.unwrap_or(SPANS);
    let order = parse_order(pairs)?;
    Ok(Wanted {
        search: TraceQuery::search(&pipeline, from, to, order, limit),
        spans,
        is_exact: first(pairs, "exact") == Some("true"),
    })
}

/// Parses `order`, which Tempo does not have: it tells which of the matching traces come first.
fn parse_order(pairs: &Pairs) -> Result<Order, TempoError> {
    let Some(wanted) = first(pairs, "order") else {
        return Ok(Order::default());
    };
    let named = Order::NAMED.into_iter().find(|(name, _)| *name == wanted);
    named.map(|(_, order)| order).ok_or_else(|| {
        let names = Order::NAMED.map(|(name, _)| name).join(", ");
        TempoError::bad_request(format!("invalid order: {wanted:?} is not one of {names}"))
    })
}

/// The pipeline of a query; for metrics, the one that chooses their spans.
fn parse_pipeline(query: &str) -> Result<Pipeline, TempoError> {
    let invalid = |reason| TempoError::bad_request(format!("invalid TraceQL query: {reason}"));
    let query = traceql::parse(query).map_err(|error| invalid(error.to_string()))?;
    match query.body {
        Body::Search(pipeline) => Ok(pipeline),
        Body::Metrics(metrics) => {
            let pipeline = metrics.first_pipeline().cloned();
            pipeline.ok_or_else(|| invalid("it asks for no spans".to_owned()))
        }
    }
}

fn parse_durations(pairs: &Pairs) -> Result<(Duration, Option<Duration>), TempoError> {
    let min = parse_duration(pairs, "minDuration")?.unwrap_or_default();
    let max = parse_duration(pairs, "maxDuration")?.filter(|max| !max.is_zero());
    if max.is_some_and(|max| max < min) {
        return Err(TempoError::bad_request(
            "invalid maxDuration: must be greater than minDuration",
        ));
    }
    Ok((min, max))
}

/// Parses `start` and `end`, in seconds since the epoch, both inclusive.
pub(super) fn parse_window(
    pairs: &Pairs,
    now: UnixNanos,
) -> Result<(UnixNanos, UnixNanos), TempoError> {
    let seconds = |name| {
        let seconds = parse_number(pairs, name)?;
        Ok::<_, TempoError>(seconds.filter(|seconds| *seconds > 0))
    };
    let (start, end) = (seconds("start")?, seconds("end")?);
    if let (Some(start), Some(end)) = (start, end)
        && end <= start
    {
        return Err(TempoError::bad_request(format!(
            "http parameter start must be before end. received start={start} end={end}"
        )));
    }
    let at = |seconds| UnixNanos::after_epoch(Duration::from_secs(seconds));
    // A second lasts until the next one begins.
    let to = end.map_or(now, |end| UnixNanos(at(end).0.saturating_add(999_999_999)));
    Ok((start.map_or(to.before(LOOKBACK), at), to))
}

/// A number that is not zero.
pub(super) fn parse_count(pairs: &Pairs, name: &str) -> Result<Option<usize>, TempoError> {
    match parse_number(pairs, name)? {
        Some(0) => Err(TempoError::bad_request(format!(
            "invalid {name}: must be a positive number"
        ))),
        number => Ok(number.and_then(|number| usize::try_from(number).ok())),
    }
}

fn parse_number(pairs: &Pairs, name: &str) -> Result<Option<u64>, TempoError> {
    let read = |text: &str| {
        let number = text.parse::<u32>().map_err(|_| {
            TempoError::bad_request(format!(
                "invalid {name}: strconv.ParseUint: parsing {text:?}: invalid syntax"
            ))
        })?;
        Ok(u64::from(number))
    };
    first(pairs, name).map(read).transpose()
}

fn parse_duration(pairs: &Pairs, name: &str) -> Result<Option<Duration>, TempoError> {
    let duration = first(pairs, name).map(go::parse_duration).transpose();
    duration.map_err(|reason| TempoError::bad_request(format!("invalid {name}: {reason}")))
}

/// Parses `key=value` pairs in logfmt; a value with spaces is in double quotes. A value matches if
/// it is a part of the attribute's value, in upper or lower case.
fn parse_tags(text: &str, (min, max): (Duration, Option<Duration>)) -> Result<Pipeline, String> {
    let mut tests = vec![TRUE];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, behind) = rest
            .split_once('=')
            .ok_or_else(|| format!("expected key=value at {rest:?}"))?;
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted
                .split_once('"')
                .ok_or_else(|| format!("unterminated quote at {behind:?}"))?,
            None => behind.split_once(' ').unwrap_or((behind, "")),
        };
        tests.push(test_of_tag(key.trim(), value));
        rest = behind.trim_start();
    }
    let lasts = |comparison, duration: Duration| {
        let nanos = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        compare(
            Field::Intrinsic(Intrinsic::TraceDuration),
            comparison,
            Value::Duration(nanos),
        )
    };
    if !min.is_zero() {
        tests.push(lasts(Comparison::GreaterOrEqual, min));
    }
    tests.extend(max.map(|max| lasts(Comparison::LessOrEqual, max)));
    Ok(Pipeline::of_selector(Expr::All(tests)))
}

const TRUE: Expr = Expr::Literal(Value::Bool(true));

fn compare(field: Field, comparison: Comparison, value: Value<'static>) -> Expr {
    let (field, value) = (Expr::Field(field), Expr::Literal(value));
    Expr::Compare(Box::new(field), comparison, Box::new(value))
}

fn test_of_tag(key: &str, value: &str) -> Expr {
    let intrinsic = match key {
        "name" => Some(Intrinsic::Name),
        "root.name" => Some(Intrinsic::RootName),
        "root.service.name" => Some(Intrinsic::RootService),
        "status" | "status.code" => Some(Intrinsic::Status),
        "error" if value == "true" => Some(Intrinsic::Status),
        "span.kind" => Some(Intrinsic::Kind),
        _ => None,
    };
    let part = value.to_lowercase();
    match intrinsic {
        Some(field @ Intrinsic::Status) => {
            let name = if key == "error" { "error" } else { &part };
            let named = Status::ALL
                .into_iter()
                .filter(|status| status.name().contains(name));
            any(named.map(|status| (field, Value::Status(status))))
        }
        Some(field @ Intrinsic::Kind) => {
            let named = Kind::ALL
                .into_iter()
                .filter(|kind| kind.name().contains(&part));
            any(named.map(|kind| (field, Value::Kind(kind))))
        }
        Some(field) => contains(Field::Intrinsic(field), value),
        None => {
            let field = Field::Attribute(Scope::Any, key.to_owned());
            let mut tests = vec![contains(field.clone(), value)];
            // Numbers and booleans must match completely.
            if let Ok(number) = value.parse::<f64>() {
                tests.push(compare(
                    field.clone(),
                    Comparison::Equal,
                    Value::Float(number),
                ));
            }
            if let Ok(bool) = value.parse() {
                tests.push(compare(field, Comparison::Equal, Value::Bool(bool)));
            }
            Expr::Any(tests)
        }
    }
}

fn any(values: impl Iterator<Item = (Intrinsic, Value<'static>)>) -> Expr {
    let test = |(field, value)| compare(Field::Intrinsic(field), Comparison::Equal, value);
    Expr::Any(values.map(test).collect())
}

/// A condition that a text contains another, in upper or lower case.
fn contains(field: Field, part: &str) -> Expr {
    let pattern = format!("(?i).*{}.*", regex::escape(part));
    Expr::Match {
        text: Box::new(Expr::Field(field)),
        negated: false,
        pattern: Box::new(Expr::Literal(Value::text(pattern))),
    }
}
