//! Requests over loopback, on connections that stay open.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::server::{END, HEAD, TRACEPARENT};
use crate::subject::{Protocol, Scenario};

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
    pub fn run(
        &self,
        server: SocketAddr,
        protocol: Protocol,
        scenario: Scenario,
    ) -> io::Result<f64> {
        self.0.block_on(async {
            let before = cpu(server).await?;
            let clients: Vec<_> = (0..CONNECTIONS)
                .map(|_| match protocol {
                    Protocol::Http => tokio::spawn(page_client(server, scenario)),
                    Protocol::Grpc => tokio::spawn(call_client(server, scenario)),
                })
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

async fn call_client(server: SocketAddr, scenario: Scenario) -> io::Result<()> {
    let endpoint = Endpoint::new(format!("http://{server}")).map_err(io::Error::other)?;
    let channel = endpoint.connect().await.map_err(io::Error::other)?;
    let mut client = HealthClient::new(channel);
    for _ in 0..REQUESTS_EACH {
        let mut request = Request::new(HealthCheckRequest::default());
        if scenario == Scenario::Continued {
            let parent = MetadataValue::from_static(TRACEPARENT);
            request.metadata_mut().insert("traceparent", parent);
        }
        let answer = client.check(request).await.map_err(io::Error::other)?;
        if answer.get_ref().status() != ServingStatus::Serving {
            return Err(io::Error::other("it does not serve"));
        }
    }
    Ok(())
}

async fn page_client(server: SocketAddr, scenario: Scenario) -> io::Result<()> {
    let parent = match scenario {
        Scenario::Continued => format!("traceparent: {TRACEPARENT}\r\n"),
        _ => String::new(),
    };
    let request = [HEAD, &parent, END].concat();
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
