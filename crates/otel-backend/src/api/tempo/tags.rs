//! The names of tags and their values among the newest spans, for completion in queries.

use std::collections::BTreeSet;

use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use traceql::{Field, Intrinsic, Kind, Scope, Status};

use super::error::TempoError;
use super::params::{parse_count, parse_window};
use crate::api::common::envelope::{json as json_answer, to_json};
use crate::api::common::pairs::{Pairs, first};
use crate::model::UnixNanos;
use crate::query::{FoundTags, Query, SpanQuery, TagSearch, has_values};

/// The number of names or values without `limit`.
const LIMIT: usize = 1000;

/// Fields that are not attributes and are not offered, since only Grafana uses them.
const HIDDEN: [Intrinsic; 4] = [
    Intrinsic::ChildCount,
    Intrinsic::NestedSetLeft,
    Intrinsic::NestedSetRight,
    Intrinsic::NestedSetParent,
];

/// The scopes, in the order of the answer.
const SCOPES: [Scope; 5] = [
    Scope::Resource,
    Scope::Span,
    Scope::Event,
    Scope::Link,
    Scope::Instrumentation,
];

/// The names of the fields that are not attributes, each in its short form and with its scope.
fn intrinsics() -> Vec<String> {
    let offered = Intrinsic::all().filter(|intrinsic| !HIDDEN.contains(intrinsic));
    let names = offered.flat_map(|intrinsic| [intrinsic.name(), intrinsic.short_name()]);
    let names: BTreeSet<_> = names.map(ToOwned::to_owned).collect();
    names.into_iter().collect()
}

pub(super) async fn names(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let names = all_names(&query, &pairs).await?;
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

/// The names of all scopes.
pub(super) async fn all_names(
    query: &Query,
    pairs: &Pairs,
) -> Result<BTreeSet<String>, TempoError> {
    let scopes = scopes(query, pairs).await?.into_iter();
    Ok(scopes.flat_map(|(_, names)| names).collect())
}

/// The names of each scope.
pub(super) async fn scopes(
    query: &Query,
    pairs: &Pairs,
) -> Result<Vec<(&'static str, Vec<String>)>, TempoError> {
    let only = first(pairs, "scope").filter(|scope| *scope != "none");
    if let Some(scope) = only
        && scope != "intrinsic"
        && Scope::from_name(scope).is_none()
    {
        return Err(TempoError::bad_request(format!("invalid scope: {scope}")));
    }
    let mut found = query.tags(tag_search(pairs, None)?).await?;
    let mut scopes = Vec::new();
    for scope in SCOPES {
        let keys = found.keys.remove(&scope).unwrap_or_default();
        if !keys.is_empty() {
            scopes.push((scope.name(), keys.into_iter().collect()));
        }
    }
    scopes.push(("intrinsic", intrinsics()));
    scopes.retain(|(name, _)| only.is_none_or(|only| only == *name));
    Ok(scopes)
}

pub(super) async fn values(
    State(query): State<Query>,
    Path(tag): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let found = find_values(&query, &pairs, lenient_field(decoded(&tag))).await?;
    let values: Vec<_> = found.values.into_iter().map(|(_, text)| text).collect();
    Ok(answer(&json!({ "tagValues": values, "metrics": {} })))
}

pub(super) async fn typed_values(
    State(query): State<Query>,
    Path(tag): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let found = find_values(&query, &pairs, field(&decoded(&tag))?).await?;
    let values = found.values.into_iter();
    let values = values.map(|(kind, text)| json!({ "type": kind, "value": text }));
    Ok(answer(
        &json!({ "tagValues": values.collect::<Vec<_>>(), "metrics": {} }),
    ))
}

/// The field of a tag.
pub(super) fn field(tag: &str) -> Result<Field, TempoError> {
    let field = traceql::parse_field(tag);
    field.map_err(|reason| TempoError::bad_request(format!("invalid tag: {reason}")))
}

/// Like [`field`]; in the v1 API, tags are always attributes.
pub(super) fn lenient_field(tag: String) -> Field {
    traceql::parse_field(&tag).unwrap_or(Field::Attribute(Scope::Any, tag))
}

/// Grafana escapes a tag twice.
fn decoded(tag: &str) -> String {
    percent_decode_str(tag).decode_utf8_lossy().into_owned()
}

/// The values of a field. Those of services, statuses and kinds are known without a look at spans.
pub(super) async fn find_values(
    query: &Query,
    pairs: &Pairs,
    field: Field,
) -> Result<FoundTags, TempoError> {
    let of = |values: BTreeSet<(&'static str, String)>| FoundTags {
        values,
        ..FoundTags::default()
    };
    let keywords = |names: Vec<&str>| {
        let names = names.into_iter().map(|name| ("keyword", name.to_owned()));
        of(names.collect())
    };
    let field = match field {
        Field::Intrinsic(Intrinsic::Status) => {
            return Ok(keywords(Status::ALL.map(Status::name).to_vec()));
        }
        Field::Intrinsic(Intrinsic::Kind) => {
            return Ok(keywords(Kind::ALL.map(Kind::name).to_vec()));
        }
        // A root is a span, too.
        Field::Intrinsic(Intrinsic::RootName) => Field::Intrinsic(Intrinsic::Name),
        Field::Intrinsic(Intrinsic::RootService) => Field::service_name(),
        field if !has_values(&field) => return Ok(FoundTags::default()),
        field => field,
    };
    let is_service = matches!(
        &field,
        Field::Attribute(Scope::Any | Scope::Resource, key) if key == "service.name"
    );
    if is_service && first(pairs, "q").is_none() {
        let services = query.services().await?.into_iter();
        return Ok(of(services.map(|name| ("string", name)).collect()));
    }
    let search = tag_search(pairs, Some(field))?;
    Ok(query.tags(search).await?)
}

fn tag_search(pairs: &Pairs, field: Option<Field>) -> Result<TagSearch, TempoError> {
    let (from, to) = parse_window(pairs, UnixNanos::now())?;
    // An unfinished query filters nothing.
    let query = first(pairs, "q").and_then(traceql::parse_lenient);
    Ok(TagSearch {
        from,
        to,
        query: query.as_ref().map(SpanQuery::new),
        field,
        limit: parse_count(pairs, "limit")?.unwrap_or(LIMIT),
    })
}

fn answer(value: &Value) -> Response {
    json_answer(to_json(value, false))
}
