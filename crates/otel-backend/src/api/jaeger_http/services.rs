//! The old API's lists of services and operations.

use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::api::common::envelope::{self, ApiError};
use crate::api::common::pairs::{Pairs, is_pretty, text};
use crate::query::Query;

pub(super) async fn services(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let services: Vec<_> = query.services().await?.into_iter().collect();
    Ok(envelope::answer(
        &services,
        services.len(),
        is_pretty(&pairs),
    ))
}

/// `/services/{service}/operations`. The name of the service may contain slashes, since Grafana
/// does not escape them.
pub(super) async fn service_operations(
    State(query): State<Query>,
    Path(rest): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let Some(service) = rest.strip_suffix("/operations") else {
        return Ok(envelope::no_route());
    };
    let mut operations = query.operations(service.to_owned(), None).await?;
    if operations.is_empty() {
        // Jaeger decodes the name once more, and clients escape it so.
        let service = percent_decode_str(service).decode_utf8_lossy().into_owned();
        operations = query.operations(service, None).await?;
    }
    let mut names: Vec<_> = operations.into_iter().map(|o| o.name).collect();
    names.dedup();
    // Of a service that it does not know, Jaeger says `null`.
    let total = names.len();
    let names = (total > 0).then_some(names);
    Ok(envelope::answer(&names, total, is_pretty(&pairs)))
}

/// An operation of a service.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OperationJson {
    name: String,
    span_kind: &'static str,
}

pub(super) async fn operations(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let service = text(&pairs, "service")
        .ok_or_else(|| ApiError::bad_request("parameter 'service' is required"))?;
    let operations = query.operations(service, text(&pairs, "spanKind")).await?;
    let operations = operations.into_iter().map(|operation| OperationJson {
        name: operation.name,
        span_kind: operation.kind.as_str(),
    });
    let operations: Vec<_> = operations.collect();
    Ok(envelope::answer(
        &operations,
        operations.len(),
        is_pretty(&pairs),
    ))
}
