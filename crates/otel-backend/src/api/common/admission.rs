//! How many answers are in progress at the same time, including those that wait for their first turn
//! or for their clients.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::query::{Recipient, cut_off_slowest};

/// The most answers in progress.
const ANSWERS: usize = 64;

/// The most of them for the clients of one address, so that others find room.
const OF_ONE_ADDRESS: usize = 56;

/// The most of them on one connection. Further ones wait: a client that is told of it by HTTP/2 has
/// often sent them before it reads that, and takes their refusal for a failure.
const ON_ONE_CONNECTION: usize = 8;

/// The longest that further ones wait for those on their connection.
const BEHIND_OTHERS: Duration = Duration::from_secs(30);

/// Meanwhile, a client is cut off that has been waited for at least so long.
const HELD_UP: Duration = Duration::from_secs(1);

/// The longest that a new answer waits to be admitted, once its connection has room for it.
const ADMISSION: Duration = Duration::from_secs(1);

/// The time after which it has a client cut off that has been waited for at least so long.
const CUT_OFF_EVERY: Duration = Duration::from_millis(20);

static ROOM: LazyLock<Room> = LazyLock::new(Room::new);

tokio::task_local! {
    static CLIENT: Client;
}

/// The client at the other end of a connection; clones are the same.
#[derive(Debug, Clone)]
pub struct Client {
    recipient: Recipient,
    /// Permits for the answers on its connection.
    room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Room {
    all: Arc<Semaphore>,
    /// Of the addresses that have answers in progress.
    addresses: Mutex<HashMap<IpAddr, Weak<Semaphore>>>,
}

/// The permits of an answer in progress.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) recipient: Recipient,
    /// Of its connection, of its address, and of all.
    _permits: [OwnedSemaphorePermit; 3],
}

impl Client {
    /// The client of a new connection from an address.
    pub fn new(address: IpAddr) -> Self {
        static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
        Self {
            recipient: Recipient {
                address: address.to_canonical(),
                connection: CONNECTIONS.fetch_add(1, Ordering::Relaxed),
            },
            room: Arc::new(Semaphore::new(ON_ONE_CONNECTION)),
        }
    }

    /// Handles a request of this client.
    pub async fn asks<T>(self, handling: impl Future<Output = T>) -> T {
        CLIENT.scope(self, handling).await
    }
}

/// Waits for room for another answer; `None` if there is none in time.
pub(super) async fn admit() -> Option<Admission> {
    let client = CLIENT.try_with(Client::clone);
    let client = client.unwrap_or_else(|_| Client::new(Ipv4Addr::LOCALHOST.into()));
    ROOM.admit(client).await
}

/// Waits. Meanwhile, again and again, has the slowest client cut off that is meant, if it has been
/// waited for at least so long.
async fn cutting_off<T>(
    least: Duration,
    is_meant: impl Fn(&Recipient) -> bool,
    waiting: impl Future<Output = T>,
) -> T {
    tokio::pin!(waiting);
    let mut cut_off = tokio::time::interval(CUT_OFF_EVERY);
    loop {
        tokio::select! {
            biased;
            waited = &mut waiting => return waited,
            _ = cut_off.tick() => cut_off_slowest(least, &is_meant),
        }
    }
}

impl Room {
    fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(ANSWERS)),
            addresses: Mutex::default(),
        }
    }

    /// Waits for permits. Meanwhile, the slowest clients are cut off whose answers have such permits.
    async fn admit(&self, client: Client) -> Option<Admission> {
        let Client { recipient, room } = client;
        let is_on_connection = |other: &Recipient| other.connection == recipient.connection;
        let permit = tokio::time::timeout(BEHIND_OTHERS, room.acquire_owned());
        let permit = cutting_off(HELD_UP, is_on_connection, permit).await;
        let of_connection = permit.ok()?.ok()?;
        let permits = async {
            let is_of_address = |other: &Recipient| other.address == recipient.address;
            let permit = self.of(recipient.address).acquire_owned();
            let of_address = cutting_off(CUT_OFF_EVERY, is_of_address, permit).await;
            let permit = Arc::clone(&self.all).acquire_owned();
            let of_all = cutting_off(CUT_OFF_EVERY, |_| true, permit).await;
            Some([of_connection, of_address.ok()?, of_all.ok()?])
        };
        let permits = tokio::time::timeout(ADMISSION, permits).await;
        Some(Admission {
            recipient,
            _permits: permits.ok()??,
        })
    }

    /// The permits of an address.
    fn of(&self, address: IpAddr) -> Arc<Semaphore> {
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = addresses.get(&address).and_then(Weak::upgrade) {
            return known;
        }
        addresses.retain(|_, permits| permits.strong_count() > 0);
        let permits = Arc::new(Semaphore::new(OF_ONE_ADDRESS));
        addresses.insert(address, Arc::downgrade(&permits));
        permits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    #[tokio::test(start_paused = true)]
    async fn one_address_leaves_room_for_others() {
        let room = Room::new();
        let of = |last| room.admit(Client::new(address(last)));
        let mut admitted = Vec::new();
        for _ in 0..OF_ONE_ADDRESS {
            admitted.push(of(1).await.unwrap());
        }
        assert!(of(1).await.is_none());
        let other = of(2).await;
        assert!(other.is_some());
        admitted.pop();
        assert!(of(1).await.is_some());

        drop((admitted, other));
        drop(room.of(address(3)));
        let known: Vec<_> = room.addresses.lock().unwrap().keys().copied().collect();
        assert_eq!(known, [address(3)]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_connection_waits_for_its_own_answers() {
        let room = Room::new();
        let client = Client::new(address(1));
        let mut admitted = Vec::new();
        for _ in 0..ON_ONE_CONNECTION {
            admitted.push(room.admit(client.clone()).await.unwrap());
        }
        let more = room.admit(client);
        tokio::pin!(more);
        assert!(
            tokio::time::timeout(2 * ADMISSION, &mut more)
                .await
                .is_err()
        );
        assert!(room.admit(Client::new(address(1))).await.is_some());
        admitted.pop();
        assert!(more.await.is_some());
    }

    #[tokio::test]
    async fn a_request_is_of_its_client() {
        let asking = Client::new(address(4)).asks(async { CLIENT.get() });
        assert_eq!(asking.await.recipient.address, address(4));
    }
}
