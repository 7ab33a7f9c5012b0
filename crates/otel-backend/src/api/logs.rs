//! Our own API for log records, since Jaeger and Tempo have none. `docs/query-api.md` describes it.

use axum::Router;
use axum::extract::{Query as Params, State};
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use super::common::answer;
use super::common::envelope::ApiError;
use super::common::ids;
use super::common::pairs::{Pairs, first, is_pretty, text};
use crate::format::otlp::LogJson;
use crate::model::{LogRecord, Severity, UnixNanos};
use crate::query::{LogCursor, LogOrder, LogSearch, LogText, Query};
use crate::store::LogScope;

/// A record, preceded by the fields that the page shows first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    service: &'a str,
    /// The name of the severity.
    severity: String,
    /// The body as text.
    text: &'a str,
    #[serde(flatten)]
    record: LogJson<'a>,
}

/// The default of `limit`.
const LIMIT: usize = 100;

/// The largest `limit`.
const MAX_LIMIT: usize = 10_000;

/// All parameters of a question. Any other is refused, since without it too many records would match.
const PARAMETERS: [&str; 11] = [
    "service",
    "start",
    "end",
    "severity",
    "text",
    "traceId",
    "spanId",
    "order",
    "limit",
    "after",
    "prettyPrint",
];

pub(super) fn router() -> Router<Query> {
    Router::new()
        .route("/api/logs", get(logs))
        .route("/api/logs/services", get(services))
}

async fn services(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    answer::json(is_pretty(&pairs), move |json, _| {
        let services = query.log_services()?;
        json.object(|answer| Ok(answer.member("services")?.value(&services)?))
    })
    .await
}

async fn logs(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let search = parse(&pairs)?;
    answer::json(is_pretty(&pairs), move |json, patience| {
        let found = query.logs(&search, patience)?;
        json.object(|answer| {
            answer.member("logs")?.list(|list| {
                for log in &found.logs {
                    let entry = list.entry()?;
                    log.with(|record| entry.value(&Shown::of(record, &record.body.text())))??;
                }
                Ok::<_, ApiError>(())
            })?;
            if let Some(next) = found.next {
                answer.member("next")?.value(&next.to_string())?;
            }
            Ok(())
        })
    })
    .await
}

impl<'a> Shown<'a> {
    fn of(record: &'a LogRecord<'a>, text: &'a str) -> Self {
        Self {
            service: record.resource.service_name(),
            severity: record.severity.name(),
            text,
            record: LogJson::new(record),
        }
    }
}

fn check_names(pairs: &Pairs) -> Result<(), ApiError> {
    let is_unknown = |(name, _): &&(String, String)| !PARAMETERS.contains(&name.as_str());
    match pairs.iter().find(is_unknown) {
        None => Ok(()),
        Some((name, _)) => Err(ApiError::bad_request(format!(
            "there is no parameter {:?}; there are {}",
            name.chars().take(64).collect::<String>(),
            PARAMETERS.join(", ")
        ))),
    }
}

fn parse(pairs: &Pairs) -> Result<LogSearch, ApiError> {
    check_names(pairs)?;
    let malformed = |name: &str, value: &str, wanted: &str| {
        ApiError::bad_request(format!("{name} '{value}' is not {wanted}"))
    };
    let time = |name, otherwise| match first(pairs, name) {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .map(UnixNanos)
            .map_err(|_| malformed(name, text, "a number of nanoseconds since 1970")),
    };
    let limit = match first(pairs, "limit") {
        None => LIMIT,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| malformed("limit", text, "a number from 1 to 10000"))?,
    };
    let severity = match first(pairs, "severity") {
        None => Severity::MIN,
        Some(text) => Severity::parse(text)
            .ok_or_else(|| malformed("severity", text, "a severity, such as warn or 13"))?,
    };
    let order = match first(pairs, "order") {
        None | Some("newest") => LogOrder::NewestFirst,
        Some("oldest") => LogOrder::OldestFirst,
        Some(text) => return Err(malformed("order", text, "newest or oldest")),
    };
    let after = first(pairs, "after").map(|text| {
        LogCursor::parse(text).ok_or_else(|| malformed("after", text, "the 'next' of an answer"))
    });
    let id = |name, text: &str| malformed(name, text, "an id in hexadecimal digits");
    let trace = first(pairs, "traceId").map(|text| {
        let parsed = ids::parse(text).ok().and_then(|pattern| pattern.exact);
        parsed.ok_or_else(|| id("traceId", text))
    });
    let span = first(pairs, "spanId").map(|text| {
        let parsed = ids::parse_span(text).ok().flatten();
        parsed.ok_or_else(|| id("spanId", text))
    });
    let text = first(pairs, "text").map(LogText::new).transpose();
    Ok(LogSearch {
        scope: LogScope {
            service: self::text(pairs, "service"),
            from: time("start", UnixNanos(0))?,
            to: time("end", UnixNanos::MAX)?,
            severity,
            trace: trace.transpose()?,
        },
        text: text.map_err(|reason| ApiError::bad_request(reason.to_string()))?,
        span: span.transpose()?,
        limit,
        order,
        after: after.transpose()?,
    })
}
