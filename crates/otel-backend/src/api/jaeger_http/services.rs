//! The old API's lists of services and operations.

use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::api::common::answer;
use crate::api::common::envelope::{self, ApiError};
use crate::api::common::pairs::{Pairs, is_pretty, text};
use crate::query::Query;

pub(super) async fn services(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    answer::json(is_pretty(&pairs), move |json, _| {
        let services = query.services()?;
        envelope::write(json, services.len(), &[], |data| Ok(data.value(&services)?))
    })
    .await
}

/// `/services/{service}/operations`. The name of the service may contain slashes, since Grafana
/// does not escape them.
pub(super) async fn service_operations(
    State(query): State<Query>,
    Path(rest): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let service = rest.strip_suffix("/operations");
    let Some(service) = service.filter(|service| !service.is_empty()) else {
        return Ok(envelope::no_route());
    };
    let service = service.to_owned();
    answer::json(is_pretty(&pairs), move |json, _| {
        let mut operations = query.operations(&service, None)?;
        if operations.is_empty() {
            // Jaeger decodes the name once more, and clients escape it so.
            let service = percent_decode_str(&service).decode_utf8_lossy();
            operations = query.operations(&service, None)?;
        }
        let mut names: Vec<_> = operations.into_iter().map(|o| o.name).collect();
        names.dedup();
        // Of a service that it does not know, Jaeger says `null`.
        let total = names.len();
        let names = (total > 0).then_some(names);
        envelope::write(json, total, &[], |data| Ok(data.value(&names)?))
    })
    .await
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
    let kind = text(&pairs, "spanKind");
    answer::json(is_pretty(&pairs), move |json, _| {
        let operations = query.operations(&service, kind.as_deref())?;
        envelope::write(json, operations.len(), &[], |data| {
            data.list(|list| {
                operations.into_iter().try_for_each(|operation| {
                    Ok(list.entry()?.value(&OperationJson {
                        name: operation.name,
                        span_kind: operation.kind.as_str(),
                    })?)
                })
            })
        })
    })
    .await
}
