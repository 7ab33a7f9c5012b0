//! The parameters of the old API. They are checked in Jaeger's order, so that the same error is
//! reported if several are wrong.

use std::time::Duration;

use crate::api::common::envelope::ApiError;
use crate::api::common::pairs::{Pairs, all, first, text};
use crate::api::common::{go, ids};
use crate::format::jaeger::Detail;
use crate::model::{SpanId, UnixNanos};
use crate::query::{IdPattern, Search, Tag};

/// The default window of a search without `start`.
const LOOKBACK: Duration = Duration::from_hours(48);

/// The default of `limit`.
const LIMIT: i64 = 100;

/// The parameters of `GET /api/traces`.
#[derive(Debug, PartialEq)]
pub(super) struct Traces {
    pub(super) wanted: Wanted,
    /// True for spans as they were sent, without Jaeger's adjustments.
    pub(super) raw: bool,
}

/// The requested traces.
#[derive(Debug, PartialEq)]
pub(super) enum Wanted {
    /// The traces with these ids.
    ById(Vec<IdPattern>),
    /// The traces that match.
    Matching(Box<Search>),
}

/// Parses the parameters of a search; `now` is the default end.
pub(super) fn parse_traces(pairs: &Pairs, now: UnixNanos) -> Result<Traces, ApiError> {
    let from = parse_micros(pairs, "start")?.unwrap_or(now.before(LOOKBACK));
    let to = parse_micros(pairs, "end")?.unwrap_or(now);
    let tags = parse_tags(pairs)?;
    let limit = first(pairs, "limit").map_or(Ok(LIMIT), |text| go::parse_int(text, 32));
    let limit = limit.map_err(ApiError::bad_request)?;
    let min_duration = parse_duration(pairs, "minDuration")?.unwrap_or_default();
    let max_duration = parse_duration(pairs, "maxDuration")?.filter(|max| !max.is_zero());
    let ids = parse_ids(pairs)?;
    let raw = is_raw(pairs)?;
    if max_duration.is_some_and(|max| max < min_duration) {
        return Err(ApiError::bad_request(
            "'maxDuration' should be greater than 'minDuration'",
        ));
    }
    if !ids.is_empty() {
        let wanted = Wanted::ById(ids);
        return Ok(Traces { wanted, raw });
    }
    let wanted = Wanted::Matching(Box::new(Search {
        service: text(pairs, "service"),
        operation: text(pairs, "operation"),
        from,
        to,
        min_duration,
        max_duration,
        tags,
        limit: check_limit(limit)?,
        ..Search::default()
    }));
    Ok(Traces { wanted, raw })
}

/// Checks the times beside a trace id. They are not needed to find a trace, and Grafana sends
/// milliseconds where Jaeger expects microseconds, so they must only be numbers.
pub(super) fn check_hints(pairs: &Pairs) -> Result<(), ApiError> {
    parse_micros(pairs, "start")?;
    parse_micros(pairs, "end")?;
    Ok(())
}

/// Returns true if the request asks for traces without Jaeger's adjustments.
pub(super) fn is_raw(pairs: &Pairs) -> Result<bool, ApiError> {
    Ok(parse(pairs, "raw", go::parse_bool)?.unwrap_or_default())
}

/// Parses the amount of detail of the spans; the trace page requests outlines, then everything. Jaeger
/// has no such parameters.
pub(super) fn parse_detail(pairs: &Pairs) -> Result<Detail, ApiError> {
    let asks = |name| Ok::<_, ApiError>(parse(pairs, name, go::parse_bool)?.unwrap_or_default());
    let (exact, outline) = (asks("exact")?, asks("outline")?);
    Ok(match (outline, exact) {
        (true, _) => Detail::Outline,
        (_, true) => Detail::Exact,
        _ => Detail::Jaeger,
    })
}

/// Parses the span to write before the others of its trace. Jaeger has no such parameter.
pub(super) fn parse_first(pairs: &Pairs) -> Result<Option<SpanId>, ApiError> {
    Ok(parse(pairs, "first", ids::parse_span)?.flatten())
}

/// Parses `endTs` and `lookback`, in milliseconds, to a start and an end; by default the last day.
pub(super) fn parse_window(
    pairs: &Pairs,
    now: UnixNanos,
) -> Result<(UnixNanos, UnixNanos), ApiError> {
    let millis = |name| {
        let number = parse(pairs, name, |text| go::parse_int(text, 64))?;
        let millis = number.map(|number| u64::try_from(number).unwrap_or_default());
        Ok::<_, ApiError>(millis.map(Duration::from_millis))
    };
    let to = millis("endTs")?.map_or(now, UnixNanos::after_epoch);
    let lookback = millis("lookback")?.unwrap_or(Duration::from_hours(24));
    Ok((to.before(lookback), to))
}

