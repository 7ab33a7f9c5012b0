//! Clients that are waited for, in order, so that whoever needs what their answers hold can have the
//! slowest of them cut off.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Whom an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// The address of the client.
    pub address: IpAddr,
    /// The number of its connection.
    pub connection: u64,
}

/// A client that is waited for, until this is dropped.
#[derive(Debug)]
pub struct Waiting {
    place: u64,
    cut_off: Arc<Notify>,
}

#[derive(Debug)]
struct Clients {
    next: u64,
    /// By the order in which they began to be waited for.
    clients: BTreeMap<u64, Client>,
}

#[derive(Debug)]
struct Client {
    recipient: Recipient,
    since: Instant,
    cut_off: Arc<Notify>,
}

static CLIENTS: Mutex<Clients> = Mutex::new(Clients {
    next: 0,
    clients: BTreeMap::new(),
});

impl Waiting {
    /// Begins to wait for a client.
    pub fn begin(recipient: Recipient) -> Self {
        let mut waiting = lock();
        let place = waiting.next;
        waiting.next += 1;
        let cut_off = Arc::new(Notify::new());
        let client = Client {
            recipient,
            since: Instant::now(),
            cut_off: Arc::clone(&cut_off),
        };
        waiting.clients.insert(place, client);
        Self { place, cut_off }
    }

    /// Returns when the client is to be cut off.
    pub async fn cut_off(&self) {
        self.cut_off.notified().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        lock().clients.remove(&self.place);
    }
}

/// Of the clients that are meant, has the one cut off that has been waited for for longest, if that is
/// at least so long.
pub fn cut_off_slowest(patience: Duration, is_meant: impl Fn(&Recipient) -> bool) {
    let mut waiting = lock();
    let mut clients = waiting.clients.iter();
    let slowest = clients.find(|(_, client)| is_meant(&client.recipient));
    if let Some((&place, client)) = slowest
        && client.since.elapsed() >= patience
        && let Some(client) = waiting.clients.remove(&place)
    {
        client.cut_off.notify_one();
    }
}

/// A holder never panics.
fn lock() -> MutexGuard<'static, Clients> {
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner)
}
