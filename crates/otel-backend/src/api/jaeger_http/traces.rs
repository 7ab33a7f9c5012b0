//! The old API's traces: one, those that match, and those of a file.

use std::iter;
use std::sync::{Arc, OnceLock};

use axum::extract::{Query as Params, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderName;

use super::params::{Wanted, check_hints, is_raw, parse_detail, parse_first, parse_traces};
use crate::api::common::answer::{self, Json};
use crate::api::common::envelope::{self, ApiError, Problem};
use crate::api::common::ids;
use crate::api::common::pairs::{Pairs, is_pretty};
use crate::format::jaeger::{Detail, short_id, write_trace};
use crate::format::otlp;
use crate::model::{SpanId, UnixNanos};
use crate::query::{Hit, IdPattern, Lookup, Missing, Query, Trace};
use crate::store::ReadError;

/// Says how many spans a trace has before they come; Jaeger has no such header.
const SPAN_COUNT: HeaderName = HeaderName::from_static("span-count");

/// The form of an answer with traces.
#[derive(Debug, Clone, Copy)]
struct Style {
    /// Spans as they were sent, duplicates included.
    raw: bool,
    /// Indented.
    pretty: bool,
    /// The span that comes before all others, with those above it.
    ahead: Option<SpanId>,
    detail: Detail,
}

/// Answers with one trace.
pub(in crate::api) async fn trace(
    query: Query,
    id: &str,
    pairs: &Pairs,
) -> Result<Response, ApiError> {
    let id = ids::parse(id).map_err(ApiError::bad_request)?;
    check_hints(pairs)?;
    let style = Style {
        raw: is_raw(pairs)?,
        pretty: is_pretty(pairs),
        ahead: parse_first(pairs)?,
        detail: parse_detail(pairs)?,
    };
    let count = Arc::new(OnceLock::new());
    let counted = Arc::clone(&count);
    let answer = answer::json(style.pretty, move |json, _| {
        let trace = match query.find(&id)? {
            Lookup::Found(trace) => trace,
            Lookup::Missing(why) => return Err(ApiError::trace_not_found(&why)),
        };
        counted.set(trace.span_count).ok();
        write(json, iter::once(Ok(trace)), style, &[])
    });
    let mut response = answer.await?;
    if let Some(count) = count.get() {
        response.headers_mut().insert(SPAN_COUNT, (*count).into());
    }
    Ok(response)
}

pub(super) async fn search(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let asked = parse_traces(&pairs, UnixNanos::now())?;
    let style = Style {
        raw: asked.raw,
        pretty: is_pretty(&pairs),
        ahead: None,
        detail: parse_detail(&pairs)?,
    };
    answer::json(style.pretty, move |json, patience| {
        let (hits, missing) = match asked.wanted {
            Wanted::Matching(search) => (query.search(&search, patience)?, Vec::new()),
            Wanted::ById(ids) => find_all(&query, &ids)?,
        };
        write(json, query.traces(hits), style, &missing)
    })
    .await
}

fn find_all(query: &Query, ids: &[IdPattern]) -> Result<(Vec<Hit>, Vec<Problem>), ApiError> {
    let mut hits = Vec::<Hit>::new();
    let mut missing = Vec::new();
    for id in ids {
        match query.find(id)? {
            Lookup::Found(trace) if hits.iter().any(|hit| hit.id == trace.id) => {}
            Lookup::Found(trace) => hits.push(Hit::id_of(&trace)),
            Lookup::Missing(why) => missing.push(Problem::trace_not_found(id, &why)),
        }
    }
    Ok((hits, missing))
}

/// Writes traces in their envelope, those without spans left out.
fn write(
    json: &mut Json<'_, '_>,
    traces: impl Iterator<Item = Result<Trace, ReadError>>,
    style: Style,
    missing: &[Problem],
) -> Result<(), ApiError> {
    envelope::write(json, 0, missing, |data| {
        data.list(|list| {
            for trace in traces {
                let trace = trace?;
                let mut spans = trace.iter_as(style.raw, style.ahead)?.peekable();
                if spans.peek().is_some() {
                    write_trace(list.entry()?, trace.id, spans, trace.cut, style.detail)?;
                }
            }
            Ok(())
        })
    })
}

/// Shows spans that are not in the store: a file of OTLP JSON, or of a message a line.
pub(super) async fn transform(
    Params(pairs): Params<Pairs>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let detail = parse_detail(&pairs)?;
    answer::json(is_pretty(&pairs), move |json, _| {
        let traces = otlp::decode_json_lines(&body)
            .map_err(|reason| ApiError::bad_request(format!("cannot unmarshal OTLP : {reason}")))?;
        let mut spans: Vec<_> = traces.flatten().map(|incoming| incoming.span).collect();
        spans.sort_by_key(|span| span.trace_id);
        envelope::write(json, 0, &[], |data| {
            data.list(|list| {
                for spans in spans.chunk_by(|a, b| a.trace_id == b.trace_id) {
                    let [first, ..] = spans else { continue };
                    write_trace(list.entry()?, first.trace_id, spans.iter(), false, detail)?;
                }
                Ok(())
            })
        })
    })
    .await
}

impl Problem {
    fn trace_not_found(id: &IdPattern, why: &Missing) -> Self {
        let zeros = [0; 16];
        Self {
            code: None,
            msg: format!("trace not found{why}"),
            trace_id: Some(short_id(
                id.exact.as_ref().map_or(&zeros, |id| id.as_bytes()),
            )),
        }
    }
}