/// Parses a parameter; the error names it.
pub(super) fn parse<T>(
    pairs: &Pairs,
    name: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, ApiError> {
    let refused =
        |reason| ApiError::bad_request(format!("unable to parse param '{name}': {reason}"));
    first(pairs, name).map(read).transpose().map_err(refused)
}

/// Microseconds since the epoch; times before the epoch become the epoch.
fn parse_micros(pairs: &Pairs, name: &str) -> Result<Option<UnixNanos>, ApiError> {
    let micros = parse(pairs, name, |text| go::parse_int(text, 64))?;
    Ok(micros.map(|micros| UnixNanos::from_micros(u64::try_from(micros).unwrap_or_default())))
}

fn parse_duration(pairs: &Pairs, name: &str) -> Result<Option<Duration>, ApiError> {
    parse(pairs, name, go::parse_duration)
}

fn parse_ids(pairs: &Pairs) -> Result<Vec<IdPattern>, ApiError> {
    let refused = |reason| ApiError::bad_request(format!("cannot parse traceID param: {reason}"));
    all(pairs, "traceID")
        .map(|text| ids::parse(text).map_err(refused))
        .collect()
}

fn check_limit(limit: i64) -> Result<usize, ApiError> {
    match usize::try_from(limit) {
        Ok(depth) if (1..=Search::MAX_LIMIT).contains(&depth) => Ok(depth),
        // Jaeger passes this to its store, and answers with the store's error.
        _ => Err(ApiError {
            status: http::StatusCode::INTERNAL_SERVER_ERROR,
            message: "search depth must be greater than 0 and less than max traces".to_owned(),
        }),
    }
}

/// The tags of all parameters; of equal keys the last one counts.
fn parse_tags(pairs: &Pairs) -> Result<Vec<Tag>, ApiError> {
    let mut tags = Vec::new();
    for text in all(pairs, "tag") {
        let Some((key, value)) = text.split_once(':') else {
            return Err(ApiError::bad_request(format!(
                "malformed 'tag' parameter, expecting key:value, received: {text}"
            )));
        };
        put(&mut tags, key.to_owned(), value.to_owned());
    }
    for text in all(pairs, "tags").filter(|text| !text.is_empty()) {
        let members = go::parse_string_map(text).map_err(|reason| {
            ApiError::bad_request(format!(
                "malformed 'tags' parameter, cannot unmarshal JSON: {reason}"
            ))
        })?;
        for (key, value) in members {
            put(&mut tags, key, value);
        }
    }
    Ok(tags)
}

fn put(tags: &mut Vec<Tag>, key: String, value: String) {
    tags.retain(|tag| tag.key != key);
    tags.push(Tag { key, value });
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNanos = UnixNanos(1_000_000_000_000_000_000);

    fn parse(pairs: &[(&str, &str)]) -> Result<Traces, String> {
        let owned = |(key, value): &(&str, &str)| (key.to_string(), value.to_string());
        let pairs: Pairs = pairs.iter().map(owned).collect();
        parse_traces(&pairs, NOW).map_err(|error| format!("{} {error}", error.status.as_u16()))
    }

    fn search(pairs: &[(&str, &str)]) -> Search {
        match parse(pairs).unwrap().wanted {
            Wanted::Matching(search) => *search,
            Wanted::ById(ids) => panic!("not a search but {ids:?}"),
        }
    }

    fn refused(name: &str, value: &str) -> String {
        parse(&[("service", "s"), (name, value)]).unwrap_err()
    }

    #[test]
    fn a_search_has_defaults() {
        let search = search(&[("service", "shop")]);
        assert_eq!(search.service.as_deref(), Some("shop"));
        assert_eq!(search.to, NOW);
        assert_eq!(search.from, NOW.before(LOOKBACK));
        assert_eq!(search.limit, 100);
        assert_eq!(search.max_duration, None);
    }

    #[test]
    fn tags_come_one_by_one_and_as_json() {
        let search = search(&[
            ("tag", "url:http://x"),
            ("tag", "a:0"),
            ("tags", r#"{"a":"1","b":"true"}"#),
        ]);
        let expected = [("url", "http://x"), ("a", "1"), ("b", "true")];
        let tags = search.tags.iter();
        let tags: Vec<_> = tags.map(|t| (t.key.as_str(), t.value.as_str())).collect();
        assert_eq!(tags, expected);
    }

    #[test]
    fn what_is_wrong_is_said_in_jaegers_words() {
        assert_eq!(
            refused("start", "string"),
            "400 unable to parse param 'start': strconv.ParseInt: parsing \"string\": invalid syntax"
        );
        assert_eq!(
            refused("minDuration", "20"),
            "400 unable to parse param 'minDuration': time: missing unit in duration \"20\""
        );
        assert_eq!(
            refused("tag", "k"),
            "400 malformed 'tag' parameter, expecting key:value, received: k"
        );
        assert_eq!(
            refused("traceID", "x200"),
            "400 cannot parse traceID param: strconv.ParseUint: parsing \"x200\": invalid syntax"
        );
        assert_eq!(
            refused("limit", "0"),
            "500 search depth must be greater than 0 and less than max traces"
        );
        let durations = parse(&[("minDuration", "2s"), ("maxDuration", "1s")]);
        assert_eq!(
            durations.unwrap_err(),
            "400 'maxDuration' should be greater than 'minDuration'"
        );
    }
}
