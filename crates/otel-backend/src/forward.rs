//! Forwarding: what was stored is sent on to another OTLP endpoint.
//!
//! The store alone acknowledges. Behind it, spans and log records wait in a queue each, bounded by
//! bytes and in memory, so that an endpoint that is slow or down holds nobody up: what finds no room is
//! not forwarded, and that is counted and said. Whatever protocol they came by, they go out as OTLP. An
//! endpoint gets them at least once.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlp-concurrent-requests>

mod answer;
mod client;
mod lane;
mod ledger;
mod pause;
mod via;

use std::net::SocketAddr;
use std::sync::Arc;

use http::HeaderMap;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::budget::{Budget, Held};
use crate::config;
use crate::format::otlp::Signal;
use crate::metrics::Metrics;
use crate::store::{Request, Signals};

use client::Client;
use lane::Lane;
use ledger::{Ledger, Loss};
use via::Name;
pub use via::{Loop, Via};

/// Bytes of a request. Receivers of gRPC refuse those of 4 MiB.
const REQUEST: usize = 1024 * 1024;

/// The endpoint to which everything is forwarded, ready to be sent to.
#[derive(Debug)]
pub struct Destination(Client);

/// The reason why nothing can be forwarded to an endpoint.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The endpoint is a port of this very process.
    #[error(
        "--forward (OTEL_BACKEND_FORWARD): {endpoint} is this otel-backend itself, which listens on {listener}: name another one, or move its port"
    )]
    Itself {
        /// The endpoint.
        endpoint: String,
        /// The address that it leads to.
        listener: SocketAddr,
    },
    /// There is nobody to trust.
    #[error(
        "--forward (OTEL_BACKEND_FORWARD): no certificate of an authority was found to check {endpoint} by: install them (the package ca-certificates), or name a file of them in SSL_CERT_FILE"
    )]
    NoAuthorities {
        /// The endpoint.
        endpoint: String,
    },
    /// TLS cannot be set up.
    #[error("--forward (OTEL_BACKEND_FORWARD): TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// The entrance to forwarding, to which receivers hand over what was stored. Clones share it.
#[derive(Debug, Clone)]
pub struct Forward(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: Name,
    room: Budget,
    spans: Entry,
    logs: Entry,
}

/// The end of a lane that is filled.
#[derive(Debug)]
struct Entry {
    inbox: mpsc::UnboundedSender<Parcel>,
    ledger: Arc<Ledger>,
}

/// Spans or log records that are to be forwarded once they are stored.
#[derive(Debug)]
pub struct Parcel {
    signal: Signal,
    request: Request,
    via: Via,
    /// Its share of the room; `None` if there was none left.
    held: Option<Held>,
}

/// The tasks that forward.
#[derive(Debug)]
pub struct Forwarding {
    stop: watch::Sender<bool>,
    lanes: JoinSet<()>,
}

impl Destination {
    /// Sets up a client. `listeners` are the addresses of this process.
    ///
    /// # Errors
    /// [`ForwardError`] if nothing can be sent there, or it would come back.
    pub async fn new(
        settings: &config::Forward,
        listeners: &[SocketAddr],
    ) -> Result<Self, ForwardError> {
        let endpoint = &settings.endpoint;
        if let Some(listener) = via::own_listener(endpoint, listeners).await {
            return Err(ForwardError::Itself {
                endpoint: endpoint.to_string(),
                listener,
            });
        }
        Ok(Self(Client::new(settings)?))
    }

    /// Starts to forward what is handed over. What waits takes its share of `room`.
    pub fn start(self, room: Budget, metrics: &Metrics) -> (Forward, Forwarding) {
        let (stop, stopped) = watch::channel(false);
        let mut lanes = JoinSet::new();
        let client = Arc::new(self.0);
        let name = Name::random();
        let mut lane = |signal| {
            let (inbox, outlet) = mpsc::unbounded_channel();
            let ledger = Arc::new(Ledger::new(signal, client.endpoint(), metrics.clone()));
            let lane = Lane::new(signal, outlet, Arc::clone(&client), Arc::clone(&ledger));
            lanes.spawn(lane.run(name.clone(), stopped.clone()));
            Entry { inbox, ledger }
        };
        let shared = Shared {
            spans: lane(Signal::Traces),
            logs: lane(Signal::Logs),
            name,
            room,
        };
        (Forward(Arc::new(shared)), Forwarding { stop, lanes })
    }
}

impl Forward {
    /// The way that a request has come.
    ///
    /// # Errors
    /// [`Loop`] if it was here before.
    pub fn way(&self, headers: &HeaderMap) -> Result<Via, Loop> {
        Via::of(headers, &self.0.name)
    }

    /// Copies what is about to be stored, as far as there is room for it.
    pub fn prepare(&self, signals: &Signals, via: &Via) -> Vec<Parcel> {
        let signal = match signals {
            Signals::Spans(_) => Signal::Traces,
            Signals::Logs(_) => Signal::Logs,
        };
        let requests = signals.requests(REQUEST).into_iter();
        let parcels = requests.map(|request| {
            let mut held = self.0.room.hold();
            let has_room = held.add(request.bytes.len()).is_ok();
            Parcel {
                signal,
                // A request that finds no room is only counted.
                request: if has_room {
                    request
                } else {
                    request.without_bytes()
                },
                via: via.clone(),
                held: has_room.then_some(held),
            }
        });
        parcels.collect()
    }

    /// Hands over what was stored. Waits for nothing.
    pub fn send(&self, parcels: Vec<Parcel>) {
        for parcel in parcels {
            let entry = match parcel.signal {
                Signal::Logs => &self.0.logs,
                Signal::Traces | Signal::Metrics => &self.0.spans,
            };
            let number = parcel.request.number;
            if parcel.held.is_none() {
                entry
                    .ledger
                    .lost(Loss::QueueFull, number, "the queue is full");
            } else if entry.inbox.send(parcel).is_err() {
                entry
                    .ledger
                    .lost(Loss::Shutdown, number, "otel-backend ends");
            }
        }
    }
}

impl Forwarding {
    /// Sends what waits, within a bound of time; what is left then is counted and said.
    pub async fn end(self) {
        self.stop.send_replace(true);
        self.lanes.join_all().await;
    }
}
