//! Serving one listener, over HTTP/1 and HTTP/2, with bounds on time and number.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::connections::{Connection, Connections, IDLE};
use crate::metrics::observe;

/// The pause after the system refused a new connection.
const BREATH: Duration = Duration::from_millis(100);

/// The time that a connection has to finish an answer before it is closed.
const GRACE: Duration = Duration::from_secs(5);

/// Bytes that a connection reads ahead of the handler.
const READ_AHEAD: usize = 64 * 1024;

/// Bytes of the head of an HTTP/2 request.
const HEAD: u32 = 16 * 1024;

/// Requests on one HTTP/2 connection at the same time.
const STREAMS: u32 = 128;

/// The time until an HTTP/2 ping must be answered.
const PING: Duration = Duration::from_secs(20);

/// A listener with what its connections share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) listener: TcpListener,
    pub(super) router: Router,
    pub(super) connections: Connections,
    pub(super) open: Gauge,
    pub(super) latency: Histogram,
    pub(super) stop: watch::Receiver<bool>,
}

impl Server {
    /// Accepts connections until `stop` becomes true; each then ends what is under way on it.
    pub(super) async fn run(mut self) {
        loop {
            let Some(room) = self.connections.room().await else {
                break;
            };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = self.stop.wait_for(|stop| *stop) => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    let connection = self.connections.open(room);
                    tokio::spawn(self.serve(stream, connection));
                }
                Err(reason) => {
                    tracing::warn!(%reason, "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }

    fn serve(
        &self,
        stream: TcpStream,
        connection: Arc<Connection>,
    ) -> impl Future<Output = ()> + Send + 'static {
        // Answers are written at once, so Nagle's algorithm would only delay them.
        if let Err(reason) = stream.set_nodelay(true) {
            tracing::debug!(%reason, "TCP_NODELAY could not be set");
        }
        let (router, latency) = (self.router.clone(), self.latency.clone());
        let (open, mut stop) = (self.open.clone(), self.stop.clone());
        open.inc();
        async move {
            let service = service_fn({
                let connection = Arc::clone(&connection);
                move |request| answer(router.clone(), request, &connection, latency.clone())
            });
            let serving = builder()
                .serve_connection(TokioIo::new(stream), service)
                .into_owned();
            let mut serving = pin!(serving);
            let served = tokio::select! {
                served = serving.as_mut() => Ok(served),
                () = connection.told_to_close() => {
                    serving.as_mut().graceful_shutdown();
                    tokio::time::timeout(GRACE, serving).await
                }
                () = told_to_stop(&mut stop) => {
                    serving.as_mut().graceful_shutdown();
                    Ok(serving.await)
                }
            };
            if let Ok(Err(reason)) = served {
                tracing::debug!(%reason, "a connection ended early");
            }
            open.dec();
        }
    }
}

async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    // The sender is dropped only when the program ends.
    drop(stop.wait_for(|stop| *stop).await);
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(READ_AHEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD)
        .keep_alive_interval(IDLE)
        .keep_alive_timeout(PING);
    builder
}

fn answer(
    router: Router,
    request: Request<Incoming>,
    connection: &Arc<Connection>,
    latency: Histogram,
) -> impl Future<Output = Result<Response<Sent>, Infallible>> + Send + use<> {
    let busy = connection.begin();
    let connection = Arc::clone(connection);
    let start = Instant::now();
    async move {
        let answer = router.oneshot(request.map(Body::new)).await?;
        observe(&latency, start.elapsed());
        drop(busy);
        Ok(answer.map(|body| Sent { body, connection }))
    }
}

/// The body of an answer. Each part that the client takes marks its connection as busy.
struct Sent {
    body: Body,
    connection: Arc<Connection>,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.connection.touch();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
