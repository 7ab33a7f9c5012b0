//! A process that accepts everything over HTTP, gRPC and UDP on loopback, and counts the bytes.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::UdpSocket;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use axum::Router;
use axum::body::{self, Body};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use http_body_util::{BodyExt, Full};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

const ARGUMENT: &str = "--sink";
const LARGEST: usize = 64 * 1024 * 1024;

/// A sink process, which is stopped when this value is dropped.
#[derive(Debug)]
pub struct Sink {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The ports of HTTP, gRPC and UDP.
    ports: [u16; 3],
}

impl Sink {
    /// Starts this program again, as the sink.
    ///
    /// # Errors
    /// If the sink cannot be started, or does not report its ports.
    pub fn start() -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        let mut sink = Self {
            child,
            input,
            output,
            ports: [0; 3],
        };
        let line = sink.line()?;
        for (port, text) in sink.ports.iter_mut().zip(line.split_whitespace()) {
            *port = text.parse().map_err(io::Error::other)?;
        }
        Ok(sink)
    }

    /// The bytes received since the last call.
    ///
    /// # Errors
    /// If the sink has ended.
    pub fn take_bytes(&mut self) -> io::Result<u64> {
        self.input.write_all(b"\n")?;
        self.line()?.trim().parse().map_err(io::Error::other)
    }

    pub(crate) fn http_url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[0])
    }

    pub(crate) fn grpc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[1])
    }

    pub(crate) fn udp_port(&self) -> u16 {
        self.ports[2]
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs the sink if this process was started as one; it then returns only at the end of the
/// process.
///
/// # Errors
/// If the sink cannot listen.
pub fn run_if_child() -> io::Result<bool> {
    let child = env::args().any(|argument| argument == ARGUMENT);
    if child {
        serve()?;
    }
    Ok(child)
}

#[tokio::main]
async fn serve() -> io::Result<()> {
    let bytes = Arc::new(AtomicU64::new(0));
    let http = TcpListener::bind("127.0.0.1:0").await?;
    let grpc = TcpListener::bind("127.0.0.1:0").await?;
    let udp = UdpSocket::bind("127.0.0.1:0")?;
    let ports = [
        http.local_addr()?.port(),
        grpc.local_addr()?.port(),
        udp.local_addr()?.port(),
    ];

    tokio::spawn(axum::serve(http, router(bytes.clone(), accepted)).into_future());
    let routes = Routes::from(router(bytes.clone(), acknowledged));
    // Like other gRPC servers, so that the window updates of a large message are not delayed.
    let incoming = TcpIncoming::from(grpc).with_nodelay(Some(true));
    tokio::spawn(
        Server::builder()
            .add_routes(routes)
            .serve_with_incoming(incoming),
    );
    let counter = bytes.clone();
    thread::spawn(move || receive(&udp, &counter));

    println!("{} {} {}", ports[0], ports[1], ports[2]);
    for line in io::stdin().lines() {
        line?;
        println!("{}", bytes.swap(0, Ordering::Relaxed));
    }
    Ok(())
}

fn receive(socket: &UdpSocket, bytes: &AtomicU64) {
    let mut packet = vec![0; 65_536];
    while let Ok(len) = socket.recv(&mut packet) {
        bytes.fetch_add(len as u64, Ordering::Relaxed);
    }
}

fn router(bytes: Arc<AtomicU64>, answer: fn() -> Response<Body>) -> Router {
    Router::new().fallback(move |request: Request| {
        let bytes = bytes.clone();
        async move {
            let Ok(body) = body::to_bytes(request.into_body(), LARGEST).await else {
                return StatusCode::BAD_REQUEST.into_response();
            };
            bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
            answer()
        }
    })
}

/// An answer that means success in OTLP and for Jaeger.
fn accepted() -> Response<Body> {
    Response::new(Body::empty())
}

/// An empty message: success for `PostSpans` and for OTLP's `Export`.
fn acknowledged() -> Response<Body> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let message = Full::from(vec![0_u8; 5]).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(message));
    let content_type = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", content_type);
    response
}
