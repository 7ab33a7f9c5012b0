//! `jaeger.api_v3.QueryService`.

use tonic::{Request, Response, Status};

use super::generated::jaeger::api_v3::query_service_server::QueryService;
use super::generated::jaeger::api_v3::{
    DependenciesResponse, Dependency, FindTraceSummariesRequest, FindTraceSummariesResponse,
    FindTracesRequest, GetDependenciesRequest, GetOperationsRequest, GetOperationsResponse,
    GetServicesRequest, GetServicesResponse, GetTraceRequest, Operation, ServiceSummary,
    TraceSummary,
};
use super::params::{search_v3, time};
use super::stream::{self, Messages, read_failed, search_failed};
use crate::api::common::ids;
use crate::api::common::outlet::Traces;
use crate::api::common::summary;
use crate::query::{Hit, Lookup, Query, Trace};
use crate::store::ReadError;

/// Summaries of one message.
const SUMMARIES: usize = 100;

pub(super) struct Service(pub(super) Query);

#[tonic::async_trait]
impl QueryService for Service {
    type GetTraceStream = Messages;
    type FindTracesStream = Messages;
    type FindTraceSummariesStream = Messages<FindTraceSummariesResponse>;

    async fn get_trace(
        &self,
        request: Request<GetTraceRequest>,
    ) -> Result<Response<Messages>, Status> {
        let request = request.into_inner();
        let id = ids::parse(&request.trace_id)
            .map_err(|reason| Status::invalid_argument(format!("malform trace ID: {reason}")))?;
        match self.0.find(id).await.map_err(|error| read_failed(&error))? {
            Lookup::Found(trace) => {
                let traces = Traces::new(self.0.clone(), vec![Hit::from(trace)]);
                stream::traces(traces, request.raw_traces, stream::otlp).await
            }
            Lookup::Missing(why) => Err(Status::not_found(format!("trace not found{why}"))),
        }
    }

    async fn find_traces(
        &self,
        request: Request<FindTracesRequest>,
    ) -> Result<Response<Messages>, Status> {
        let query = request.into_inner().query;
        let raw = query.as_ref().is_some_and(|query| query.raw_traces);
        let hits = self.0.search(search_v3(query)?).await;
        let hits = hits.map_err(|error| search_failed(&error))?;
        stream::traces(Traces::new(self.0.clone(), hits), raw, stream::otlp).await
    }

    async fn find_trace_summaries(
        &self,
        request: Request<FindTraceSummariesRequest>,
    ) -> Result<Response<Self::FindTraceSummariesStream>, Status> {
        let hits = self.0.search(search_v3(request.into_inner().query)?).await;
        let hits = hits.map_err(|error| search_failed(&error))?;
        let mut traces = Traces::new(self.0.clone(), hits).peekable();
        stream::messages(move |outlet| {
            while traces.peek().is_some() {
                let summaries = traces.by_ref().take(SUMMARIES).map(summarize);
                let message = summaries
                    .collect::<Result<_, _>>()
                    .map(|summaries| FindTraceSummariesResponse { summaries });
                let failed = message.is_err();
                if outlet.send(message).is_err() || failed {
                    break;
                }
            }
        })
        .await
    }

    async fn get_services(
        &self,
        _: Request<GetServicesRequest>,
    ) -> Result<Response<GetServicesResponse>, Status> {
        let services = self.0.services().await;
        let services = services.map_err(|error| read_failed(&error))?;
        Ok(Response::new(GetServicesResponse {
            services: services.into_iter().collect(),
        }))
    }

    async fn get_operations(
        &self,
        request: Request<GetOperationsRequest>,
    ) -> Result<Response<GetOperationsResponse>, Status> {
        let request = request.into_inner();
        let kind = (!request.span_kind.is_empty()).then_some(request.span_kind);
        let operations = self.0.operations(request.service, kind).await;
        let operations = operations.map_err(|error| read_failed(&error))?;
        let operations = operations.into_iter().map(|operation| Operation {
            name: operation.name,
            span_kind: operation.kind.as_str().to_owned(),
        });
        Ok(Response::new(GetOperationsResponse {
            operations: operations.collect(),
        }))
    }

    async fn get_dependencies(
        &self,
        request: Request<GetDependenciesRequest>,
    ) -> Result<Response<DependenciesResponse>, Status> {
        let request = request.into_inner();
        let required = |name| move || Status::invalid_argument(format!("{name} is required"));
        let from = request.start_time.ok_or_else(required("start_time"))?;
        let to = request.end_time.ok_or_else(required("end_time"))?;
        if time(&to) <= time(&from) {
            return Err(Status::invalid_argument(
                "end_time must be after start_time",
            ));
        }
        let calls = self.0.dependencies(time(&from), time(&to)).await;
        let calls = calls.map_err(|error| read_failed(&error))?;
        let links = calls
            .into_iter()
            .map(|((parent, child), call_count)| Dependency {
                parent,
                child,
                call_count,
            });
        Ok(Response::new(DependenciesResponse {
            dependencies: links.collect(),
        }))
    }
}

fn summarize(trace: Result<Trace, ReadError>) -> Result<TraceSummary, Status> {
    let trace = trace.map_err(|error| read_failed(&error))?;
    let summary = summary::TraceSummary::of(&trace);
    let summary = summary.map_err(|error| Status::internal(error.to_string()))?;
    let services = summary.services.into_iter().map(|service| ServiceSummary {
        name: service.name,
        span_count: count(service.span_count),
        error_span_count: count(service.error_span_count),
    });
    Ok(TraceSummary {
        trace_id: summary.trace_id,
        root_service_name: summary.root_service_name,
        root_operation_name: summary.root_operation_name,
        min_start_time_unix_nano: summary.min_start_time_unix_nano,
        max_end_time_unix_nano: summary.max_end_time_unix_nano,
        span_count: count(summary.span_count),
        error_span_count: count(summary.error_span_count),
        orphan_span_count: count(summary.orphan_span_count),
        services: services.collect(),
    })
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
