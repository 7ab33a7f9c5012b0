//! The way of one signal to the endpoint: one request after the other, each until it is taken or lost.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::answer::Outcome;
use super::client::{Client, pack};
use super::ledger::{Ledger, Loss};
use super::pause::Pauses;
use super::via::{Name, Via};
use super::{Parcel, REQUEST};
use crate::budget::Held;
use crate::format::otlp::Signal;

/// Sends what comes in, in order.
#[derive(Debug)]
pub(super) struct Lane {
    signal: Signal,
    outlet: mpsc::UnboundedReceiver<Parcel>,
    /// The parcel that was taken from the queue and did not fit into the load.
    next: Option<Parcel>,
    load: Option<Load>,
    /// Until when nothing is sent, since the endpoint does not accept this signal.
    unsupported: Option<Instant>,
    /// The reason why the last attempt failed.
    failure: String,
    client: Arc<Client>,
    ledger: Arc<Ledger>,
    pauses: Pauses,
}

/// The parcels that are sent in one request. They came by the same way and stand one after the
/// other, since a reader of protobuf joins repeated fields.
#[derive(Debug)]
struct Load {
    bytes: Vec<u8>,
    number: usize,
    via: Via,
    held: Vec<Held>,
}

/// The time for which one load is tried.
const PATIENCE: Duration = Duration::from_mins(5);

/// The time after which an endpoint that accepts spans only is asked again.
const ASK_AGAIN: Duration = Duration::from_mins(5);

/// The time for what still waits when the process ends.
const DRAIN: Duration = Duration::from_secs(5);

impl Lane {
    pub(super) fn new(
        signal: Signal,
        outlet: mpsc::UnboundedReceiver<Parcel>,
        client: Arc<Client>,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self {
            signal,
            outlet,
            next: None,
            load: None,
            unsupported: None,
            failure: String::new(),
            client,
            ledger,
            pauses: Pauses::new(),
        }
    }

    /// Sends until `stop` becomes true, and then what waits, as far as that goes without a failure and
    /// within [`DRAIN`].
    pub(super) async fn run(mut self, name: Name, mut stop: watch::Receiver<bool>) {
        let mut stopping = stop.clone();
        let end = async move {
            until(&mut stopping).await;
            sleep(DRAIN).await;
        };
        tokio::select! {
            () = self.work(&name, &mut stop) => {}
            () = end => {}
        }
        self.abandon();
    }

    async fn work(&mut self, name: &Name, stop: &mut watch::Receiver<bool>) {
        while self.take(stop).await {
            if !self.deliver(name, stop).await {
                break;
            }
        }
    }

    /// Loads what waits, or waits for it; false at the end.
    async fn take(&mut self, stop: &mut watch::Receiver<bool>) -> bool {
        let first = if self.next.is_some() {
            self.next.take()
        } else {
            tokio::select! {
                biased;
                parcel = self.outlet.recv() => parcel,
                () = until(stop) => {
                    self.outlet.close();
                    self.outlet.recv().await
                }
            }
        };
        let Some(first) = first else {
            return false;
        };
        let load = self.load.insert(Load::of(first));
        while let Ok(parcel) = self.outlet.try_recv() {
            if !load.takes(&parcel) {
                self.next = Some(parcel);
                break;
            }
            load.add(parcel);
        }
        true
    }

