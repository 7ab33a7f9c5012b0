//! Puts the program together: opens the store, binds every listener, serves until told to stop.
//!
//! Tasks and threads are started here and nowhere else. They end in the order in which spans flow:
//! listeners first, then the writer.

mod serve;

use std::io;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Config, Endpoint};
use crate::query::Query;
use crate::receive::body::BodyLimits;
use crate::receive::{Intake, jaeger_grpc, jaeger_http, otlp_grpc, otlp_http};
use crate::store::{OpenError, Store};
use crate::{api, ui};

/// The program, ready to serve.
#[derive(Debug)]
pub struct App {
    listeners: Vec<(Endpoint, TcpListener)>,
    store: Store,
    writer: JoinHandle<()>,
}

/// Why the program could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// A port could not be had.
    #[error(
        "cannot listen on {address} ({endpoint}): {source}: choose another port with {} or {}, or off",
        endpoint.flag(),
        endpoint.variable()
    )]
    Bind {
        /// What for.
        endpoint: Endpoint,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The writer's thread could not be started.
    #[error("cannot start the writer: {0}")]
    Writer(io::Error),
}

/// How large and how slow a request may be.
const LIMITS: BodyLimits = BodyLimits {
    bytes: 16 * 1024 * 1024,
    time: Duration::from_secs(30),
};

/// How long requests under way may take to end when the program is told to.
const GRACE: Duration = Duration::from_secs(5);

impl App {
    /// Binds every listener and opens the store.
    ///
    /// # Errors
    /// [`StartError`] if a port is taken or the store cannot be used; nothing is left behind.
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let mut listeners = Vec::new();
        for (endpoint, address) in &config.listeners {
            let listener = TcpListener::bind(address).await;
            let listener = listener.map_err(|source| StartError::Bind {
                endpoint: *endpoint,
                address: *address,
                source,
            })?;
            listeners.push((*endpoint, listener));
        }
        let (store, writer) = Store::open(&config.location)?;
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(|| writer.run())
            .map_err(StartError::Writer)?;
        Ok(Self {
            listeners,
            store,
            writer,
        })
    }

    /// What the program listens on.
    pub fn addresses(&self) -> Vec<(Endpoint, SocketAddr)> {
        let bound = |(endpoint, listener): &(Endpoint, TcpListener)| {
            Some((*endpoint, listener.local_addr().ok()?))
        };
        self.listeners.iter().filter_map(bound).collect()
    }

    /// Serves until `stop` resolves, then ends what is under way and closes the store.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let mut servers = JoinSet::new();
        for (endpoint, listener) in self.listeners {
            let router = router(endpoint, &self.store);
            servers.spawn(serve::serve(listener, router, stopped.clone()));
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
        let writer = tokio::task::spawn_blocking(|| self.writer.join());
        if !matches!(writer.await, Ok(Ok(()))) {
            tracing::error!("the writer failed");
        }
    }
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
    }
}

/// All listeners are bound and the store is open before the first request is served.
async fn health() -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({ "status": "ready" }))
}
