//! The names of tags and their values among the newest spans, for completion in queries.

use std::collections::BTreeSet;

use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::json;
use traceql::{Field, Intrinsic, Kind, Scope, Status};

use super::error::TempoError;
use super::params::{parse_count, parse_window};
use crate::api::common::answer;
use crate::api::common::pairs::{Pairs, first};
use crate::model::UnixNanos;
use crate::query::{Patience, Query, SearchError, SpanQuery, TagSearch, has_values};

/// The default limit of names or values.
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
    let wanted = Scopes::read(&pairs)?;
    let answer = answer::json(false, move |json, patience| {
        let names = wanted.all_names(&query, patience)?;
        Ok(json.value(&json!({ "tagNames": names, "metrics": {} }))?)
    });
    Ok(answer.await?)
}

pub(super) async fn names_by_scope(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let wanted = Scopes::read(&pairs)?;
    let answer = answer::json(false, move |json, patience| {
        let scopes = wanted.names(&query, patience)?.into_iter();
        let scopes = scopes.map(|(name, tags)| json!({ "name": name, "tags": tags }));
        let scopes: Vec<_> = scopes.collect();
        Ok(json.value(&json!({ "scopes": scopes, "metrics": {} }))?)
    });
    Ok(answer.await?)
}

/// A question for the names of tags.
pub(super) struct Scopes {
    /// The scope that is asked for, unless it is all.
    only: Option<String>,
    search: TagSearch,
}

impl Scopes {
    pub(super) fn read(pairs: &Pairs) -> Result<Self, TempoError> {
        let only = first(pairs, "scope").filter(|scope| *scope != "none");
        if let Some(scope) = only
            && scope != "intrinsic"
            && Scope::from_name(scope).is_none()
        {
            return Err(TempoError::bad_request(format!("invalid scope: {scope}")));
        }
        Ok(Self {
            only: only.map(ToOwned::to_owned),
            search: tag_search(pairs, None)?,
        })
    }

    /// The names of each scope.
    pub(super) fn names(
        &self,
        query: &Query,
        patience: &Patience,
    ) -> Result<Vec<(&'static str, Vec<String>)>, SearchError> {
        let mut found = query.tags(&self.search, patience)?;
        let mut scopes = Vec::new();
        for scope in SCOPES {
            let keys = found.keys.remove(&scope).unwrap_or_default();
            if !keys.is_empty() {
                scopes.push((scope.name(), keys.into_iter().collect()));
            }
        }
        scopes.push(("intrinsic", intrinsics()));
        let only = self.only.as_deref();
        scopes.retain(|(name, _)| only.is_none_or(|only| only == *name));
        Ok(scopes)
    }

    /// The names of all scopes.
    pub(super) fn all_names(
        &self,
        query: &Query,
        patience: &Patience,
    ) -> Result<BTreeSet<String>, SearchError> {
        let scopes = self.names(query, patience)?.into_iter();
        Ok(scopes.flat_map(|(_, names)| names).collect())
    }
}

pub(super) async fn values(
    State(query): State<Query>,
    Path(tag): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let wanted = Values::read(&pairs, lenient_field(decoded(&tag)))?;
    let answer = answer::json(false, move |json, patience| {
        let found = wanted.find(&query, patience)?;
        let values: Vec<_> = found.into_iter().map(|(_, text)| text).collect();
        Ok(json.value(&json!({ "tagValues": values, "metrics": {} }))?)
    });
    Ok(answer.await?)
}

pub(super) async fn typed_values(
    State(query): State<Query>,
    Path(tag): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let wanted = Values::read(&pairs, field(&decoded(&tag))?)?;
    let answer = answer::json(false, move |json, patience| {
        let found = wanted.find(&query, patience)?.into_iter();
        let values = found.map(|(kind, text)| json!({ "type": kind, "value": text }));
        let values: Vec<_> = values.collect();
        Ok(json.value(&json!({ "tagValues": values, "metrics": {} }))?)
    });
    Ok(answer.await?)
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

/// The name of a type, and a value as text.
type Typed = (&'static str, String);

/// A question for the values of a tag. Those of services, statuses and kinds are known without a look
/// at spans.
pub(super) enum Values {
    Keywords(Vec<&'static str>),
    /// At most so many.
    Services(usize),
    Of(TagSearch),
    None,
}

impl Values {
    pub(super) fn read(pairs: &Pairs, field: Field) -> Result<Self, TempoError> {
        let field = match field {
            Field::Intrinsic(Intrinsic::Status) => {
                return Ok(Self::Keywords(Status::ALL.map(Status::name).to_vec()));
            }
            Field::Intrinsic(Intrinsic::Kind) => {
                return Ok(Self::Keywords(Kind::ALL.map(Kind::name).to_vec()));
            }
            // A root is a span, too.
            Field::Intrinsic(Intrinsic::RootName) => Field::Intrinsic(Intrinsic::Name),
            Field::Intrinsic(Intrinsic::RootService) => Field::service_name(),
            field if !has_values(&field) => return Ok(Self::None),
            field => field,
        };
        let is_service = matches!(
            &field,
            Field::Attribute(Scope::Any | Scope::Resource, key) if key == "service.name"
        );
        let search = tag_search(pairs, Some(field))?;
        if is_service && first(pairs, "q").is_none() {
            return Ok(Self::Services(search.limit));
        }
        Ok(Self::Of(search))
    }

    pub(super) fn find(
        &self,
        query: &Query,
        patience: &Patience,
    ) -> Result<BTreeSet<Typed>, SearchError> {
        Ok(match self {
            Self::Keywords(names) => {
                let names = names.iter().map(|name| ("keyword", (*name).to_owned()));
                names.collect()
            }
            Self::Services(limit) => {
                let services = query.services()?.into_iter().take(*limit);
                services.map(|name| ("string", name)).collect()
            }
            Self::Of(search) => query.tags(search, patience)?.values,
            Self::None => BTreeSet::new(),
        })
    }
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
