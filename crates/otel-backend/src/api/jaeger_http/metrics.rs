//! The old API's metrics, computed from stored spans, for Jaeger UI's Monitor page.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::json;
use traceql::syntax::{Expr, Function, Pipeline, SpanMetrics};
use traceql::{Comparison, Field, Intrinsic, Kind, Metrics, Status, Value, Window};

use super::params::parse;
use crate::api::common::answer::{self, Json};
use crate::api::common::envelope::{ApiError, no_route};
use crate::api::common::go;
use crate::api::common::pairs::{Pairs, all, first, is_pretty};
use crate::format::json::Container;
use crate::model::UnixNanos;
use crate::query::{MetricsSearch, Patience, Query};

/// The default of `lookback`, in milliseconds.
const LOOKBACK: i64 = 3_600_000;

/// The default of `step`, in milliseconds.
const STEP: i64 = 5_000;

/// One of the three metrics.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Metric {
    /// A quantile of the durations, in milliseconds.
    Latencies(f64),
    /// The number of spans per second.
    Calls,
    /// The fraction of spans that failed, from 0 to 1.
    Errors,
}

/// The parameters.
#[derive(Debug)]
struct Wanted {
    metric: Metric,
    services: Vec<String>,
    kinds: Vec<Kind>,
    by_operation: bool,
    window: Window,
}

/// The values by time, in milliseconds since the epoch, for each set of label values.
type Lines = BTreeMap<Vec<String>, BTreeMap<u64, f64>>;

pub(super) async fn metrics(
    State(query): State<Query>,
    Path(kind): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    if !["latencies", "calls", "errors"].contains(&kind.as_str()) {
        return Ok(no_route());
    }
    let wanted = Wanted::parse(&kind, &pairs, UnixNanos::now())?;
    let answer = answer::json(is_pretty(&pairs), move |json, patience| {
        let lines = wanted.ask(&query, patience)?;
        wanted.write(lines, json)
    });
    Ok(answer.await?.into_response())
}

impl Wanted {
    fn parse(kind: &str, pairs: &Pairs, now: UnixNanos) -> Result<Self, ApiError> {
        let metric = match kind {
            "latencies" => {
                let quantile = go::parse_float(first(pairs, "quantile").unwrap_or_default());
                Metric::Latencies(quantile.map_err(|reason| unable("quantile", &reason))?)
            }
            "errors" => Metric::Errors,
            _ => Metric::Calls,
        };
        let services: Vec<_> = all(pairs, "service").map(ToOwned::to_owned).collect();
        if services.is_empty() {
            return Err(unable(
                "service",
                "please provide at least one service name",
            ));
        }
        let by_operation = parse(pairs, "groupByOperation", go::parse_bool)?.unwrap_or_default();
        let kinds = all(pairs, "spanKind")
            .map(parse_kind)
            .collect::<Result<Vec<_>, _>>()?;
        let number = |name| parse(pairs, name, |text| go::parse_int(text, 64));
        let (end, lookback, step) = (number("endTs")?, number("lookback")?, number("step")?);
        number("ratePer")?;
        let nanos = |millis: i64| {
            u64::try_from(millis)
                .unwrap_or_default()
                .saturating_mul(1_000_000)
        };
        let end = end.map_or(now.0, nanos);
        let start = end.saturating_sub(nanos(lookback.unwrap_or(LOOKBACK)));
        let window = Window::range(start, end, Some(nanos(step.unwrap_or(STEP))));
        Ok(Self {
            metric,
            services,
            kinds: if kinds.is_empty() {
                vec![Kind::Server]
            } else {
                kinds
            },
            by_operation,
            window: window.map_err(|error| ApiError::bad_request(error.to_string()))?,
        })
    }

    /// Computes the values, each from the spans of one step.
    fn ask(&self, query: &Query, patience: &Patience) -> Result<Lines, ApiError> {
        match self.metric {
            Metric::Calls => self.lines(query, Function::Rate, None, patience),
            Metric::Latencies(quantile) => {
                let duration = Field::Intrinsic(Intrinsic::Duration);
                let function = Function::QuantileOverTime(duration, vec![quantile]);
                let mut lines = self.lines(query, function, None, patience)?;
                for line in lines.values_mut() {
                    // Zero means a step without spans.
                    line.retain(|_, seconds| *seconds > 0.0);
                    for seconds in line.values_mut() {
                        *seconds *= 1000.0;
                    }
                }
                Ok(lines)
            }
            Metric::Errors => {
                let mut lines = self.lines(query, Function::CountOverTime, None, patience)?;
                let status = Some(Status::Error);
                let failed = self.lines(query, Function::CountOverTime, status, patience)?;
                for (labels, line) in &mut lines {
                    line.retain(|_, count| *count > 0.0);
                    for (time, count) in line {
                        let failed = failed.get(labels).and_then(|line| line.get(time));
                        *count = failed.copied().unwrap_or_default() / *count;
                    }
                }
                Ok(lines)
            }
        }
    }

