//! A cache of the endpoint's addresses.
//!
//! ureq looks up the host for every request, even on an open connection, and starts a thread to do
//! so. That was a quarter of an export's cost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The time after which a host is looked up again, since its addresses may change.
const KEPT: Duration = Duration::from_mins(1);

/// Looks up a host and remembers its addresses. Clones share the cache.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    lookup: Arc<dyn Resolver>,
    last: Arc<Mutex<Option<Found>>>,
}

#[derive(Debug)]
struct Found {
    uri: Uri,
    addresses: ResolvedSocketAddrs,
    at: Instant,
}

impl Default for Addresses {
    /// Uses the system's resolver.
    fn default() -> Self {
        Self::new(DefaultResolver::default())
    }
}

impl Addresses {
    fn new(lookup: impl Resolver) -> Self {
        Self {
            lookup: Arc::new(lookup),
            last: Arc::default(),
        }
    }

    /// Discards the addresses after a failure, so that the next request looks up the host again.
    pub(super) fn forget(&self) {
        *self.last() = None;
    }

    fn last(&self) -> MutexGuard<'_, Option<Found>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, uri: &Uri, now: Instant) -> Option<ResolvedSocketAddrs> {
        let last = self.last();
        let found = last.as_ref()?;
        let is_fresh = now.saturating_duration_since(found.at) < KEPT;
        (is_fresh && found.uri == *uri).then(|| found.addresses.clone())
    }

    fn resolve_at(
        &self,
        now: Instant,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        if let Some(addresses) = self.known(uri, now) {
            return Ok(addresses);
        }
        let addresses = self.lookup.resolve(uri, config, timeout)?;
        let found = Found {
            uri: uri.clone(),
            addresses: addresses.clone(),
            at: now,
        };
        *self.last() = Some(found);
        Ok(addresses)
    }
}

impl Resolver for Addresses {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        self.resolve_at(Instant::now(), uri, config, timeout)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU16, Ordering};

    use super::*;

    /// A resolver that returns another port at each lookup.
    #[derive(Debug, Default)]
    struct Counting(AtomicU16);

    impl Resolver for Counting {
        fn resolve(
            &self,
            _: &Uri,
            _: &Config,
            _: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut found = self.empty();
            found.push(([127, 0, 0, 1], self.0.fetch_add(1, Ordering::Relaxed)).into());
            Ok(found)
        }
    }

    fn port(addresses: &Addresses, uri: &'static str, now: Instant) -> u16 {
        let uri = Uri::from_static(uri);
        let found = addresses.resolve_at(now, &uri, &Config::default(), NextTimeout::default());
        found.unwrap()[0].port()
    }

    const URL: &str = "http://collector:14268/api/traces";

    #[test]
    fn a_host_is_looked_up_once_a_minute() {
        let addresses = Addresses::new(Counting::default());
        let start = Instant::now();
        assert_eq!(port(&addresses, URL, start), 0);
        let (later, second) = (start + KEPT, Duration::from_secs(1));
        assert_eq!(port(&addresses, URL, later.checked_sub(second).unwrap()), 0);
        assert_eq!(port(&addresses, URL, later), 1);
        assert_eq!(port(&addresses, URL, later), 1);
    }

    #[test]
    fn a_host_is_looked_up_again_after_a_failure() {
        let addresses = Addresses::new(Counting::default());
        let now = Instant::now();
        assert_eq!(port(&addresses, URL, now), 0);
        addresses.clone().forget();
        assert_eq!(port(&addresses, URL, now), 1);
    }

    #[test]
    fn another_host_is_another_lookup() {
        let addresses = Addresses::new(Counting::default());
        let now = Instant::now();
        assert_eq!(port(&addresses, URL, now), 0);
        assert_eq!(port(&addresses, "http://proxy:3128", now), 1);
    }
}
