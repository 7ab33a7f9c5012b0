//! The subcommand `health`, which asks a running otel-backend if it is ready. Containers use it,
//! since they have no other program.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// The timeout; longer than a backend under load needs for this answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most bytes read of an answer.
const MAX_ANSWER: u64 = 64 * 1024;

/// The reason why a backend is not known to be ready.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    /// The port of the trace page, which serves the health answer, is disabled.
    #[error("the health endpoint is disabled: --ui-port is off")]
    Off,
    /// The backend did not answer.
    #[error("no answer from {address}: {source}")]
    Io {
        /// The backend's address.
        address: SocketAddr,
        /// The error of the connection.
        source: io::Error,
    },
    /// The answer was not 200.
    #[error("{address} is not ready: {answer}")]
    NotReady {
        /// The backend's address.
        address: SocketAddr,
        /// The problems in the answer, or the whole answer.
        answer: String,
    },
}

/// Asks the backend that listens on `address`, over loopback if it listens on all addresses.
///
/// # Errors
/// [`HealthError`] if it does not answer `GET /health` with 200 within 2 seconds.
pub fn check(address: SocketAddr) -> Result<(), HealthError> {
    let address = reachable(address);
    let answer = ask(address).map_err(|source| HealthError::Io { address, source })?;
    if answer.get(8..12) == Some(" 200") {
        return Ok(());
    }
    Err(HealthError::NotReady {
        address,
        answer: problems(&answer).unwrap_or(answer),
    })
}

/// The complete answer: `HTTP/1.0 200 OK` and so on.
fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /health HTTP/1.0\r\nhost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The problems in an answer of otel-backend.
fn problems(answer: &str) -> Option<String> {
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let problems = body.get("problems")?.as_array()?.iter();
    let problems: Vec<_> = problems.filter_map(|problem| problem.as_str()).collect();
    Some(problems.join("; "))
}

/// The address for connecting to a listener on `address`.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
