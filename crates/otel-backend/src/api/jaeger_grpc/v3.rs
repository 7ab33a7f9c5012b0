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
use super::stream::{self, Messages};
use crate::api::common::{grpc, ids, summary};
use crate::query::{CountingTurn, Query, Trace};
use crate::store::ReadError;

/// The most summaries in a message.
const SUMMARIES: usize = 100;

pub(super) struct Service(pub(super) Query);

#[tonic::async_trait]
impl QueryService for Service {
    type GetTraceStream = Messages;
    type FindTracesStream = Messages;
    type FindTraceSummariesStream = grpc::Messages<FindTraceSummariesResponse>;

    async fn get_trace(
        &self,
        request: Request<GetTraceRequest>,
    ) -> Result<Response<Messages>, Status> {
        let request = request.into_inner();
        let id = ids::parse(&request.trace_id)
            .map_err(|reason| Status::invalid_argument(format!("malform trace ID: {reason}")))?;
        stream::trace(self.0.clone(), id, request.raw_traces, stream::otlp).await
    }

    async fn find_traces(
        &self,
        request: Request<FindTracesRequest>,
    ) -> Result<Response<Messages>, Status> {
        let query = request.into_inner().query;
        let raw = query.as_ref().is_some_and(|query| query.raw_traces);
        stream::traces(self.0.clone(), search_v3(query)?, raw, stream::otlp).await
    }

    async fn find_trace_summaries(
        &self,
        request: Request<FindTraceSummariesRequest>,
    ) -> Result<Response<Self::FindTraceSummariesStream>, Status> {
        let (query, search) = (self.0.clone(), search_v3(request.into_inner().query)?);
        grpc::messages(move |outlet| {
            let hits = query.search(&search, &outlet.patience())?;
            let mut traces = query.traces(hits).peekable();
            while traces.peek().is_some() {
                let summaries = traces.by_ref().take(SUMMARIES).map(summarize);
                let summaries = summaries.collect::<Result<_, Status>>()?;
                outlet.send(FindTraceSummariesResponse { summaries })?;
            }
            Ok(())
        })
        .await
    }

    async fn get_services(
        &self,
        _: Request<GetServicesRequest>,
    ) -> Result<Response<GetServicesResponse>, Status> {
        let query = self.0.clone();
        grpc::message(move |_| {
            let services = query.services()?.into_iter().collect();
            Ok(GetServicesResponse { services })
        })
        .await
    }

    async fn get_operations(
        &self,
        request: Request<GetOperationsRequest>,
    ) -> Result<Response<GetOperationsResponse>, Status> {
        let request = request.into_inner();
        let kind = (!request.span_kind.is_empty()).then_some(request.span_kind);
        let query = self.0.clone();
        grpc::message(move |_| {
            let operations = query.operations(&request.service, kind.as_deref())?;
            let operations = operations.into_iter().map(|operation| Operation {
                name: operation.name,
                span_kind: operation.kind.as_str().to_owned(),
            });
            let operations = operations.collect();
            Ok(GetOperationsResponse { operations })
        })
        .await
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
        let (query, from, to) = (self.0.clone(), time(&from), time(&to));
        let turn = CountingTurn::wait().await?;
        grpc::message(move |patience| {
            let calls = query.dependencies(&turn, from, to, patience)?;
            let links = calls
                .into_iter()
                .map(|((parent, child), call_count)| Dependency {
                    parent,
                    child,
                    call_count,
                });
            Ok(DependenciesResponse {
                dependencies: links.collect(),
            })
        })
        .await
    }
}

fn summarize(trace: Result<Trace, ReadError>) -> Result<TraceSummary, Status> {
    let summary = summary::TraceSummary::of(&trace?)?;
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
