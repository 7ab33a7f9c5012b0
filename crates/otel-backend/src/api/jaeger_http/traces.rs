//! The old API's traces: by id, by search, and from an uploaded file.

use std::iter;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::extract::{Query as Params, State};
use axum::response::Response;
use http::{HeaderName, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::Semaphore;

use super::params::{Wanted, check_hints, is_raw, parse_detail, parse_first, parse_traces};
use crate::api::common::answer::{self, Json};
use crate::api::common::envelope::{self, ApiError, Problem};
use crate::api::common::go::format_duration;
use crate::api::common::ids;
use crate::api::common::pairs::{Pairs, is_pretty};
use crate::format::jaeger::{Detail, Form, short_id, write_trace};
use crate::format::{otlp, weight};
use crate::model::{Span, SpanId, UnixNanos};
use crate::query::{Held, Hit, IdPattern, Lookup, Missing, Patience, Query, Trace, Warning};
use crate::store::ReadError;

/// The header with the number of spans of a trace; Jaeger has no such header.
const SPAN_COUNT: HeaderName = HeaderName::from_static("span-count");

/// The form of an answer with traces.
#[derive(Debug, Clone, Copy)]
struct Style {
    /// True for spans as they were sent, duplicates included.
    raw: bool,
    /// True for indented JSON.
    pretty: bool,
    /// The span to write before all others, together with its ancestors.
    ahead: Option<SpanId>,
    detail: Detail,
}

impl Style {
    /// Returns true if Jaeger's warnings about the whole trace are added to its spans; the trace
    /// page finds these by itself.
    fn warns(self) -> bool {
        !self.raw && self.detail == Detail::Jaeger
    }
}

/// Answers with one trace.
pub(in crate::api) async fn trace(
    query: Query,
    id: &str,
    pairs: &Pairs,
) -> Result<Response, ApiError> {
    let id = ids::parse_path(id).map_err(ApiError::bad_request)?;
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
            Wanted::ById(ids) => find_all(&query, &ids, patience)?,
        };
        write(json, query.traces(hits), style, &missing)
    })
    .await
}

/// The most ids in one request.
const MAX_IDS: usize = 100;

fn find_all(
    query: &Query,
    ids: &[IdPattern],
    patience: &Patience,
) -> Result<(Vec<Hit>, Vec<Problem>), ApiError> {
    let mut hits = Vec::<Hit>::new();
    let mut missing = Vec::new();
    if ids.len() > MAX_IDS {
        return Err(ApiError::bad_request(format!(
            "more than {MAX_IDS} traces are asked for at once"
        )));
    }
    for id in ids {
        patience.check()?;
        match query.find(id)? {
            Lookup::Found(trace) if hits.iter().any(|hit| hit.id == trace.id) => {}
            Lookup::Found(trace) => hits.push(Hit::id_of(&trace)),
            Lookup::Missing(why) => missing.push(Problem::trace_not_found(id, &why)),
        }
    }
    Ok((hits, missing))
}

/// Writes traces in their envelope; traces without spans are left out.
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
                    let warnings = style.warns().then(|| trace.warnings()).transpose()?;
                    let warning = |span: &Span<'_>| Some(text(warnings.as_ref()?.of(span)?));
                    let form = Form {
                        is_cut: trace.cut,
                        detail: style.detail,
                        warning: Some(&warning),
                    };
                    write_trace(list.entry()?, trace.id, spans, form)?;
                }
            }
            Ok(())
        })
    })
}

/// The text of a warning in Jaeger's words.
fn text(warning: Warning) -> String {
    match warning {
        Warning::Duplicate => "duplicate span IDs; skipping clock skew adjustment".to_owned(),
        Warning::Orphan(parent) => {
            format!("parent span ID={parent} is not in the trace; skipping clock skew adjustment")
        }
        Warning::Skew(nanos) => format!(
            "clock skew adjustment disabled; not applying calculated delta of {}",
            format_duration(nanos)
        ),
    }
}

/// The largest file that can be shown without storing it, in bytes.
const MAX_FILE: usize = 64 << 20;

/// The most attributes, events, links and values in such a file.
const MAX_ELEMENTS: usize = 1_000_000;

/// The memory of one of these while it is decoded and written, in bytes.
const ELEMENT: usize = 160;

/// Takes memory for a file, beside that of the traces that are being answered; this may block.
async fn hold(bytes: usize) -> Result<Held, ApiError> {
    let grow = move || {
        let mut held = Held::default();
        held.grow(bytes).map(|()| held)
    };
    let grown = tokio::task::spawn_blocking(grow);
    Ok(grown.await.map_err(|_| ReadError::Panicked)??)
}

/// Reads a file of about so many bytes into memory, once.
async fn collect(body: Body, length: usize) -> Result<Vec<u8>, ApiError> {
    let mut body = Limited::new(body, MAX_FILE);
    let mut file = Vec::with_capacity(length);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|error| too_large(&error))?.into_data() {
            file.extend_from_slice(&data);
        }
    }
    Ok(file)
}

/// Only one file is converted at a time, since it is in memory as a whole.
static TRANSFORM: Semaphore = Semaphore::const_new(1);

/// The longest to wait for another file.
const TURN_TIME: Duration = Duration::from_secs(5);

fn too_large(error: &BoxError) -> ApiError {
    let is_long = error.is::<LengthLimitError>();
    ApiError {
        status: if is_long {
            StatusCode::PAYLOAD_TOO_LARGE
        } else {
            StatusCode::REQUEST_TIMEOUT
        },
        message: format!("the file cannot be read: {error}; it may have {MAX_FILE} bytes"),
    }
}

/// Converts spans that are not in the store: a file of OTLP JSON, whole or with a message per line.
pub(super) async fn transform(
    Params(pairs): Params<Pairs>,
    body: Body,
) -> Result<Response, ApiError> {
    let detail = parse_detail(&pairs)?;
    let turn = tokio::time::timeout(TURN_TIME, TRANSFORM.acquire()).await;
    let turn = turn.ok().and_then(Result::ok);
    let turn =
        turn.ok_or_else(|| ApiError::busy("another file is being read: try again in a moment"))?;
    let said = body.size_hint().exact().map(usize::try_from);
    let length = said.and_then(Result::ok).unwrap_or(MAX_FILE);
    let length = length.min(MAX_FILE);
    let mut held = hold(length).await?;
    let file = collect(body, length).await?;
    answer::json(is_pretty(&pairs), move |json, _| {
        let elements = weight::check_json(&file, MAX_ELEMENTS).map_err(|too_many| ApiError {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            message: too_many.to_string(),
        })?;
        held.grow(file.len() + elements * ELEMENT)?;
        let _turn = (turn, held);
        let form = Form::whole(detail);
        let traces = otlp::decode_json_lines(&file)
            .map_err(|reason| ApiError::bad_request(format!("cannot unmarshal OTLP : {reason}")))?;
        let mut spans: Vec<_> = traces.flatten().map(|incoming| incoming.span).collect();
        spans.sort_by_key(|span| span.trace_id);
        envelope::write(json, 0, &[], |data| {
            data.list(|list| {
                for spans in spans.chunk_by(|a, b| a.trace_id == b.trace_id) {
                    let [first, ..] = spans else { continue };
                    write_trace(list.entry()?, first.trace_id, spans.iter(), form)?;
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
