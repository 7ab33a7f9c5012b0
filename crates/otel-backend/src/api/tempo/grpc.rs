//! Tempo's streaming API over gRPC, which Grafana uses if streaming is enabled.
//!
//! Grafana calls the port of the data source's URL, without its path. As in Tempo, a request is
//! converted to the parameters of the same HTTP request, so that both are parsed alike.
//!
//! Spec: <https://github.com/grafana/tempo/blob/main/pkg/tempopb/tempo.proto>

mod generated;
mod messages;

use axum::Router;
use prost::Message;
use tokio_stream::Once;
use tonic::{Request, Response, Status};
use traceql::Window;

use super::error::TempoError;
use super::metrics::{Asked, PARTIAL, SINCE};
use super::params::parse_search;
use super::search::{Found, TraceMetadata};
use super::tags::{self, Scopes, Values};
use crate::api::common::grpc::{self, MESSAGE, Messages};
use crate::api::common::outlet::{Gone, Outlet};
use crate::model::UnixNanos;
use crate::query::Query;
use generated::tempopb::streaming_querier_server::{StreamingQuerier, StreamingQuerierServer};
use generated::tempopb::{
    PartialStatus, QueryInstantRequest, QueryInstantResponse, QueryRangeRequest,
    QueryRangeResponse, SearchRequest, SearchResponse, SearchTagValuesRequest,
    SearchTagValuesResponse, SearchTagValuesV2Response, SearchTagsRequest, SearchTagsResponse,
    SearchTagsV2Response, SearchTagsV2Scope, TagValue, TraceSearchMetadata,
};
use messages::{FOUND, LOOKED, LOOKING, instant_series, range_series};

/// A `FileDescriptorSet` of the service.
pub(in crate::api) use generated::DESCRIPTORS;

/// The service, at its own path.
pub(in crate::api) fn router(query: Query) -> Router {
    grpc::serve(Router::new(), StreamingQuerierServer::new(Service(query)))
}

struct Service(Query);

/// An answer with one message.
type Single<T> = Once<Result<T, Status>>;

fn single<T>(answer: Response<T>) -> Response<Single<T>> {
    answer.map(|message| tokio_stream::once(Ok(message)))
}

#[tonic::async_trait]
impl StreamingQuerier for Service {
    type SearchStream = Messages<SearchResponse>;
    type SearchTagsStream = Single<SearchTagsResponse>;
    type SearchTagsV2Stream = Single<SearchTagsV2Response>;
    type SearchTagValuesStream = Single<SearchTagValuesResponse>;
    type SearchTagValuesV2Stream = Single<SearchTagValuesV2Response>;
    type MetricsQueryRangeStream = Messages<QueryRangeResponse>;
    type MetricsQueryInstantStream = Messages<QueryInstantResponse>;

    async fn search(
        &self,
        request: Request<SearchRequest>,
    ) -> Result<Response<Self::SearchStream>, Status> {
        let wanted = parse_search(&request.into_inner().into(), UnixNanos::now())?;
        let query = self.0.clone();
        grpc::messages(move |outlet| {
            let patience = outlet.patience();
            let hits = query.search(&wanted.search, &patience)?;
            let found = wanted.search.traces.map(|query| Found {
                query,
                spans: wanted.spans,
                is_exact: false,
            });
            let mut pieces = Pieces::default();
            for trace in query.traces(hits) {
                let trace = trace?;
                let spans = trace.spans()?;
                let tell = |trace: &TraceMetadata<'_>| TraceSearchMetadata::from(trace);
                let described = match &found {
                    Some(found) => found.describe(&trace, &spans, &patience, tell)?,
                    None => None,
                };
                if let Some(traces) = described.and_then(|trace| pieces.add(trace)) {
                    let metrics = Some(LOOKING);
                    outlet.send(SearchResponse { traces, metrics })?;
                }
            }
            let (traces, metrics) = (pieces.waiting, Some(LOOKED));
            Ok(outlet.send(SearchResponse { traces, metrics })?)
        })
        .await
    }

    async fn search_tags(
        &self,
        request: Request<SearchTagsRequest>,
    ) -> Result<Response<Self::SearchTagsStream>, Status> {
        let (query, wanted) = (self.0.clone(), Scopes::read(&request.into_inner().into())?);
        grpc::message(move |patience| {
            let names = wanted.all_names(&query, patience)?;
            Ok(SearchTagsResponse {
                tag_names: names.into_iter().collect(),
                metrics: Some(FOUND),
            })
        })
        .await
        .map(single)
    }

    async fn search_tags_v2(
        &self,
        request: Request<SearchTagsRequest>,
    ) -> Result<Response<Self::SearchTagsV2Stream>, Status> {
        let (query, wanted) = (self.0.clone(), Scopes::read(&request.into_inner().into())?);
        grpc::message(move |patience| {
            let scopes = wanted.names(&query, patience)?.into_iter();
            let scopes = scopes.map(|(name, tags)| SearchTagsV2Scope {
                name: name.to_owned(),
                tags,
            });
            Ok(SearchTagsV2Response {
                scopes: scopes.collect(),
                metrics: Some(FOUND),
            })
        })
        .await
        .map(single)
    }

