//! A backend that accepts everything.

use std::io;
use std::net::SocketAddr;
use std::thread;

use axum::Router;
use axum::body::Bytes;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// A sink that serves until the process ends.
#[derive(Debug)]
pub struct Sink(SocketAddr);

impl Sink {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(async |_: Bytes| ());
        thread::spawn(move || runtime.block_on(axum::serve(listener, router).into_future()));
        Ok(Self(address))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}