    fn lines(
        &self,
        query: &Query,
        function: Function,
        status: Option<Status>,
        patience: &Patience,
    ) -> Result<Lines, ApiError> {
        let mut by = vec![Field::service_name()];
        by.extend(
            self.by_operation
                .then_some(Field::Intrinsic(Intrinsic::Name)),
        );
        let metrics = SpanMetrics {
            pipeline: Pipeline::of_selector(self.selector(status)),
            function,
            by,
        };
        let search = MetricsSearch {
            metrics: Arc::new(Metrics::new(&metrics.into())),
            window: self.window,
        };
        let counted = query.metrics(&search, patience)?;
        if counted.answer.is_partial {
            return Err(ApiError::bad_request(
                "there are more operations than fit into memory: ask for fewer services, or longer steps",
            ));
        }
        let line = |series: traceql::Series| {
            let labels = series.labels.iter().filter(|(name, _)| name != "p");
            let labels = labels.map(|(_, value)| value.to_string()).collect();
            (labels, series.points.into_iter().collect())
        };
        Ok(counted.answer.series.into_iter().map(line).collect())
    }

    fn selector(&self, status: Option<Status>) -> Expr {
        let is = |field: Field, value| {
            let (field, value) = (Expr::Field(field), Expr::Literal(value));
            Expr::Compare(Box::new(field), Comparison::Equal, Box::new(value))
        };
        let services = self.services.iter();
        let services = services.map(|name| is(Field::service_name(), Value::text(name.clone())));
        let kinds = self.kinds.iter();
        let kinds = kinds.map(|kind| is(Field::Intrinsic(Intrinsic::Kind), Value::Kind(*kind)));
        let status =
            status.map(|status| is(Field::Intrinsic(Intrinsic::Status), Value::Status(status)));
        let all = [Expr::Any(services.collect()), Expr::Any(kinds.collect())];
        Expr::All(all.into_iter().chain(status).collect())
    }

    /// Writes a `MetricFamily`, the answer in Jaeger's format.
    fn write(&self, lines: Lines, json: &mut Json<'_, '_>) -> Result<(), ApiError> {
        let (name, help) = match self.metric {
            Metric::Latencies(quantile) => {
                ("latencies", format!("{quantile:.2}th quantile latency"))
            }
            Metric::Calls => ("call_rate", "calls/sec".to_owned()),
            Metric::Errors => {
                let help = "error rate, computed as a fraction of errors/sec over calls/sec";
                ("error_rate", help.to_owned())
            }
        };
        let (scope, grouped) = if self.by_operation {
            ("service_operation", "service & operation")
        } else {
            ("service", "service")
        };
        json.object(|family| {
            let name = format!("{scope}_{name}");
            family.member("name")?.value(&name)?;
            family.member("type")?.value("GAUGE")?;
            let help = format!("{help}, grouped by {grouped}");
            family.member("help")?.value(&help)?;
            family.member("metrics")?.list(|metrics| {
                for (labels, line) in lines {
                    metrics
                        .entry()?
                        .object(|metric| write_metric(metric, labels, line))?;
                }
                Ok(())
            })
        })
    }
}

fn write_metric(
    metric: &mut Container<'_, impl Write>,
    labels: Vec<String>,
    line: BTreeMap<u64, f64>,
) -> Result<(), ApiError> {
    let labels = ["service_name", "operation"].into_iter().zip(labels);
    let labels = labels.map(|(name, value)| json!({ "name": name, "value": value }));
    let labels: Vec<_> = labels.collect();
    metric.member("labels")?.value(&labels)?;
    metric.member("metricPoints")?.list(|points| {
        for (millis, value) in line {
            let millis = i64::try_from(millis).unwrap_or(i64::MAX);
            let time = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
            let gauge = json!({ "doubleValue": value });
            let point = json!({ "gaugeValue": gauge, "timestamp": time.to_string() });
            points.entry()?.value(&point)?;
        }
        Ok(())
    })
}

fn parse_kind(name: &str) -> Result<Kind, ApiError> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    kind.ok_or_else(|| unable("spanKind", &format!("unsupported span kind: '{name}'")))
}

fn unable(name: &str, reason: &str) -> ApiError {
    ApiError::bad_request(format!("unable to parse param '{name}': {reason}"))
}
