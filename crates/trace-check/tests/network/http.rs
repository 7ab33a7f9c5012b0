//! A small HTTP server whose answers are set by the test.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use test_kit::tls::{self, Clients};

pub(crate) struct Request {
    pub(crate) method: String,
    /// The path with the query.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

#[derive(Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

/// A server, which ends when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    ending: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

type Connection = Arc<dyn Fn(TcpStream) + Send + Sync>;

impl Server {
    /// Starts a server of HTTP/1 in plaintext.
    pub(crate) fn http(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(move |mut stream| serve(&mut stream, &answer)))
    }

    /// Starts a server of HTTP/1 over TLS.
    pub(crate) fn tls(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let config = Arc::new(tls::server_config(Clients::Anybody));
        Self::start(Arc::new(move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(&mut StreamOwned::new(connection, stream), &answer);
        }))
    }

    /// Starts a server that sends these bytes to any client that sends something.
    pub(crate) fn raw(bytes: &'static [u8]) -> Self {
        Self::start(Arc::new(move |mut stream| {
            let mut heard = [0; 1024];
            if matches!(stream.read(&mut heard), Ok(1..)) {
                let _gone = stream.write_all(bytes);
                let _gone = stream.shutdown(Shutdown::Write);
                // Waits until the peer has read it and closes.
                while matches!(stream.read(&mut heard), Ok(1..)) {}
            }
        }))
    }

    fn start(connection: Connection) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ending = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ending);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let connection = Arc::clone(&connection);
                thread::spawn(move || {
                    stream
                        .set_read_timeout(Some(Duration::from_secs(30)))
                        .unwrap();
                    connection(stream);
                });
            }
        });
        Self {
            address,
            ending,
            accepting: Some(accepting),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ended = accepting.join();
        }
    }
}

/// Answers one request and closes.
fn serve(stream: &mut (impl Read + Write), answer: &impl Fn(&Request) -> Response) {
    let Some(request) = read(stream) else { return };
    let response = answer(&request);
    let mut head = format!(
        "HTTP/1.1 {} .\r\nconnection: close\r\ncontent-length: {}\r\n",
        response.status,
        response.body.len()
    );
    for (name, value) in &response.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let _gone = stream.write_all(format!("{head}\r\n{}", response.body).as_bytes());
    let _gone = stream.flush();
}

/// Reads a request; `None` if it is not one.
fn read(stream: &mut impl Read) -> Option<Request> {
    let mut bytes: Vec<u8> = Vec::new();
    let end = loop {
        let mut buffer = [0; 4096];
        let len = stream.read(&mut buffer).ok().filter(|len| *len > 0)?;
        bytes.extend(&buffer[..len]);
        if !bytes[0].is_ascii_uppercase() {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let len = headers
        .get("content-length")
        .and_then(|len| len.parse().ok());
    let mut body = bytes.split_off(end);
    let missing = len.unwrap_or(0_usize).saturating_sub(body.len());
    let mut rest = vec![0; missing];
    stream.read_exact(&mut rest).ok()?;
    body.extend(rest);
    Some(Request { method, path, body })
}
