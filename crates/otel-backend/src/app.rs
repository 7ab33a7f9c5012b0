//! Assembles the program: opens the store, binds every listener, and serves until told to stop.
//!
//! Everything ends in the order in which spans flow: listeners first, then what is forwarded, then the store.

mod base_path;
mod connections;
mod descriptors;
mod doors;
mod gate;
mod gauges;
mod health;
mod refused;
mod serve;
mod signpost;
mod socket;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::budget::Budget;
use crate::config::{Config, Doors, Endpoint, Limits, Transport};
use crate::forward::{Destination, ForwardError};
use crate::metrics::{self, Metrics, Protocol, UdpDrops};
use crate::query::Query;
use crate::receive::jaeger_udp::{Format, Receiver};
use crate::receive::{
    Intakes, jaeger_grpc, jaeger_http, otlp_grpc, otlp_http, otlp_metrics, zipkin,
};
use crate::sampling::{self, Sampling, SamplingError};
use crate::store::{Location, OpenError, Store};
use crate::{api, ui};

use connections::Connections;
use gate::{Common, Gate};
use gauges::Gauges;
use health::Health;
use refused::RefusedLog;
use serve::Server;
use signpost::Signpost;
use socket::Socket;
pub use socket::{Bind, BindError};

/// The program, ready to serve.
#[derive(Debug)]
pub struct App {
    sockets: Vec<(Endpoint, Socket)>,
    store: Store,
    doors: Doors,
    limits: Limits,
    forward: Option<Destination>,
    sampling: Sampling,
    base_path: String,
    directory: Option<PathBuf>,
    refuse_metrics: bool,
    show_secrets: bool,
}

/// The reason why the program could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Some ports could not be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The file of sampling strategies cannot be used.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// Nothing can be forwarded to the endpoint that is named.
    #[error(transparent)]
    Forward(#[from] ForwardError),
}

/// The time limit for requests in progress at shutdown.
const GRACE: Duration = Duration::from_secs(5);

impl App {
    /// Binds every listener and opens the store.
    ///
    /// # Errors
    /// [`StartError`] if a port is taken or the store cannot be used; then nothing is left open.
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let sockets = socket::bind_all(&config.listeners).await?;
        let sampling = Sampling::new(config.sampling_file.clone())?;
        let forward = match &config.forward {
            Some(settings) => Some(Destination::new(settings, &tcp_addresses(&sockets)).await?),
            None => None,
        };
        Ok(Self {
            sockets,
            store: Store::open(&config.store)?,
            doors: config.doors.clone(),
            limits: config.limits,
            forward,
            sampling,
            base_path: config.base_path.clone(),
            directory: match &config.store.location {
                Location::Directory(directory) => Some(directory.clone()),
                Location::Memory => None,
            },
            refuse_metrics: config.refuse_metrics,
            show_secrets: config.show_secrets,
        })
    }

    /// The endpoints with their addresses.
    pub fn addresses(&self) -> Vec<(Endpoint, SocketAddr)> {
        let bound = |(endpoint, socket): &(Endpoint, Socket)| Some((*endpoint, socket.address()?));
        self.sockets.iter().filter_map(bound).collect()
    }

    /// Serves until `stop` resolves, then finishes requests in progress and closes the store.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let mut servers = JoinSet::new();
        let budget = Budget::new(self.limits.queue);
        let room = Budget::new(self.limits.forward);
        let gauges = Gauges {
            budget: budget.clone(),
            forward: self.forward.as_ref().map(|_| room.clone()),
            store: self.store.clone(),
            directory: self.directory,
        };
        let drops = UdpDrops(udp_ports(&self.sockets));
        let metrics = Metrics::new(vec![Box::new(gauges), Box::new(drops)]);
        let (forward, forwarding) = self
            .forward
            .map(|destination| destination.start(room, &metrics))
            .unzip();
        let intakes = Intakes::new(
            self.store.clone(),
            self.limits,
            budget,
            metrics.clone(),
            forward,
        );
        // Each listener reserves a place for the next connection.
        let room = descriptors::room_for(self.limits.connections) + self.sockets.len();
        let connections = Connections::new(room);
        let closer = tokio::spawn(connections.clone().close_stalled());
        let health = Health {
            store: self.store.clone(),
            failure: intakes.failure(),
        };
        let routes = Routes {
            health,
            store: self.store.clone(),
            intakes,
            metrics,
            sampling: self.sampling,
            base_path: self.base_path,
            metric_services: otlp_metrics::Services::default(),
            show_secrets: self.show_secrets,
        };
        let bound = |(endpoint, socket): &(Endpoint, Socket)| Some((*endpoint, socket.address()?));
        let common = Arc::new(Common {
            signpost: Signpost::new(self.sockets.iter().filter_map(bound), self.refuse_metrics),
            refused: RefusedLog::new(routes.metrics.clone()),
            doors: self.doors,
        });
        for (endpoint, socket) in self.sockets {
            match socket {
                Socket::Tcp(listener) => {
                    let address = listener.local_addr().ok();
                    let is_local = address.is_none_or(|address| address.ip().is_loopback());
                    let server = Server {
                        listener,
                        gate: Gate {
                            port: endpoint,
                            router: routes.of(endpoint).await,
                            checks_host: is_local || !common.doors.hosts.is_empty(),
                            common: Arc::clone(&common),
                        },
                        connections: connections.clone(),
                        open: routes.metrics.connections(endpoint),
                        latency: routes.metrics.latency(endpoint),
                        stop: stopped.clone(),
                    };
                    servers.spawn(server.run());
                }
                Socket::Udp(socket) => {
                    let format = udp_format(endpoint);
                    let receiver =
                        Receiver::new(socket, format, routes.intakes.of(format.protocol()));
                    servers.spawn(receiver.run(stopped.clone()));
                }
            }
        }
        stop.await;
        stopping.send_replace(true);
        let ended = async {
            servers.join_all().await;
            connections.closed().await;
        };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("requests were cut off because they did not end in time");
        }
        closer.abort();
        if let Some(forwarding) = forwarding {
            forwarding.end().await;
        }
        self.store.close().await;
    }
}