    /// Sends the load until it is taken or lost; false if there is no use in sending more.
    async fn deliver(&mut self, name: &Name, stop: &mut watch::Receiver<bool>) -> bool {
        if self.unsupported.is_some_and(|until| Instant::now() < until) {
            self.skip("the endpoint does not accept them");
            return true;
        }
        let Some((body, via, number)) = self.pack(name).await else {
            return true;
        };
        let begin = Instant::now();
        loop {
            // An attempt that begins at the end is the last one.
            let is_last = *stop.borrow();
            match self.client.send(self.signal, body.clone(), &via).await {
                Outcome::Taken(partial) => {
                    self.pauses = Pauses::new();
                    self.failure.clear();
                    let rejected = usize::try_from(partial.rejected).unwrap_or(number);
                    let rejected = rejected.min(number);
                    self.ledger.forwarded(number - rejected);
                    self.ledger.lost(Loss::Rejected, rejected, &partial.message);
                    if rejected == 0 && !partial.message.is_empty() {
                        self.ledger.warned(&partial.message);
                    }
                    break;
                }
                Outcome::Unsupported(reason) if self.signal == Signal::Logs => {
                    self.unsupported = Some(Instant::now() + ASK_AGAIN);
                    self.skip(&format!("the endpoint accepts spans only: {reason}"));
                    break;
                }
                Outcome::Refused(reason) | Outcome::Unsupported(reason) => {
                    self.ledger.lost(Loss::Refused, number, &reason);
                    break;
                }
                Outcome::Later { reason, .. } if is_last => {
                    self.failure = reason;
                    return false;
                }
                Outcome::Later { reason, .. } if begin.elapsed() >= PATIENCE => {
                    self.ledger.lost(Loss::GaveUp, number, &reason);
                    break;
                }
                Outcome::Later { after, reason } => {
                    let pause = self.pauses.next(after);
                    self.ledger.delayed(&reason, pause);
                    self.failure = reason;
                    tokio::select! {
                        () = sleep(pause) => {}
                        // One more attempt is made at the end.
                        () = until(stop) => {}
                    }
                }
            }
        }
        self.load = None;
        true
    }

    /// The body of the load, the way that it has come, and the number of what is in it.
    async fn pack(&mut self, name: &Name) -> Option<(Bytes, HeaderValue, usize)> {
        let load = self.load.as_mut()?;
        let via = load.via.and(name);
        let (message, number) = (std::mem::take(&mut load.bytes), load.number);
        let protocol = self.client.protocol();
        let packed = tokio::task::spawn_blocking(move || pack(&message, protocol));
        match packed.await {
            Ok(Ok(body)) => Some((body, via, number)),
            failed => {
                let reason = format!("it cannot be compressed: {failed:?}");
                self.ledger.lost(Loss::Refused, number, &reason);
                self.load = None;
                None
            }
        }
    }

    /// Counts the load as something that the endpoint does not accept.
    fn skip(&mut self, reason: &str) {
        let number = self.load.take().map_or(0, |load| load.number);
        self.ledger.lost(Loss::Unsupported, number, reason);
    }

    /// Counts what is left as lost.
    fn abandon(mut self) {
        self.outlet.close();
        let load = self.load.take().map_or(0, |load| load.number);
        let mut number = load + self.next.take().map_or(0, |next| next.request.number);
        while let Ok(parcel) = self.outlet.try_recv() {
            number += parcel.request.number;
        }
        let mut reason = "otel-backend ended before the endpoint took them".to_owned();
        if !self.failure.is_empty() {
            reason = format!("{reason}: {}", self.failure);
        }
        self.ledger.lost(Loss::Shutdown, number, &reason);
    }
}

/// Waits until the process is to end.
async fn until(stop: &mut watch::Receiver<bool>) {
    // Whoever could say so has gone.
    drop(stop.wait_for(|stop| *stop).await);
}

impl Load {
    fn of(parcel: Parcel) -> Self {
        Self {
            bytes: parcel.request.bytes,
            number: parcel.request.number,
            via: parcel.via,
            held: Vec::from_iter(parcel.held),
        }
    }

    fn takes(&self, parcel: &Parcel) -> bool {
        self.via == parcel.via && self.bytes.len() + parcel.request.bytes.len() <= REQUEST
    }

    fn add(&mut self, parcel: Parcel) {
        self.bytes.extend_from_slice(&parcel.request.bytes);
        self.number += parcel.request.number;
        self.held.extend(parcel.held);
    }
}
