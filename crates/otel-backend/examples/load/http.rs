//! As much of HTTP as the load generator needs, at little cost for the sender.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context as _, bail, ensure};

/// A persistent connection.
pub(crate) struct Http {
    stream: TcpStream,
    head: String,
}

/// Splits an address into host and port, and the path.
pub(crate) fn split(address: &str) -> (&str, &str) {
    let slash = address.find('/').unwrap_or(address.len());
    address.split_at(slash)
}

pub(crate) fn connect(host: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(host).with_context(|| format!("cannot reach {host}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Http {
    /// Opens a connection that posts to an address, or to `path` there if the address has none.
    pub(crate) fn open(address: &str, path: &str, content_type: &str) -> anyhow::Result<Self> {
        let (host, own) = split(address);
        let path = if own.is_empty() { path } else { own };
        Ok(Self {
            stream: connect(host)?,
            head: format!(
                "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {content_type}\r\n"
            ),
        })
    }

    /// Sends a request, which must be accepted.
    pub(crate) fn post(&mut self, body: &[u8]) -> anyhow::Result<()> {
        let head = format!("{}content-length: {}\r\n\r\n", self.head, body.len());
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(body)?;
        let answer = self.read_answer()?;
        ensure!(answer.starts_with("HTTP/1.1 20"), "refused: {answer}");
        Ok(())
    }

    /// Reads an answer. That of an accepted request has a short body or none.
    fn read_answer(&mut self) -> anyhow::Result<String> {
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let read = self.stream.read(&mut chunk)?;
            if read == 0 {
                bail!("the connection was closed");
            }
            answer.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    let is_length = name.eq_ignore_ascii_case("content-length");
                    is_length.then(|| value.trim().parse().ok())?
                });
                if body.len() >= length.unwrap_or(0) {
                    return Ok(text.into_owned());
                }
            }
        }
    }
}

/// Gets a path; returns the head and the body of the answer.
pub(crate) fn get(address: &str, path: &str) -> anyhow::Result<(String, String)> {
    let (host, prefix) = split(address);
    let mut stream = connect(host)?;
    write!(
        stream,
        "GET {prefix}{path} HTTP/1.0\r\nhost: {host}\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    Ok((head.to_owned(), body.to_owned()))
}
