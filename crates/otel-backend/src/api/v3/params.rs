//! The parameters of the new API. Names are `camelCase`; `snake_case` is still accepted.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::duration;
use crate::api::envelope::{ApiError, Pairs};
use crate::api::params::first;
use crate::model::UnixNanos;
use crate::query::{Search, Tag, parse_bool};

/// How many traces a search without `query.searchDepth` finds.
const LIMIT: usize = 100;

/// Reads what to search for.
pub(super) fn parse_search(pairs: &Pairs) -> Result<Search, ApiError> {
    if text(pairs, "query.filter").is_some() {
        return Err(ApiError::bad_request(
            "the structured query filter is disabled: use query.attributes",
        ));
    }
    let from = parse_time(pairs, "query.startTimeMin")?;
    let to = parse_time(pairs, "query.startTimeMax")?;
    let (Some(from), Some(to)) = (from, to) else {
        return Err(ApiError::bad_request(
            "query.startTimeMin and query.startTimeMax are required",
        ));
    };
    if from > to {
        return Err(ApiError::bad_request(
            "query.startTimeMin must be before query.startTimeMax",
        ));
    }
    let max_duration = parse_duration(pairs, "query.durationMax")?;
    Ok(Search {
        service: text(pairs, "query.serviceName"),
        operation: text(pairs, "query.operationName"),
        from,
        to,
        min_duration: parse_duration(pairs, "query.durationMin")?.unwrap_or_default(),
        max_duration: max_duration.filter(|max| !max.is_zero()),
        tags: parse_attributes(pairs)?,
        limit: parse_limit(pairs)?,
    })
}

/// Whether the request asks for traces without Jaeger's adjustments.
pub(super) fn is_raw(pairs: &Pairs) -> Result<bool, ApiError> {
    let names = ["query.rawTraces", "rawTraces"];
    let Some((name, value)) = names
        .into_iter()
        .find_map(|name| Some((name, text(pairs, name)?)))
    else {
        return Ok(false);
    };
    parse_bool(&value).ok_or_else(|| malformed(name, "not a boolean"))
}

/// The value of a parameter by its `camelCase` name, or by its old one; "" is as good as nothing.
pub(super) fn text(pairs: &Pairs, name: &str) -> Option<String> {
    let snake_case: String = name
        .chars()
        .flat_map(|char| {
            let split = char.is_ascii_uppercase().then_some('_');
            split.into_iter().chain([char.to_ascii_lowercase()])
        })
        .collect();
    let value = first(pairs, name).or_else(|| first(pairs, &snake_case));
    value
        .filter(|value| !value.is_empty())
        .map(ToOwned::to_owned)
}

fn malformed(name: &str, reason: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(format!("malformed parameter {name}: {reason}"))
}

/// RFC 3339. A '+' that was not escaped arrives as a space.
fn parse_time(pairs: &Pairs, name: &str) -> Result<Option<UnixNanos>, ApiError> {
    let Some(text) = text(pairs, name) else {
        return Ok(None);
    };
    let time = text.replace(' ', "+").parse::<Timestamp>();
    let nanos = time
        .map_err(|reason| malformed(name, reason))?
        .as_nanosecond()
        .clamp(0, i128::from(u64::MAX));
    Ok(u64::try_from(nanos).ok().map(UnixNanos))
}

fn parse_duration(pairs: &Pairs, name: &str) -> Result<Option<Duration>, ApiError> {
    let Some(text) = text(pairs, name) else {
        return Ok(None);
    };
    duration::parse(&text)
        .map(Some)
        .map_err(|reason| malformed(name, reason))
}

fn parse_limit(pairs: &Pairs) -> Result<usize, ApiError> {
    let names = ["query.searchDepth", "query.numTraces"];
    let Some((name, value)) = names
        .into_iter()
        .find_map(|name| Some((name, text(pairs, name)?)))
    else {
        return Ok(LIMIT);
    };
    let depth = value
        .parse::<i32>()
        .map_err(|reason| malformed(name, reason))?;
    Ok(usize::try_from(depth)
        .ok()
        .filter(|depth| *depth > 0)
        .unwrap_or(LIMIT))
}

fn parse_attributes(pairs: &Pairs) -> Result<Vec<Tag>, ApiError> {
    let Some(text) = text(pairs, "query.attributes") else {
        return Ok(Vec::new());
    };
    let map: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|reason| malformed("query.attributes", reason))?;
    let tags = map.into_iter().map(|(key, value)| Tag { key, value });
    Ok(tags.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Search, String> {
        let owned = |(key, value): &(&str, &str)| (key.to_string(), value.to_string());
        parse_search(&pairs.iter().map(owned).collect()).map_err(|error| error.message)
    }

    #[test]
    fn both_spellings_are_read() {
        let camel = parse(&[
            ("query.serviceName", "shop"),
            ("query.startTimeMin", "2026-01-01T00:00:00.000000001Z"),
            ("query.startTimeMax", "2026-01-01T02:00:00 01:00"),
            ("query.durationMin", "10 ms"),
            ("query.searchDepth", "7"),
            ("query.attributes", r#"{"a":"1"}"#),
        ])
        .unwrap();
        let snake = parse(&[
            ("query.service_name", "shop"),
            ("query.start_time_min", "2026-01-01T00:00:00.000000001Z"),
            ("query.start_time_max", "2026-01-01T02:00:00+01:00"),
            ("query.duration_min", "10ms"),
            ("query.num_traces", "7"),
            ("query.attributes", r#"{"a":"1"}"#),
        ])
        .unwrap();
        assert_eq!(camel, snake);
        assert_eq!(camel.from, UnixNanos(1_767_225_600_000_000_001));
        assert_eq!(camel.to, UnixNanos(1_767_229_200_000_000_000));
        assert_eq!(camel.limit, 7);
    }

    #[test]
    fn the_window_is_required_and_must_not_be_empty() {
        let later = ("query.startTimeMin", "2026-01-02T00:00:00Z");
        let earlier = ("query.startTimeMax", "2026-01-01T00:00:00Z");
        assert_eq!(
            parse(&[later]).unwrap_err(),
            "query.startTimeMin and query.startTimeMax are required"
        );
        assert_eq!(
            parse(&[later, earlier]).unwrap_err(),
            "query.startTimeMin must be before query.startTimeMax"
        );
    }
}
