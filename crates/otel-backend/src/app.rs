//! Puts the program together: opens the store, binds every listener, serves until told to stop.
//!
//! Tasks and threads are started here and nowhere else. They end in the order in which spans flow:
//! listeners first, then the writer.

mod serve;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Config, Endpoint};
use crate::query::Query;
use crate::receive::body::BodyLimits;
use crate::receive::budget::Budget;
use crate::receive::jaeger_udp::{Format, Receiver};
use crate::receive::{Intake, jaeger_grpc, jaeger_http, otlp_grpc, otlp_http};
use crate::store::{OpenError, Store};
use crate::{api, ui};

use socket::Socket;
pub use socket::{Bind, BindError};

/// The program, ready to serve.
#[derive(Debug)]
pub struct App {
    sockets: Vec<(Endpoint, Socket)>,
    store: Store,
    workers: Vec<JoinHandle<()>>,
}

/// Why the program could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Ports could not be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

/// How large and how slow a request may be.
const LIMITS: BodyLimits = BodyLimits {
    bytes: 16 * 1024 * 1024,
    time: Duration::from_secs(30),
};

/// How much may be under way.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;

/// How long requests under way may take to end when the program is told to.
const GRACE: Duration = Duration::from_secs(5);

impl App {
    /// Binds every listener and opens the store.
    ///
    /// # Errors
    /// [`StartError`] if a port is taken or the store cannot be used; nothing is left behind.
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let sockets = socket::bind_all(&config.listeners).await?;
        let (store, writer, merger) = Store::open(&config.location)?;
        let workers = vec![
            spawn("store-writer", || writer.run())?,
            spawn("store-merger", || merger.run())?,
        ];
        Ok(Self {
            sockets,
            store,
            workers,
        })
    }

    /// What the program listens on.
    pub fn addresses(&self) -> Vec<(Endpoint, SocketAddr)> {
        let bound = |(endpoint, socket): &(Endpoint, Socket)| Some((*endpoint, socket.address()?));
        self.sockets.iter().filter_map(bound).collect()
    }

    /// Serves until `stop` resolves, then ends what is under way and closes the store.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let mut servers = JoinSet::new();
        let intake = Intake::new(self.store.clone());
        let budget = Budget::new(QUEUE_BYTES);
        for (endpoint, socket) in self.sockets {
            match socket {
                Socket::Tcp(listener) => {
                    let router = router(endpoint, &self.store);
                    servers.spawn(serve::serve(listener, router, stopped.clone()));
                }
                Socket::Udp(socket) => {
                    let format = match endpoint {
                        Endpoint::JaegerBinary => Format::Binary,
                        _ => Format::Compact,
                    };
                    let receiver = Receiver::new(socket, format, intake.clone(), budget.clone());
                    servers.spawn(receiver.run(stopped.clone()));
                }
            }
        }
        stop.await;
        stopping.send_replace(true);
        if tokio::time::timeout(GRACE, servers.join_all())
            .await
            .is_err()
        {
            tracing::warn!("requests were cut off because they did not end in time");
        }
        self.store.close().await;
        let join = || self.workers.into_iter().all(|worker| worker.join().is_ok());
        if !tokio::task::spawn_blocking(join).await.unwrap_or(false) {
            tracing::error!("a thread of the store failed");
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StartError> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map_err(StartError::Thread)
}

fn router(endpoint: Endpoint, store: &Store) -> Router {
    let intake = Intake::new(store.clone());
    match endpoint {
        Endpoint::Ui => Router::new()
            .route("/health", get(health))
            .merge(api::router(Query::new(store.clone())))
            .merge(ui::router()),
        Endpoint::OtlpHttp => otlp_http::router(intake, LIMITS),
        Endpoint::JaegerThrift => jaeger_http::router(intake, LIMITS),
        Endpoint::OtlpGrpc => otlp_grpc::router(intake, LIMITS),
        Endpoint::JaegerGrpc => jaeger_grpc::router(intake, LIMITS),
        Endpoint::QueryGrpc
        | Endpoint::Zipkin
        | Endpoint::Sampling
        // Datagrams have no routes.
        | Endpoint::JaegerCompact
        | Endpoint::JaegerBinary => Router::new(),
    }
}

/// All listeners are bound and the store is open before the first request is served.
async fn health() -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({ "status": "ready" }))
}
