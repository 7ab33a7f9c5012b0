//! The old API's metrics. There is no metrics store; only a well-formed request is told so.

use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use super::params::parse;
use crate::api::common::envelope::{ApiError, no_route};
use crate::api::common::go;
use crate::api::common::pairs::{Pairs, all, first};
use crate::model::SpanKind;

pub(super) async fn metrics(Path(kind): Path<String>, Params(pairs): Params<Pairs>) -> Response {
    if !["latencies", "calls", "errors"].contains(&kind.as_str()) {
        return no_route();
    }
    let disabled = || ApiError {
        status: StatusCode::NOT_IMPLEMENTED,
        message: "trace metrics are currently disabled - no metrics backend configured".to_owned(),
    };
    let checked = check(&kind, &pairs);
    checked.err().unwrap_or_else(disabled).into_response()
}

fn check(kind: &str, pairs: &Pairs) -> Result<(), ApiError> {
    if kind == "latencies" {
        let quantile = go::parse_float(first(pairs, "quantile").unwrap_or_default());
        quantile.map_err(|reason| unable("quantile", &reason))?;
    }
    if all(pairs, "service").next().is_none() {
        return Err(unable(
            "service",
            "please provide at least one service name",
        ));
    }
    parse(pairs, "groupByOperation", go::parse_bool)?;
    let is_kind = |kind: &&str| *kind == "unspecified" || SpanKind::from_name(kind).is_some();
    if let Some(kind) = all(pairs, "spanKind").find(|kind| !is_kind(kind)) {
        return Err(unable(
            "spanKind",
            &format!("unsupported span kind: '{kind}'"),
        ));
    }
    for name in ["endTs", "lookback", "step", "ratePer"] {
        parse(pairs, name, |text| go::parse_int(text, 64))?;
    }
    Ok(())
}

fn unable(name: &str, reason: &str) -> ApiError {
    ApiError::bad_request(format!("unable to parse param '{name}': {reason}"))
}
