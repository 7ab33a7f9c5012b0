//! `jaeger.api_v2.QueryService`.

use prost_types::Timestamp;
use tonic::{Request, Response, Status};

use super::generated::jaeger::api_v2::query_service_server::QueryService;
use super::generated::jaeger::api_v2::{
    ArchiveTraceRequest, ArchiveTraceResponse, DependencyLink, FindTracesRequest,
    GetDependenciesRequest, GetDependenciesResponse, GetOperationsRequest, GetOperationsResponse,
    GetServicesRequest, GetServicesResponse, GetTraceRequest, Operation,
};
use super::params::{search_v2, time};
use super::stream::{self, Messages};
use crate::api::common::grpc;
use crate::model::TraceId;
use crate::query::{CountingTurn, IdPattern, Query};

pub(super) struct Service(pub(super) Query);

#[tonic::async_trait]
impl QueryService for Service {
    type GetTraceStream = Messages;
    type FindTracesStream = Messages;

    async fn get_trace(
        &self,
        request: Request<GetTraceRequest>,
    ) -> Result<Response<Messages>, Status> {
        let request = request.into_inner();
        let id = IdPattern::exactly(Some(trace_id(&request.trace_id)?));
        stream::trace(self.0.clone(), id, request.raw_traces, stream::chunks).await
    }

    async fn find_traces(
        &self,
        request: Request<FindTracesRequest>,
    ) -> Result<Response<Messages>, Status> {
        let query = request.into_inner().query;
        let query = query.ok_or_else(|| Status::invalid_argument("missing query"))?;
        let raw = query.raw_traces;
        stream::traces(self.0.clone(), search_v2(query), raw, stream::chunks).await
    }

    async fn archive_trace(
        &self,
        request: Request<ArchiveTraceRequest>,
    ) -> Result<Response<ArchiveTraceResponse>, Status> {
        trace_id(&request.into_inner().trace_id)?;
        Err(Status::internal(
            "failed to archive trace: archive span storage was not configured",
        ))
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
            let mut operation_names: Vec<_> = operations.iter().map(|o| o.name.clone()).collect();
            operation_names.dedup();
            let operations = operations.into_iter().map(|operation| Operation {
                name: operation.name,
                span_kind: operation.kind.as_str().to_owned(),
            });
            Ok(GetOperationsResponse {
                operation_names,
                operations: operations.collect(),
            })
        })
        .await
    }

    async fn get_dependencies(
        &self,
        request: Request<GetDependenciesRequest>,
    ) -> Result<Response<GetDependenciesResponse>, Status> {
        let request = request.into_inner();
        let (from, to) = window(request.start_time.as_ref(), request.end_time.as_ref())?;
        let (query, from, to) = (self.0.clone(), time(from), time(to));
        let turn = CountingTurn::wait().await?;
        grpc::message(move |patience| {
            let calls = query.dependencies(&turn, from, to, patience)?;
            let links = calls
                .into_iter()
                .map(|((parent, child), call_count)| DependencyLink {
                    parent,
                    child,
                    call_count,
                    source: String::new(),
                });
            Ok(GetDependenciesResponse {
                dependencies: links.collect(),
            })
        })
        .await
    }
}

/// A trace id of 16 bytes, or of the 8 low ones.
fn trace_id(bytes: &[u8]) -> Result<TraceId, Status> {
    let mut id = [0; 16];
    match bytes.len() {
        0 => {}
        8 | 16 => {
            let low = id.iter_mut().rev().zip(bytes.iter().rev());
            low.for_each(|(to, from)| *to = *from);
        }
        _ => return Err(Status::invalid_argument("invalid length for TraceID")),
    }
    TraceId::new(id).map_err(|_| Status::invalid_argument("uninitialized TraceID is not allowed"))
}

fn window<'a>(
    start: Option<&'a Timestamp>,
    end: Option<&'a Timestamp>,
) -> Result<(&'a Timestamp, &'a Timestamp), Status> {
    start
        .zip(end)
        .ok_or_else(|| Status::invalid_argument("StartTime and EndTime must be initialized."))
}