    async fn search_tag_values(
        &self,
        request: Request<SearchTagValuesRequest>,
    ) -> Result<Response<Self::SearchTagValuesStream>, Status> {
        let request = request.into_inner();
        let field = tags::lenient_field(request.tag_name.clone());
        let (query, wanted) = (self.0.clone(), Values::read(&request.into(), field)?);
        grpc::message(move |patience| {
            let found = wanted.find(&query, patience)?;
            Ok(SearchTagValuesResponse {
                tag_values: found.into_iter().map(|(_, text)| text).collect(),
                metrics: Some(FOUND),
            })
        })
        .await
        .map(single)
    }

    async fn search_tag_values_v2(
        &self,
        request: Request<SearchTagValuesRequest>,
    ) -> Result<Response<Self::SearchTagValuesV2Stream>, Status> {
        let request = request.into_inner();
        let field = tags::field(&request.tag_name)?;
        let (query, wanted) = (self.0.clone(), Values::read(&request.into(), field)?);
        grpc::message(move |patience| {
            let found = wanted.find(&query, patience)?;
            let values = found.into_iter().map(|(kind, value)| TagValue {
                r#type: kind.to_owned(),
                value,
            });
            Ok(SearchTagValuesV2Response {
                tag_values: values.collect(),
                metrics: Some(FOUND),
            })
        })
        .await
        .map(single)
    }

    async fn metrics_query_range(
        &self,
        request: Request<QueryRangeRequest>,
    ) -> Result<Response<Self::MetricsQueryRangeStream>, Status> {
        let request = request.into_inner();
        let (start, end) = times(request.start, request.end);
        let step = (request.step > 0).then_some(request.step);
        let asked = Asked::read(&request.query, Window::range(start, end, step))?;
        let with_exemplars = asked.with_exemplars;
        let make = move |series| Some(range_series(series, with_exemplars));
        metrics(&self.0, asked, make, |series, status, message| {
            let metrics = Some(LOOKED);
            QueryRangeResponse {
                series,
                metrics,
                status,
                message,
            }
        })
        .await
    }

    async fn metrics_query_instant(
        &self,
        request: Request<QueryInstantRequest>,
    ) -> Result<Response<Self::MetricsQueryInstantStream>, Status> {
        let request = request.into_inner();
        let (start, end) = times(request.start, request.end);
        let asked = Asked::read(&request.query, Window::instant(start, end))?;
        let make = |series| instant_series(&series);
        metrics(&self.0, asked, make, |series, status, message| {
            let metrics = Some(LOOKED);
            QueryInstantResponse {
                series,
                metrics,
                status,
                message,
            }
        })
        .await
    }
}

/// The times of a metrics request, in which zero means none.
fn times(start: u64, end: u64) -> (u64, u64) {
    let end = if end == 0 {
        UnixNanos::now()
    } else {
        UnixNanos(end)
    };
    let start = if start == 0 {
        end.before(SINCE).0
    } else {
        start
    };
    (start, end.0)
}

/// Converts each series with `make`, and sends the results in messages built by `pack`.
async fn metrics<S: Message + Default + 'static, M: Send + 'static>(
    query: &Query,
    asked: Asked,
    make: impl Fn(traceql::Series) -> Option<S> + Send + 'static,
    pack: impl Fn(Vec<S>, i32, String) -> M + Send + 'static,
) -> Result<Response<Messages<M>>, Status> {
    let query = query.clone();
    grpc::messages(move |outlet: &mut Outlet<M, Status>| {
        let counted = query.metrics(&asked.search, &outlet.patience())?;
        let (status, message) = if counted.answer.is_partial {
            (PartialStatus::Partial, PARTIAL)
        } else {
            (PartialStatus::Complete, "")
        };
        let mut send = |series| -> Result<(), Gone> {
            outlet.send(pack(series, status.into(), message.to_owned()))
        };
        let mut pieces = Pieces::default();
        for series in counted.answer.series.into_iter().filter_map(make) {
            pieces.add(series).map(&mut send).transpose()?;
        }
        Ok(send(pieces.waiting)?)
    })
    .await
}

/// Parts of an answer, collected until a message is full.
struct Pieces<T> {
    waiting: Vec<T>,
    bytes: usize,
}

impl<T> Default for Pieces<T> {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            bytes: 0,
        }
    }
}

impl<T: Message> Pieces<T> {
    /// Adds a part; returns all parts if they fill a message.
    fn add(&mut self, part: T) -> Option<Vec<T>> {
        self.bytes += part.encoded_len();
        self.waiting.push(part);
        (self.bytes >= MESSAGE).then(|| {
            self.bytes = 0;
            std::mem::take(&mut self.waiting)
        })
    }
}

impl From<TempoError> for Status {
    fn from(error: TempoError) -> Self {
        error.0.into()
    }
}
