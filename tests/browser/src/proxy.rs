//! A server that puts a backend below a path, like a reverse proxy.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use url::Url;

/// The largest head of a request.
const MAX_HEAD: usize = 64 * 1024;

/// Serves a backend's pages below `path`, such as `/traces`, and nothing else; returns the address
/// of that path. It ends with the test.
///
/// # Panics
/// If it cannot listen.
pub fn below(backend: &str, path: &'static str) -> String {
    serve(backend, path, None, None)
}

/// Serves a backend's pages without its Tempo API, as if it were Jaeger.
///
/// # Panics
/// If it cannot listen.
pub fn without_tempo(backend: &str) -> String {
    serve(backend, "", Some("/tempo/"), None)
}

/// Serves a backend's pages. Passes on so many bytes of a trace's spans as the sender allows, and
/// the rest when the sender is dropped.
///
/// # Panics
/// If it cannot listen.
pub fn in_pieces(backend: &str) -> (String, Sender<u64>) {
    let (sender, allowed) = channel();
    (serve(backend, "", None, Some(allowed)), sender)
}

/// Serves the paths below `path`, except those that begin with `refused`.
fn serve(
    backend: &str,
    path: &'static str,
    refused: Option<&'static str>,
    allowed: Option<Receiver<u64>>,
) -> String {
    let allowed = Arc::new(Mutex::new(allowed));
    let backend = Url::parse(backend).ok();
    let backend = backend.and_then(|url| url.socket_addrs(|| None).ok()?.pop());
    let backend = backend.unwrap_or_else(|| panic!("the backend has no address"));
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    let (listener, address) =
        listener.unwrap_or_else(|error| panic!("the proxy cannot listen: {error}"));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let allowed = Arc::clone(&allowed);
            thread::spawn(move || {
                // A browser may disconnect at any time.
                let _ended = pass_on(client, backend, path, refused, &allowed);
            });
        }
    });
    format!("http://{address}{path}")
}

/// Passes on one request and its answer.
fn pass_on(
    mut client: TcpStream,
    backend: SocketAddr,
    path: &str,
    refused: Option<&str>,
    allowed: &Mutex<Option<Receiver<u64>>>,
) -> io::Result<()> {
    let head = read_head(&mut client)?;
    let Some((line, rest)) = head.split_once("\r\n") else {
        return Ok(());
    };
    let line = line
        .strip_prefix(&format!("GET {path}"))
        .filter(|line| refused.is_none_or(|refused| !line.starts_with(refused)));
    let Some(line) = line else {
        return client.write_all(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    };
    let mut server = TcpStream::connect(backend)?;
    write!(
        server,
        "GET {line}\r\nConnection: close\r\n{}",
        without_connection(rest)
    )?;
    if line.starts_with("/api/traces/") {
        let allowed = allowed.lock().unwrap_or_else(PoisonError::into_inner);
        for bytes in allowed.iter().flatten() {
            io::copy(&mut (&mut server).take(bytes), &mut client)?;
        }
    }
    io::copy(&mut server, &mut client)?;
    Ok(())
}

fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD && client.read(&mut byte)? > 0 {
        head.extend(byte);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn without_connection(head: &str) -> String {
    let lines = head.split_inclusive("\r\n");
    lines
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .collect()
}
