//! A service with all four kinds of methods; the first message tells them what to do.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http::{Request as HttpRequest, Response as HttpResponse};
use test_kit::grpc::Raw;
use tokio_stream::{Stream, StreamExt as _};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Code, Request, Response, Status, Streaming};
use tower::{Service, service_fn};

/// The service `test.Greeter`.
#[derive(Clone)]
pub(crate) struct Greeter;

type Messages = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

impl NamedService for Greeter {
    const NAME: &'static str = "test.Greeter";
}

impl Service<HttpRequest<Body>> for Greeter {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        Box::pin(async { Ok(answer(request).await) })
    }
}

async fn answer(request: HttpRequest<Body>) -> HttpResponse<Body> {
    let mut grpc = Grpc::new(Raw);
    match request.uri().path() {
        "/test.Greeter/Unary" => grpc.unary(service_fn(unary), request).await,
        "/test.Greeter/ServerStream" => {
            let method = service_fn(server_stream);
            grpc.server_streaming(method, request).await
        }
        "/test.Greeter/ClientStream" => {
            let method = service_fn(client_stream);
            grpc.client_streaming(method, request).await
        }
        "/test.Greeter/BothStreams" => grpc.streaming(service_fn(both_streams), request).await,
        // As generated servers do.
        _ => Status::unimplemented("").into_http(),
    }
}

#[expect(clippy::panic, reason = "this method is here to panic")]
async fn unary(request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
    match &request.get_ref()[..] {
        b"panic" => panic!("on purpose"),
        b"silent" => std::future::pending().await,
        b"metadata" => {
            let mut names: Vec<_> = request.metadata().as_ref().keys().collect();
            names.sort_unstable_by_key(|name| name.as_str());
            Ok(Response::new(format!("{names:?}").into()))
        }
        code if code[0].is_ascii_digit() => Err(Status::new(Code::from_bytes(code), "as you wish")),
        _ => {
            tracing::info_span!("inner").in_scope(|| {});
            Ok(Response::new(request.into_inner()))
        }
    }
}

/// The message three times, followed by the requested end.
async fn server_stream(request: Request<Bytes>) -> Result<Response<Messages>, Status> {
    let command = request.into_inner();
    let messages = std::iter::repeat_n(command.clone(), 3);
    let messages = tokio_stream::iter(messages).map(|message| {
        tracing::info_span!("inner").in_scope(|| {});
        Ok(message)
    });
    Ok(Response::new(match &command[..] {
        b"endless" => Box::pin(messages.chain(tokio_stream::pending())),
        b"broken" => Box::pin(messages.chain(tokio_stream::once(Err(Status::data_loss("broken"))))),
        _ => Box::pin(messages),
    }))
}

async fn client_stream(request: Request<Streaming<Bytes>>) -> Result<Response<Bytes>, Status> {
    let mut messages = request.into_inner();
    let mut count = 0;
    while messages.message().await?.is_some() {
        count += 1;
    }
    Ok(Response::new(format!("{count} messages").into()))
}

async fn both_streams(request: Request<Streaming<Bytes>>) -> Result<Response<Messages>, Status> {
    Ok(Response::new(Box::pin(request.into_inner())))
}
