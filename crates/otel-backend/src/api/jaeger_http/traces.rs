//! The old API's traces: one, those that match, and those of a file.

use std::cell::RefCell;

use axum::extract::{Query as Params, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderName;
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::params::{Wanted, check_hints, is_raw, parse_first, parse_traces};
use crate::api::common::answer;
use crate::api::common::envelope::{ApiError, Envelope, Problem, json, to_json, write_json};
use crate::api::common::ids;
use crate::api::common::outlet::Traces;
use crate::api::common::pairs::{Pairs, is_pretty};
use crate::format::jaeger::{TraceJson, short_id};
use crate::format::otlp;
use crate::model::{SpanId, UnixNanos};
use crate::query::{Hit, IdPattern, Lookup, Missing, Query};
use crate::store::ReadError;

/// Says how many spans a trace has before they come; Jaeger has no such header.
const SPAN_COUNT: HeaderName = HeaderName::from_static("span-count");

/// How traces are shown.
#[derive(Debug, Clone, Copy)]
struct Style {
    /// As they were sent, spans that came twice included.
    raw: bool,
    /// For people.
    pretty: bool,
    /// The span that comes before all others, with those above it.
    ahead: Option<SpanId>,
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
    };
    match query.find(id).await? {
        Lookup::Found(trace) => {
            let count = trace.span_count;
            let traces = Traces::new(query, vec![Hit::from(trace)]);
            let mut response = render(traces, style, Vec::new()).await?;
            response.headers_mut().insert(SPAN_COUNT, count.into());
            Ok(response)
        }
        Lookup::Missing(why) => Err(ApiError::trace_not_found(&why)),
    }
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
    };
    let (hits, missing) = match asked.wanted {
        Wanted::Matching(search) => (query.search(*search).await?, Vec::new()),
        Wanted::ById(ids) => find_all(&query, ids).await?,
    };
    render(Traces::new(query, hits), style, missing).await
}

async fn find_all(
    query: &Query,
    ids: Vec<IdPattern>,
) -> Result<(Vec<Hit>, Vec<Problem>), ApiError> {
    let mut hits = Vec::<Hit>::new();
    let mut missing = Vec::new();
    for id in ids {
        match query.find(id.clone()).await? {
            Lookup::Found(trace) if hits.iter().any(|hit| hit.id == trace.id) => {}
            Lookup::Found(trace) => hits.push(Hit::id_of(&trace)),
            Lookup::Missing(why) => missing.push(Problem::trace_not_found(&id, &why)),
        }
    }
    Ok((hits, missing))
}

/// Writes traces while they are sent.
async fn render(traces: Traces, style: Style, missing: Vec<Problem>) -> Result<Response, ApiError> {
    answer::stream(move |out| {
        let data = DataJson {
            traces: RefCell::new(traces),
            style,
        };
        let envelope = Envelope::new(data).with_errors(missing);
        write_json(&envelope, style.pretty, out)
    })
    .await
}

/// Traces in JSON, each loaded when it is its turn.
struct DataJson {
    traces: RefCell<Traces>,
    style: Style,
}

impl Serialize for DataJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for trace in &mut *self.traces.borrow_mut() {
            let trace = trace.map_err(S::Error::custom)?;
            let spans = trace.iter_as(self.style.raw, self.style.ahead);
            let spans = spans.map_err(S::Error::custom)?;
            let mut spans = spans.peekable();
            if spans.peek().is_some() {
                list.serialize_element(&TraceJson::new(trace.id, spans, trace.cut))?;
            }
        }
        list.end()
    }
}

/// Shows spans that are not in the store: a file of OTLP JSON, or of a message a line.
pub(super) async fn transform(
    Params(pairs): Params<Pairs>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let pretty = is_pretty(&pairs);
    let task = tokio::task::spawn_blocking(move || {
        let traces = otlp::decode_json_lines(&body)
            .map_err(|reason| ApiError::bad_request(format!("cannot unmarshal OTLP : {reason}")))?;
        let mut spans: Vec<_> = traces.flatten().map(|incoming| incoming.span).collect();
        spans.sort_by_key(|span| span.trace_id);
        let traces: Vec<_> = spans.chunk_by(|a, b| a.trace_id == b.trace_id).collect();
        let data = traces.iter().filter_map(|spans| {
            let trace_id = spans.first()?.trace_id;
            Some(TraceJson::new(trace_id, spans.iter(), false))
        });
        let envelope = Envelope::new(data.collect::<Vec<_>>());
        Ok(json(to_json(&envelope, pretty)))
    });
    task.await.map_err(|_| ReadError::Closed)?
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
