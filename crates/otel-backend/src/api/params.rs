//! The parameters of a search in Jaeger's old API.

use std::collections::BTreeMap;
use std::time::Duration;

use super::envelope::{ApiError, Pairs};
use super::{duration, ids};
use crate::model::{TraceId, UnixNanos};
use crate::query::{Search, Tag, parse_bool};

/// How far back a search without `start` looks.
const LOOKBACK: Duration = Duration::from_hours(48);

/// How many traces a search without `limit` finds.
const LIMIT: usize = 100;

/// What `GET /api/traces` asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Traces {
    /// Traces by their ids; `None` for an id that no trace has.
    ById(Vec<Option<TraceId>>),
    /// Traces that match.
    Matching(Search),
}

/// Reads the parameters of a search; `now` is the default end.
pub(super) fn parse_traces(pairs: &Pairs, now: UnixNanos) -> Result<Traces, ApiError> {
    let ids = parse_ids(pairs)?;
    if !ids.is_empty() {
        return Ok(Traces::ById(ids));
    }
    let min_duration = parse_duration(pairs, "minDuration")?.unwrap_or_default();
    let max_duration = parse_duration(pairs, "maxDuration")?.filter(|max| !max.is_zero());
    if max_duration.is_some_and(|max| max < min_duration) {
        return Err(ApiError::bad_request(
            "'maxDuration' should be greater than 'minDuration'",
        ));
    }
    Ok(Traces::Matching(Search {
        service: text(pairs, "service"),
        operation: text(pairs, "operation"),
        from: parse_time(pairs, "start")?.unwrap_or(now.before(LOOKBACK)),
        to: parse_time(pairs, "end")?.unwrap_or(now),
        min_duration,
        max_duration,
        tags: parse_tags(pairs)?,
        limit: parse_limit(pairs)?,
    }))
}

/// From when to when.
#[derive(Debug, PartialEq)]
pub(super) struct Window {
    pub(super) from: UnixNanos,
    pub(super) to: UnixNanos,
}

/// Reads `endTs` and `lookback`, in milliseconds; the last day by default.
pub(super) fn parse_window(pairs: &Pairs, now: UnixNanos) -> Result<Window, ApiError> {
    let to = parse_millis(pairs, "endTs")?;
    let to = to.map_or(now, |millis| {
        UnixNanos::from_micros(millis.saturating_mul(1000))
    });
    let lookback = parse_millis(pairs, "lookback")?;
    let lookback = lookback.map_or(Duration::from_hours(24), Duration::from_millis);
    Ok(Window {
        from: to.before(lookback),
        to,
    })
}

fn parse_millis(pairs: &Pairs, name: &str) -> Result<Option<u64>, ApiError> {
    let Some(text) = first(pairs, name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        ApiError::bad_request(format!(
            "unable to parse param '{name}': strconv.ParseInt: parsing {text:?}: invalid syntax"
        ))
    })
}

/// Whether the request asks for traces without Jaeger's adjustments.
pub(super) fn is_raw(pairs: &Pairs) -> Result<bool, ApiError> {
    let Some(raw) = first(pairs, "raw").filter(|raw| !raw.is_empty()) else {
        return Ok(false);
    };
    parse_bool(raw).ok_or_else(|| {
        ApiError::bad_request(format!(
            "unable to parse param 'raw': strconv.ParseBool: parsing {raw:?}: invalid syntax"
        ))
    })
}

/// The value of the first parameter of that name.
pub(super) fn first<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    all(pairs, name).next()
}

/// As [`first`], with "" as good as nothing.
pub(super) fn text(pairs: &Pairs, name: &str) -> Option<String> {
    let value = first(pairs, name).filter(|value| !value.is_empty());
    value.map(ToOwned::to_owned)
}

