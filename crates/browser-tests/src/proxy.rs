//! A server that puts a backend below a path, as a reverse proxy does.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use url::Url;

/// The longest head of a request that is read.
const MAX_HEAD: usize = 64 * 1024;

/// Serves a backend's pages below `path`, such as `/traces`, and nothing else. Returns the address of
/// that path. It ends with the test.
///
/// # Panics
/// When it cannot listen.
pub fn below(backend: &str, path: &'static str) -> String {
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
            thread::spawn(move || {
                // A browser may leave at any time.
                let _ended = pass_on(client, backend, path);
            });
        }
    });
    format!("http://{address}{path}")
}

/// Passes one request on and its answer back.
fn pass_on(mut client: TcpStream, backend: SocketAddr, path: &str) -> io::Result<()> {
    let head = read_head(&mut client)?;
    let Some((line, rest)) = head.split_once("\r\n") else {
        return Ok(());
    };
    let Some(line) = line.strip_prefix(&format!("GET {path}")) else {
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
