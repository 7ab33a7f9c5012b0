//! Requests over loopback, on connections that stay open.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::server::{END, HEAD, TRACEPARENT};
use crate::subject::Scenario;

/// The path under which the server reports its CPU time.
pub(crate) const CPU: &str = "/cpu";

const CONNECTIONS: u32 = 8;
const REQUESTS_EACH: u32 = 1_000;

/// Sends requests.
#[derive(Debug)]
pub struct Load(Runtime);

impl Load {
    /// Makes a load of one thread.
    ///
    /// # Errors
    /// If the runtime cannot be started.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Builder::new_current_thread().enable_all().build()?))
    }

    /// The microseconds of CPU for one request, in the thread that serves it. The exporter's thread
    /// is not counted, since it does the same for all.
    ///
    /// # Errors
    /// If the server has ended, or answers with anything but 200.
    pub fn run(&self, server: SocketAddr, scenario: Scenario) -> io::Result<f64> {
        let parent = match scenario {
            Scenario::Continued => format!("traceparent: {TRACEPARENT}\r\n"),
            _ => String::new(),
        };
        let request = [HEAD, &parent, END].concat();
        self.0.block_on(async {
            let before = cpu(server).await?;
            let clients: Vec<_> = (0..CONNECTIONS)
                .map(|_| tokio::spawn(client(server, request.clone())))
                .collect();
            for client in clients {
                client.await.map_err(io::Error::other)??;
            }
            let nanoseconds = cpu(server).await? - before;
            Ok(nanoseconds / 1e3 / f64::from(CONNECTIONS * REQUESTS_EACH))
        })
    }
}

/// The CPU time of the serving thread in nanoseconds.
async fn cpu(server: SocketAddr) -> io::Result<f64> {
    let mut stream = TcpStream::connect(server).await?;
    let request = format!("GET {CPU} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let (_, body) = response.split_once("\r\n\r\n").unwrap_or_default();
    body.parse().map_err(io::Error::other)
}

async fn client(server: SocketAddr, request: String) -> io::Result<()> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 4096];
    for _ in 0..REQUESTS_EACH {
        stream.write_all(request.as_bytes()).await?;
        let mut length = 0;
        // The body is one digit.
        while !buffer[..length].ends_with(b"\r\n\r\n7") {
            match stream.read(&mut buffer[length..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => length += read,
            }
        }
        if !buffer.starts_with(b"HTTP/1.1 200") {
            return Err(io::Error::other("not 200"));
        }
    }
    Ok(())
}
