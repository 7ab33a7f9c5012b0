//! A server that receives spans over HTTP/1.1, with or without TLS, and gives the answers that a
//! test sets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use jaeger_wire::thrift::binary;
use rustls::{ServerConnection, StreamOwned};
use test_kit::tls::{self, Clients};

/// The longest that a test waits for a request.
const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

const BAD_REQUEST: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";

pub(crate) struct HttpSink {
    address: SocketAddr,
    scheme: &'static str,
    requests: Receiver<Request>,
}

#[derive(Debug)]
pub(crate) struct Request {
    /// The number of the request's connection, from 0.
    pub(crate) connection: usize,
    /// The request line.
    pub(crate) line: String,
    /// The headers, one per line, with names in lower case.
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl HttpSink {
    /// Starts a sink that gives each of these answers to one request, and 202 to all later
    /// requests.
    pub(crate) fn start(answers: &[&str]) -> Self {
        Self::listen(answers, "http", |stream| stream)
    }

    /// Starts a sink that requires a client certificate.
    pub(crate) fn start_tls(answers: &[&str]) -> Self {
        let config = Arc::new(tls::server_config(Clients::WithCertificate));
        Self::listen(answers, "https", move |stream| {
            StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream)
        })
    }

    fn listen<S: Read + Write>(
        answers: &[&str],
        scheme: &'static str,
        wrap: impl Fn(TcpStream) -> S + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel();
        let mut answers: Vec<String> = answers.iter().rev().map(ToString::to_string).collect();
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                serve(connection, wrap(stream.unwrap()), &mut answers, &sender);
            }
        });
        Self {
            address,
            scheme,
            requests,
        }
    }

    /// The URL for the exporter.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}/api/traces", self.scheme, self.address)
    }

    pub(crate) fn next(&self) -> Request {
        self.requests.recv_timeout(PATIENCE).expect("a request")
    }

    /// The number of requests that the test has not looked at yet.
    pub(crate) fn waiting(&self) -> usize {
        self.requests.try_iter().count()
    }
}

impl Request {
    /// The number of spans.
    pub(crate) fn spans(&self) -> u64 {
        binary::decode_batch(&self.body).unwrap().spans.len() as u64
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.headers
            .lines()
            .find_map(|line| line.strip_prefix(&prefix))
    }
}

/// Answers the requests of one connection, and anything else as a server would.
fn serve(
    connection: usize,
    stream: impl Read + Write,
    answers: &mut Vec<String>,
    requests: &Sender<Request>,
) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(connection, &mut stream) {
        requests.send(request).ok();
        let answer = answers.pop().unwrap_or_else(|| ACCEPTED.to_owned());
        let done = stream.get_mut().write_all(answer.as_bytes()).is_err();
        // An answer without a length ends the connection.
        if done || !answer.contains("content-length") {
            return;
        }
    }
    stream.get_mut().write_all(BAD_REQUEST.as_bytes()).ok();
}

fn read_request(connection: usize, stream: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = String::new();
    let mut length = 0;
    loop {
        let mut header = String::new();
        stream
            .read_line(&mut header)
            .ok()
            .filter(|read| *read > 0)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        let name = name.to_ascii_lowercase();
        if name == "content-length" {
            length = value.parse().ok()?;
        }
        headers.extend([&name, ": ", value, "\n"]);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request {
        connection,
        line: line.trim_end().to_owned(),
        headers,
        body,
    })
}
