//! Serves a listener over HTTP/1 and HTTP/2, with limits on time and number.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::connections::{Connection, Connections, STALL, Sending};
use super::gate::Gate;
use crate::api::Client;
use crate::metrics::observe;

/// The pause after the system refused to accept a connection.
const BREATH: Duration = Duration::from_millis(100);

/// The time limit for finishing an answer at shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// The bytes that a connection reads ahead of its handler.
const READ_AHEAD: usize = 64 * 1024;

/// The largest head of an HTTP/2 request, in bytes.
const HEAD: u32 = 16 * 1024;

/// The most concurrent requests on an HTTP/2 connection.
const STREAMS: u32 = 128;

/// The time limit for the answer to an HTTP/2 ping.
const PING: Duration = Duration::from_secs(20);

/// A listener, and the state that its connections share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) listener: TcpListener,
    pub(super) gate: Gate,
    pub(super) connections: Connections,
    pub(super) open: Gauge,
    pub(super) latency: Histogram,
    pub(super) stop: watch::Receiver<bool>,
}

impl Server {
    /// Accepts connections until `stop` becomes true; then each of them finishes its requests in
    /// progress.
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
                Ok((stream, peer)) => {
                    let connection = self.connections.open(room);
                    tokio::spawn(self.serve(stream, peer, connection));
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
        peer: SocketAddr,
        connection: Arc<Connection>,
    ) -> impl Future<Output = ()> + Send + 'static {
        // Answers are written at once, so Nagle's algorithm would only delay them.
        if let Err(reason) = stream.set_nodelay(true) {
            tracing::debug!(%reason, "TCP_NODELAY could not be set");
        }
        let (gate, latency) = (self.gate.clone(), self.latency.clone());
        let (open, mut stop) = (self.open.clone(), self.stop.clone());
        open.inc();
        async move {
            let client = Client::new(peer.ip());
            let service = service_fn({
                let (gate, connection) = (gate.clone(), Arc::clone(&connection));
                move |request| {
                    let (gate, client, latency) = (gate.clone(), client.clone(), latency.clone());
                    let busy = connection.begin();
                    let start = Instant::now();
                    async move {
                        let answer = gate.pass(request, peer, client).await;
                        observe(&latency, start.elapsed());
                        let sending = busy.answer(!answer.body().is_end_stream());
                        Ok::<_, Infallible>(answer.map(|body| Sent { body, sending }))
                    }
                }
            });
            let stream = Heard {
                stream,
                connection: Arc::clone(&connection),
                is_http2: None,
            };
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
                gate.ended_early(peer, &*reason);
            }
            open.dec();
        }
    }
}

async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    // The sender is dropped only at the end of the program.
    drop(stop.wait_for(|stop| *stop).await);
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // This timeout would also close connections that wait for their next request.
        .header_read_timeout(None)
        .max_buf_size(READ_AHEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD)
        .keep_alive_interval(STALL)
        .keep_alive_timeout(PING);
    builder
}

/// The body of an answer, which reports to its connection each part that the client takes.
struct Sent {
    body: Body,
    sending: Sending,
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
            self.sending.touch();
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

/// A stream that reports to its connection when a head begins to arrive.
struct Heard {
    stream: TcpStream,
    connection: Arc<Connection>,
    /// True for HTTP/2, which limits heads by itself; known from the first bytes.
    is_http2: Option<bool>,
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Some(new @ [_, ..]) = buffer.filled().get(before..) {
            let is_http2 = *self.is_http2.get_or_insert_with(|| new.starts_with(b"PRI"));
            if !is_http2 {
                self.connection.heard();
            }
        }
        read
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