fn tcp_addresses(sockets: &[(Endpoint, Socket)]) -> Vec<SocketAddr> {
    let tcp = sockets
        .iter()
        .filter(|(endpoint, _)| endpoint.transport() == Transport::Tcp);
    tcp.filter_map(|(_, socket)| socket.address()).collect()
}

fn udp_format(endpoint: Endpoint) -> Format {
    match endpoint {
        Endpoint::JaegerBinary => Format::Binary,
        _ => Format::Compact,
    }
}

fn udp_ports(sockets: &[(Endpoint, Socket)]) -> Vec<(Protocol, u16)> {
    let udp = sockets
        .iter()
        .filter(|(endpoint, _)| endpoint.transport() == Transport::Udp);
    udp.filter_map(|(endpoint, socket)| {
        let port = socket.address()?.port();
        Some((udp_format(*endpoint).protocol(), port))
    })
    .collect()
}

/// The parts from which the routes of each endpoint are built.
#[derive(Debug)]
struct Routes {
    health: Health,
    store: Store,
    intakes: Intakes,
    metrics: Metrics,
    sampling: Sampling,
    base_path: String,
    metric_services: otlp_metrics::Services,
    show_secrets: bool,
}

impl Routes {
    async fn of(&self, endpoint: Endpoint) -> Router {
        let of = |protocol| self.intakes.of(protocol);
        match endpoint {
            Endpoint::Ui => self.own().merge(self.ui()).merge(self.streaming()),
            Endpoint::OtlpHttp | Endpoint::OtlpGrpc => Router::new()
                .merge(otlp_http::router(of(Protocol::OtlpHttp)))
                .merge(otlp_grpc::router(of(Protocol::OtlpGrpc)))
                .merge(otlp_metrics::router(
                    &self.metric_services,
                    of(Protocol::OtlpHttp),
                    of(Protocol::OtlpGrpc),
                )),
            Endpoint::JaegerThrift => jaeger_http::router(of(Protocol::JaegerThrift)),
            Endpoint::JaegerGrpc => jaeger_grpc::router(of(Protocol::JaegerGrpc))
                .merge(sampling::grpc_router(self.sampling.clone())),
            Endpoint::Zipkin => zipkin::router(of(Protocol::Zipkin)),
            Endpoint::Sampling => sampling::router(self.sampling.clone()),
            Endpoint::QueryGrpc => api::grpc_router(Query::new(self.store.clone())).await,
            // UDP endpoints have no routes.
            Endpoint::JaegerCompact | Endpoint::JaegerBinary => Router::new(),
        }
    }

    /// The query APIs and the page, under the base path.
    fn ui(&self) -> Router {
        let query = Query::new(self.store.clone());
        let routes = api::router(query, self.show_secrets).merge(ui::router());
        match self.base_path.as_str() {
            "" => routes,
            base => base_path::under(base.to_owned(), routes),
        }
    }

    /// The gRPC service for Grafana, which ignores the path in the data source's URL.
    fn streaming(&self) -> Router {
        api::streaming_router(Query::new(self.store.clone()))
    }

    /// The routes about the program itself.
    fn own(&self) -> Router {
        let (health, metrics) = (self.health.clone(), self.metrics.clone());
        let metrics = async move || ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics.render());
        Router::new()
            .route("/health", get(move || health.answer()))
            .route("/metrics", get(metrics))
    }
}
