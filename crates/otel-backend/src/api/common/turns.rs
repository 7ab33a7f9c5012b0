//! Turns at making answers, so that expensive ones do not block others.
//!
//! Start-time fair queueing (Goyal, Vin and Cheng, 1996): on a clock that all answers share, a turn
//! starts where the last one of its answer has ended, or at the time of the clock if that is later,
//! and the one that starts first is next. The clock is never before the start of a turn, and runs on
//! by the share of the time that each of those has that wait: so answers that take long let others
//! go first, and yet wait only for so many that begin.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::query::Turn;

/// The time after which an answer lets others go first.
const SLICE: Duration = Duration::from_millis(25);

/// The fewest answers that are made at the same time. On a machine with more cores, it is one for each.
const FEWEST: usize = 4;

static PLACES: LazyLock<Mutex<Places>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(FEWEST, usize::from);
    Mutex::new(Places::new(cores.max(FEWEST)))
});

/// The places for answers that are being made, and those that wait for one.
#[derive(Debug)]
struct Places {
    free: usize,
    clock: Duration,
    next: u64,
    /// By their starts, and then by the order in which they came.
    waiting: BTreeMap<(Duration, u64), oneshot::Sender<Place>>,
}

/// One of the [`Places`]; the next answer gets it when this is dropped.
#[derive(Debug)]
struct Place {
    of: &'static Mutex<Places>,
    /// The start of the turn on the clock of the places.
    start: Duration,
    since: Instant,
}

/// The turns of one answer.
#[derive(Debug)]
pub(super) struct Turns {
    places: &'static Mutex<Places>,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    /// `None` while the answer waits.
    place: Option<Place>,
    /// The end of the last turn.
    ended: Duration,
}

impl Places {
    const fn new(free: usize) -> Self {
        Self {
            free,
            clock: Duration::ZERO,
            next: 0,
            waiting: BTreeMap::new(),
        }
    }
}

impl Place {
    /// Queues for a place; `ended` is the end of the last turn of the same answer.
    fn after(ended: Duration, of: &'static Mutex<Places>) -> oneshot::Receiver<Self> {
        let (sender, place) = oneshot::channel();
        let mut places = lock(of);
        let start = ended.max(places.clock);
        if places.free > 0 {
            places.free -= 1;
            places.clock = start;
            drop(places);
            // The receiver is still here.
            sender.send(Self::starting(start, of)).ok();
        } else {
            let next = places.next;
            places.next += 1;
            places.waiting.insert((start, next), sender);
        }
        place
    }

    fn starting(start: Duration, of: &'static Mutex<Places>) -> Self {
        Self {
            of,
            start,
            since: Instant::now(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = lock(self.of);
        let others = u32::try_from(places.waiting.len()).unwrap_or(u32::MAX);
        places.clock += self.since.elapsed() / others.saturating_add(1);
        let (start, next) = loop {
            match places.waiting.pop_first() {
                // Its client has gone.
                Some((_, next)) if next.is_closed() => {}
                Some(((start, _), next)) => break (start, next),
                None => {
                    places.free += 1;
                    return;
                }
            }
        };
        places.clock = places.clock.max(start);
        drop(places);
        // If its client goes right now, its place is dropped here, and the next one gets it.
        drop(next.send(Self::starting(start, self.of)));
    }
}

impl Turns {
    /// Waits for the first turn of an answer.
    pub(super) async fn first() -> Self {
        Self::first_of(&PLACES).await
    }

    async fn first_of(places: &'static Mutex<Places>) -> Self {
        let place = Place::after(Duration::ZERO, places).await.ok();
        Self {
            places,
            current: Mutex::new(Current {
                place,
                ended: Duration::ZERO,
            }),
        }
    }

    /// Lets others go first if the turn has lasted long enough. Blocks the thread meanwhile.
    pub(super) fn pass(&self) {
        let mut current = lock(&self.current);
        if let Some(place) = &current.place
            && place.since.elapsed() >= SLICE
        {
            current.end();
            current.begin(self.places);
        }
    }
}

impl Turn for Turns {
    fn leave(&self) {
        lock(&self.current).end();
    }

    fn resume(&self) {
        lock(&self.current).begin(self.places);
    }
}

impl Current {
    fn end(&mut self) {
        if let Some(place) = self.place.take() {
            self.ended = place.start + place.since.elapsed();
        }
    }

    fn begin(&mut self, places: &'static Mutex<Places>) {
        self.place = Place::after(self.ended, places).blocking_recv().ok();
    }
}

/// A holder never panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(free: usize) -> &'static Mutex<Places> {
        Box::leak(Box::new(Mutex::new(Places::new(free))))
    }

    fn is_waiting(place: &mut oneshot::Receiver<Place>) -> bool {
        matches!(place.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    #[tokio::test]
    async fn whoever_has_had_least_is_next_and_whoever_begins_before_those() {
        let places = places(1);
        let only = Place::after(Duration::ZERO, places).await.unwrap();
        let mut long = Place::after(2 * SLICE, places);
        let mut short = Place::after(SLICE, places);
        drop(Place::after(Duration::ZERO, places));
        let new = Place::after(Duration::ZERO, places);
        drop(only);
        let new = new.await.unwrap();
        assert!(is_waiting(&mut long) && is_waiting(&mut short));
        drop(new);
        let short = short.await.unwrap();
        assert!(is_waiting(&mut long));
        drop(short);
        drop(long.await.unwrap());
        assert_eq!(lock(places).free, 1);
    }

    #[tokio::test]
    async fn whoever_waits_is_served_however_many_begin() {
        let places = places(1);
        let mut place = Place::after(Duration::ZERO, places).await.unwrap();
        let mut long = Place::after(10 * SLICE, places);
        let mut begun = 0;
        loop {
            let next = Place::after(Duration::ZERO, places);
            place.since -= SLICE;
            drop(place);
            place = tokio::select! {
                biased;
                _ = &mut long => break,
                next = next => next.unwrap(),
            };
            begun += 1;
        }
        // With two waiting, the clock runs for at least a third of each of their turns.
        assert!((1..=30).contains(&begun), "{begun}");
    }

    #[tokio::test]
    async fn an_answer_that_has_used_its_turn_lets_others_go_first_on_any_thread() {
        let places = places(1);
        let turns = Turns::first_of(places).await;
        if let Some(place) = &mut lock(&turns.current).place {
            place.since -= SLICE;
        }
        let other = Place::after(Duration::ZERO, places);
        // Some threads of a question are none of the runtime's.
        let passing = std::thread::spawn(move || {
            turns.pass();
            lock(&turns.current).ended
        });
        let other = other.await.unwrap();
        assert!(!passing.is_finished());
        drop(other);
        let passed = tokio::task::spawn_blocking(|| passing.join());
        assert!(passed.await.unwrap().unwrap() >= SLICE);
    }
}
