//! The names of tags and their values among the newest spans, for the completion of queries.

use std::collections::BTreeSet;

use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::error::TempoError;
use super::params::{parse_count, parse_window};
use super::traceql;
use crate::api::common::envelope::{json as json_answer, to_json};
use crate::api::common::pairs::{Pairs, first};
use crate::model::UnixNanos;
use crate::query::{Field, FoundTags, Place, Query, TagSearch};

/// The number of names or values without `limit`.
const LIMIT: usize = 1000;

/// The fields that are no attributes.
const INTRINSIC: [&str; 19] = [
    "duration",
    "event:name",
    "instrumentation:name",
    "instrumentation:version",
    "kind",
    "name",
    "rootName",
    "rootServiceName",
    "span:duration",
    "span:kind",
    "span:name",
    "span:status",
    "span:statusMessage",
    "status",
    "statusMessage",
    "trace:duration",
    "trace:rootName",
    "trace:rootService",
    "traceDuration",
];

/// The scopes, as queries name them.
const SCOPES: [(&str, Place); 5] = [
    ("resource", Place::Resource),
    ("span", Place::Span),
    ("event", Place::Event),
    ("link", Place::Link),
    ("instrumentation", Place::Scope),
];

pub(super) async fn names(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let scopes = scopes(&query, &pairs).await?;
    let names = scopes.into_iter().flat_map(|(_, names)| names);
    let names: BTreeSet<_> = names.collect();
    Ok(answer(&json!({ "tagNames": names, "metrics": {} })))
}

pub(super) async fn names_by_scope(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let scopes = scopes(&query, &pairs).await?.into_iter();
    let scopes = scopes.map(|(name, tags)| json!({ "name": name, "tags": tags }));
    Ok(answer(
        &json!({ "scopes": scopes.collect::<Vec<_>>(), "metrics": {} }),
    ))
}

async fn scopes(
    query: &Query,
    pairs: &Pairs,
) -> Result<Vec<(&'static str, Vec<String>)>, TempoError> {
    let only = first(pairs, "scope").filter(|scope| *scope != "none");
    if let Some(scope) = only
        && scope != "intrinsic"
        && SCOPES.iter().all(|(name, _)| *name != scope)
    {
        return Err(TempoError::bad_request(format!("invalid scope: {scope}")));
    }
    let mut found = query.tags(tag_search(pairs, None)?).await?;
    let mut scopes = Vec::new();
    for (name, place) in SCOPES {
        let keys = found.keys.remove(&place).unwrap_or_default();
        if !keys.is_empty() {
            scopes.push((name, keys.into_iter().collect()));
        }
    }
    scopes.push(("intrinsic", INTRINSIC.map(ToOwned::to_owned).into()));
    scopes.retain(|(name, _)| only.is_none_or(|only| only == *name));
    Ok(scopes)
}

pub(super) async fn values(
    State(query): State<Query>,
    Path(tag): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    // The first version of the API names attributes alone.
    let tag = decoded(&tag);
    let field = traceql::parse_field(&tag);
    let field = field.unwrap_or(Field::Attribute(Place::Any, tag));
    let found = find_values(&query, &pairs, field).await?;
    let values: Vec<_> = found.values.into_iter().map(|(_, text)| text).collect();
    Ok(answer(&json!({ "tagValues": values, "metrics": {} })))
}

pub(super) async fn typed_values(
    State(query): State<Query>,
    Path(tag): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let field = traceql::parse_field(&decoded(&tag))
        .map_err(|reason| TempoError::bad_request(format!("invalid tag: {reason}")))?;
    let is_keyword = matches!(field, Field::Status | Field::Kind);
    let found = find_values(&query, &pairs, field).await?;
    let values = found.values.into_iter().map(|(kind, text)| {
        let kind = if is_keyword { "keyword" } else { kind };
        json!({ "type": kind, "value": text })
    });
    Ok(answer(
        &json!({ "tagValues": values.collect::<Vec<_>>(), "metrics": {} }),
    ))
}

/// Grafana escapes a tag twice.
fn decoded(tag: &str) -> String {
    percent_decode_str(tag).decode_utf8_lossy().into_owned()
}

/// The values of a field. Names of services and of operations are known without a look at spans.
async fn find_values(query: &Query, pairs: &Pairs, field: Field) -> Result<FoundTags, TempoError> {
    let is_service = matches!(
        &field,
        Field::Attribute(Place::Any | Place::Resource, key) if key == "service.name"
    );
    let text = |name: String| ("string", name);
    if (is_service || field == Field::RootService) && first(pairs, "q").is_none() {
        let services = query.services().await?.into_iter().map(text);
        return Ok(FoundTags {
            values: services.collect(),
            ..FoundTags::default()
        });
    }
    let search = tag_search(pairs, Some(field))?;
    Ok(query.tags(search).await?)
}

fn tag_search(pairs: &Pairs, field: Option<Field>) -> Result<TagSearch, TempoError> {
    let (from, to) = parse_window(pairs, UnixNanos::now())?;
    // A query may be unfinished: it then filters nothing.
    let condition = first(pairs, "q").and_then(|query| traceql::parse(query).ok());
    Ok(TagSearch {
        from,
        to,
        condition,
        field,
        limit: parse_count(pairs, "limit")?.unwrap_or(LIMIT),
    })
}

fn answer(value: &Value) -> Response {
    json_answer(to_json(value, false))
}