fn all<'p>(pairs: &'p Pairs, name: &str) -> impl Iterator<Item = &'p str> {
    pairs
        .iter()
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn parse_ids(pairs: &Pairs) -> Result<Vec<Option<TraceId>>, ApiError> {
    let refuse = |reason| ApiError::bad_request(format!("cannot parse traceID param: {reason}"));
    all(pairs, "traceID")
        .map(|text| ids::parse(text).map_err(refuse))
        .collect()
}

/// Microseconds since the epoch; a time before it counts as the epoch.
fn parse_time(pairs: &Pairs, name: &str) -> Result<Option<UnixNanos>, ApiError> {
    let Some(text) = first(pairs, name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match text.parse::<i64>() {
        Ok(micros) => Ok(Some(UnixNanos::from_micros(
            u64::try_from(micros).unwrap_or_default(),
        ))),
        Err(_) => Err(ApiError::bad_request(format!(
            "unable to parse param '{name}': strconv.ParseInt: parsing {text:?}: invalid syntax"
        ))),
    }
}

fn parse_duration(pairs: &Pairs, name: &str) -> Result<Option<Duration>, ApiError> {
    let Some(text) = first(pairs, name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    duration::parse(text).map(Some).map_err(|reason| {
        ApiError::bad_request(format!("unable to parse param '{name}': {reason}"))
    })
}

fn parse_limit(pairs: &Pairs) -> Result<usize, ApiError> {
    let Some(text) = first(pairs, "limit").filter(|text| !text.is_empty()) else {
        return Ok(LIMIT);
    };
    let limit = text.parse::<i32>().map_err(|_| {
        ApiError::bad_request(format!(
            "strconv.ParseInt: parsing {text:?}: invalid syntax"
        ))
    })?;
    match usize::try_from(limit) {
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err(ApiError::bad_request(
            "search depth must be greater than 0 and less than max traces",
        )),
    }
}

fn parse_tags(pairs: &Pairs) -> Result<Vec<Tag>, ApiError> {
    let mut tags = Vec::new();
    for text in all(pairs, "tag") {
        let Some((key, value)) = text.split_once(':') else {
            return Err(ApiError::bad_request(format!(
                "malformed 'tag' parameter, expecting key:value, received: {text}"
            )));
        };
        tags.push(tag(key, value));
    }
    for text in all(pairs, "tags").filter(|text| !text.is_empty()) {
        let map: BTreeMap<String, String> = serde_json::from_str(text).map_err(|reason| {
            ApiError::bad_request(format!(
                "malformed 'tags' parameter, cannot unmarshal JSON: {reason}"
            ))
        })?;
        tags.extend(map.iter().map(|(key, value)| tag(key, value)));
    }
    Ok(tags)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
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

    fn refused(name: &str, value: &str) -> String {
        parse(&[("service", "s"), (name, value)]).unwrap_err()
    }

    #[test]
    fn a_search_has_defaults() {
        let Ok(Traces::Matching(search)) = parse(&[("service", "shop")]) else {
            panic!("not a search");
        };
        assert_eq!(search.service.as_deref(), Some("shop"));
        assert_eq!(search.to, NOW);
        assert_eq!(search.from, NOW.before(LOOKBACK));
        assert_eq!(search.limit, 100);
        assert_eq!(search.max_duration, None);
    }

    #[test]
    fn tags_come_one_by_one_and_as_json() {
        let Ok(Traces::Matching(search)) =
            parse(&[("tag", "url:http://x"), ("tags", r#"{"a":"1","b":"true"}"#)])
        else {
            panic!("not a search");
        };
        let expected = [tag("url", "http://x"), tag("a", "1"), tag("b", "true")];
        assert_eq!(search.tags, expected);
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
            "400 search depth must be greater than 0 and less than max traces"
        );
        let durations = parse(&[("minDuration", "2s"), ("maxDuration", "1s")]);
        assert_eq!(
            durations.unwrap_err(),
            "400 'maxDuration' should be greater than 'minDuration'"
        );
    }
}
