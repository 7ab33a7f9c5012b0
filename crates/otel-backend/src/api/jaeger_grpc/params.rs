//! The parameters of a search, which both services share.

use std::time::Duration;

use tonic::Status;

use super::generated::jaeger::{api_v2, api_v3};
use crate::model::UnixNanos;
use crate::query::{Search, Tag};

/// The default limit of a search.
const LIMIT: usize = 100;

/// Reads the v3 service's parameters. The times are required.
pub(super) fn search_v3(query: Option<api_v3::TraceQueryParameters>) -> Result<Search, Status> {
    let query = query.ok_or_else(|| Status::invalid_argument("missing query"))?;
    if query.start_time_min.is_none() || query.start_time_max.is_none() {
        return Err(Status::invalid_argument(
            "start time min and max are required parameters",
        ));
    }
    if query.filter.is_some() {
        return Err(Status::invalid_argument(
            "the structured query filter is disabled: use attributes",
        ));
    }
    Ok(search_v2(api_v2::TraceQueryParameters {
        service_name: query.service_name,
        operation_name: query.operation_name,
        tags: query.attributes,
        start_time_min: query.start_time_min,
        start_time_max: query.start_time_max,
        duration_min: query.duration_min,
        duration_max: query.duration_max,
        search_depth: query.search_depth,
        raw_traces: query.raw_traces,
    }))
}

/// Reads the v2 service's parameters. A missing time leaves the search unbounded.
pub(super) fn search_v2(query: api_v2::TraceQueryParameters) -> Search {
    let given = |text: String| (!text.is_empty()).then_some(text);
    let max_duration = query.duration_max.as_ref().map(duration);
    let limit = usize::try_from(query.search_depth).ok();
    let limit = limit.filter(|limit| *limit > 0).unwrap_or(LIMIT);
    let tags = query.tags.into_iter();
    Search {
        service: given(query.service_name),
        operation: given(query.operation_name),
        from: query.start_time_min.as_ref().map_or(UnixNanos(0), time),
        to: query.start_time_max.as_ref().map_or(UnixNanos::MAX, time),
        min_duration: query
            .duration_min
            .as_ref()
            .map(duration)
            .unwrap_or_default(),
        max_duration: max_duration.filter(|max| !max.is_zero()),
        tags: tags.map(|(key, value)| Tag { key, value }).collect(),
        limit: limit.min(Search::MAX_LIMIT),
        ..Search::default()
    }
}

/// A time; times before the epoch become the epoch.
pub(super) fn time(time: &prost_types::Timestamp) -> UnixNanos {
    UnixNanos(nanos(time.seconds, time.nanos))
}

/// A duration; a negative one becomes zero.
fn duration(duration: &prost_types::Duration) -> Duration {
    Duration::from_nanos(nanos(duration.seconds, duration.nanos))
}

fn nanos(seconds: i64, nanos: i32) -> u64 {
    let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
}
