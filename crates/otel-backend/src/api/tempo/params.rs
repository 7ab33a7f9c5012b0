//! The parameters of Tempo's API.

use std::time::Duration;

use super::error::TempoError;
use super::traceql;
use crate::api::common::go;
use crate::api::common::pairs::{Pairs, first};
use crate::model::UnixNanos;
use crate::query::{Condition, Field, Literal, Operator, Place, Search, Test};

/// The window of a search without `start`.
const LOOKBACK: Duration = Duration::from_hours(48);

/// The limit of a search without `limit`.
const LIMIT: usize = 20;

/// Spans of a trace that are shown without `spss`.
const SPANS: usize = 3;

/// The parameters of `GET /api/search`.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) search: Search,
    /// The number of matching spans to show of a trace.
    pub(super) spans: usize,
}

/// Reads the parameters of a search; `now` is the default end.
pub(super) fn parse_search(pairs: &Pairs, now: UnixNanos) -> Result<Wanted, TempoError> {
    let (from, to) = parse_window(pairs, now)?;
    let condition = match (first(pairs, "q"), first(pairs, "tags")) {
        (Some(_), Some(_)) => {
            return Err(TempoError::bad_request(
                "invalid request: can't specify tags and q in the same query",
            ));
        }
        (Some(query), None) => traceql::parse(query).map_err(|reason| {
            TempoError::bad_request(format!("invalid TraceQL query: {reason}"))
        })?,
        (None, Some(tags)) => parse_tags(tags)
            .map_err(|reason| TempoError::bad_request(format!("invalid tags: {reason}")))?,
        (None, None) => Condition::All(Vec::new()),
    };
    let min = parse_duration(pairs, "minDuration")?.unwrap_or_default();
    let max = parse_duration(pairs, "maxDuration")?.filter(|max| !max.is_zero());
    if max.is_some_and(|max| max < min) {
        return Err(TempoError::bad_request(
            "invalid maxDuration: must be greater than minDuration",
        ));
    }
    let search = Search {
        from,
        to,
        condition: Some(condition),
        trace_duration: min..=max.unwrap_or(Duration::MAX),
        limit: (parse_count(pairs, "limit")?.unwrap_or(LIMIT)).min(Search::MAX_LIMIT),
        ..Search::default()
    };
    let spans = parse_count(pairs, "spss")?.unwrap_or(SPANS);
    Ok(Wanted { search, spans })
}

/// Reads `start` and `end`, in seconds since the epoch; both are inclusive.
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

/// A number of things, which is not zero.
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

/// Reads `key=value` pairs in logfmt; a value with spaces stands in double quotes. A value counts
/// wherever it is a part of the attribute's, in any case.
fn parse_tags(text: &str) -> Result<Condition, String> {
    let mut tests = Vec::new();
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
        tests.push(Condition::Test(test_of_tag(key.trim(), value)));
        rest = behind.trim_start();
    }
    Ok(Condition::All(tests))
}

fn test_of_tag(key: &str, value: &str) -> Test {
    let part = Literal::Part(value.to_lowercase());
    let (field, literal) = match key {
        "name" => (Field::Name, part),
        "root.name" => (Field::RootName, part),
        "root.service.name" => (Field::RootService, part),
        "error" if value == "true" => (Field::Status, Literal::Text("error".to_owned())),
        "status" | "status.code" => (Field::Status, part),
        "span.kind" => (Field::Kind, part),
        key => (Field::Attribute(Place::Any, key.to_owned()), part),
    };
    Test {
        field,
        operator: Operator::Equal,
        literal,
    }
}
