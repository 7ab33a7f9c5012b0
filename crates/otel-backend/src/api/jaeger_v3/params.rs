//! The parameters of the v3 API. Names are `camelCase`; `snake_case` is accepted too.

use jiff::Timestamp;

use crate::api::common::envelope::ApiError;
use crate::api::common::go;
use crate::api::common::pairs::{Pairs, first};
use crate::model::UnixNanos;
use crate::query::{Search, Tag};

/// The default of `query.searchDepth`.
const LIMIT: usize = 100;

/// The layout that Go's errors about times show.
const LAYOUT: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// Parses the parameters of a search, in Jaeger's order.
pub(super) fn parse_search(pairs: &Pairs) -> Result<Search, ApiError> {
    let tags = parse_attributes(pairs)?;
    if first(pairs, "query.filter").is_some() {
        return Err(ApiError::bad_request(
            "the structured query filter is disabled: use query.attributes",
        ));
    }
    let names = ["query.startTimeMin", "query.startTimeMax"];
    if names.iter().any(|name| named(pairs, name).is_none()) {
        return Err(ApiError::bad_request(
            "query.startTimeMin and query.startTimeMax are required",
        ));
    }
    let [from, to] = names.map(|name| parse(pairs, name, parse_time));
    let (from, to) = (from?.unwrap_or_default(), to?.unwrap_or_default());
    if from >= to {
        return Err(ApiError::bad_request(
            "query.startTimeMin must be before query.startTimeMax",
        ));
    }
    let limit = parse_limit(pairs)?;
    let min_duration = parse(pairs, "query.durationMin", go::parse_duration)?;
    let max_duration = parse(pairs, "query.durationMax", go::parse_duration)?;
    Ok(Search {
        service: text(pairs, "query.serviceName"),
        operation: text(pairs, "query.operationName"),
        from,
        to,
        min_duration: min_duration.unwrap_or_default(),
        max_duration: max_duration.filter(|max| !max.is_zero()),
        tags,
        limit,
        ..Search::default()
    })
}

/// Returns true if the request asks for traces without Jaeger's adjustments, by this parameter.
pub(super) fn is_raw(pairs: &Pairs, name: &str) -> Result<bool, ApiError> {
    Ok(parse(pairs, name, go::parse_bool)?.unwrap_or_default())
}

/// Checks the times beside a trace id, which are not needed to find the trace.
pub(super) fn check_hints(pairs: &Pairs) -> Result<(), ApiError> {
    parse(pairs, "startTime", parse_time)?;
    parse(pairs, "endTime", parse_time)?;
    Ok(())
}

/// The value of a parameter by its `camelCase` name, or else by its old one.
pub(super) fn text(pairs: &Pairs, name: &str) -> Option<String> {
    named(pairs, name).map(|(_, value)| value.to_owned())
}

/// Like [`text`], with the name that the request used.
fn named<'p>(pairs: &'p Pairs, name: &str) -> Option<(String, &'p str)> {
    let split = |char: char| {
        let score = char.is_ascii_uppercase().then_some('_');
        score.into_iter().chain([char.to_ascii_lowercase()])
    };
    let snake_case: String = name.chars().flat_map(split).collect();
    [name.to_owned(), snake_case]
        .into_iter()
        .find_map(|name| first(pairs, &name).map(|value| (name, value)))
}

fn parse<T>(
    pairs: &Pairs,
    name: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, ApiError> {
    let Some((name, value)) = named(pairs, name) else {
        return Ok(None);
    };
    read(value)
        .map(Some)
        .map_err(|reason| malformed(&name, &reason))
}

fn malformed(name: &str, reason: &str) -> ApiError {
    ApiError::bad_request(format!("malformed parameter {name}: {reason}"))
}

/// Parses RFC 3339. A '+' that was not escaped arrives as a space.
fn parse_time(text: &str) -> Result<UnixNanos, String> {
    let time = text.replace(' ', "+").parse::<Timestamp>();
    let time = time.map_err(|_| {
        format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {text:?} as \"2006\"")
    })?;
    let nanos = time.as_nanosecond().clamp(0, i128::from(u64::MAX));
    Ok(UnixNanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
}

fn parse_limit(pairs: &Pairs) -> Result<usize, ApiError> {
    let number = |text: &str| {
        let number = go::parse_int(text, 32);
        number.map_err(|reason| reason.replacen("strconv.ParseInt", "strconv.Atoi", 1))
    };
    let depth = parse(pairs, "query.searchDepth", number)?;
    let depth = match depth {
        Some(depth) => Some(depth),
        None => parse(pairs, "query.num_traces", number)?,
    };
    let depth = depth.and_then(|depth| usize::try_from(depth).ok());
    let depth = depth.filter(|depth| *depth > 0).unwrap_or(LIMIT);
    Ok(depth.min(Search::MAX_LIMIT))
}

fn parse_attributes(pairs: &Pairs) -> Result<Vec<Tag>, ApiError> {
    let members = parse(pairs, "query.attributes", go::parse_string_map)?;
    let tags = members.unwrap_or_default().into_iter();
    Ok(tags.map(|(key, value)| Tag { key, value }).collect())
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
