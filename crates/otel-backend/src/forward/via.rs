//! Loops: an endpoint that is this process itself, or that sends on to it what it was sent.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// The header with the names of the backends through which a request came.
pub(super) const VIA: HeaderName = HeaderName::from_static("otel-backend-via");

/// Backends that a request may come through: more are a loop of which none recognises itself, because
/// they are started again and again.
const MOST: usize = 16;

/// The time that looking up the endpoint's name may hold up the start.
const LOOKUP: Duration = Duration::from_secs(2);

/// The name of this process among backends: random, and new with each start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(Arc<str>);

/// The backends through which a request came; none if it came from whoever made the spans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Via(Option<Arc<str>>);

/// The reason why a request was not taken: it goes round in a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Loop {
    /// It came through this process.
    #[error(
        "what this otel-backend has forwarded comes back to it: mend --forward of one on the way"
    )]
    Back,
    /// It came through very many.
    #[error(
        "the request has been forwarded {MOST} times: mend --forward of an otel-backend on the way"
    )]
    TooFar,
}

impl Name {
    pub(super) fn random() -> Self {
        Self(format!("{:016x}", random()).into())
    }

    fn header(&self) -> HeaderValue {
        // Digits and letters always are one.
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("unnamed"))
    }
}

/// A random number. Each `RandomState` has other keys.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl Via {
    pub(super) fn of(headers: &HeaderMap, own: &Name) -> Result<Self, Loop> {
        let values = headers.get_all(VIA).into_iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let names = values.collect::<Vec<_>>().join(",");
        let mut number = 0;
        for name in names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            if name == &*own.0 {
                return Err(Loop::Back);
            }
            number += 1;
        }
        match number {
            0 => Ok(Self(None)),
            1..MOST => Ok(Self(Some(names.into()))),
            _ => Err(Loop::TooFar),
        }
    }

    /// The header of a request that is sent on, by a backend of this name. Of names that are none, only
    /// the own one is passed on, by which a loop is recognised all the same.
    pub(super) fn and(&self, own: &Name) -> HeaderValue {
        let names = self.0.as_deref().unwrap_or_default();
        let both = HeaderValue::from_str(&format!("{names},{}", own.0));
        match both {
            Ok(both) if !names.is_empty() => both,
            _ => own.header(),
        }
    }
}

/// The listener of this process to which an endpoint leads, if it does.
///
/// A name that cannot be looked up is let pass: a loop is recognised later by what comes back.
pub(super) async fn own_listener(endpoint: &Uri, listeners: &[SocketAddr]) -> Option<SocketAddr> {
    let host = endpoint.host()?.trim_matches(['[', ']']);
    let default = if endpoint.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = endpoint.port_u16().unwrap_or(default);
    let lookup = tokio::time::timeout(LOOKUP, tokio::net::lookup_host((host, port)));
    let targets: Vec<_> = lookup.await.ok()?.ok()?.collect();
    let leads_to = |listener: &&SocketAddr| {
        let same = |target: &SocketAddr| is_same(target.ip(), listener.ip());
        listener.port() == port && targets.iter().any(same)
    };
    listeners.iter().find(leads_to).copied()
}

/// Returns true if a connection to `target` reaches a listener on `own`, given the right port.
fn is_same(target: IpAddr, own: IpAddr) -> bool {
    let (target, own) = (target.to_canonical(), own.to_canonical());
    if own.is_unspecified() {
        return is_of_this_machine(target);
    }
    // To connect to no address is to connect to this machine.
    target == own || (target.is_unspecified() && own.is_loopback())
}

/// Only an address of this machine can be bound.
fn is_of_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values
            .iter()
            .map(|v| (VIA, HeaderValue::from_str(v).unwrap()));
        values.collect()
    }

    fn headers_of(value: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(VIA, HeaderValue::from_bytes(value).unwrap())])
    }

    #[test]
    fn the_way_grows_and_its_own_name_is_recognised() {
        let (one, other) = (Name("1".into()), Name("2".into()));
        let start = Via::of(&HeaderMap::new(), &one).unwrap();
        assert_eq!(start, Via::default());
        let first = start.and(&one);
        assert_eq!(first, "1");
        let second = Via::of(&headers(&["1"]), &other).unwrap().and(&other);
        assert_eq!(second, "1,2");
        assert_eq!(Via::of(&headers(&["1,2"]), &one), Err(Loop::Back));
        assert_eq!(Via::of(&headers(&["9", "3, 1"]), &one), Err(Loop::Back));
        // A value that is not a name does no harm.
        let strange = headers_of(b"caf\xe9");
        let on = Via::of(&strange, &one).unwrap().and(&one);
        assert_eq!(Via::of(&headers_of(on.as_bytes()), &one), Err(Loop::Back));
        assert_ne!(Name::random(), Name::random());
    }

    #[test]
    fn a_way_without_end_is_refused() {
        let names = |number| vec!["x"; number].join(",");
        let own = Name("1".into());
        assert!(Via::of(&headers(&[&names(15)]), &own).is_ok());
        assert_eq!(Via::of(&headers(&[&names(16)]), &own), Err(Loop::TooFar));
    }

    #[tokio::test]
    async fn an_endpoint_that_is_a_listener_of_this_process_is_recognised() {
        let own = |endpoint: &'static str, listener: &'static str| async move {
            let listeners = [listener.parse().unwrap()];
            own_listener(&Uri::from_static(endpoint), &listeners).await
        };
        for (endpoint, listener) in [
            ("http://127.0.0.1:4317", "127.0.0.1:4317"),
            ("http://localhost:4317", "127.0.0.1:4317"),
            ("http://[::ffff:127.0.0.1]:4317", "127.0.0.1:4317"),
            ("http://127.0.0.1:4317", "0.0.0.0:4317"),
            ("http://127.0.0.2:4317", "0.0.0.0:4317"),
            ("http://0.0.0.0:4317", "127.0.0.1:4317"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("https://127.0.0.1", "127.0.0.1:443"),
        ] {
            let expected = Some(listener.parse().unwrap());
            assert_eq!(own(endpoint, listener).await, expected, "{endpoint}");
        }
        for (endpoint, listener) in [
            ("http://127.0.0.1:4318", "127.0.0.1:4317"),
            ("http://127.0.0.2:4317", "127.0.0.1:4317"),
            ("http://192.0.2.1:4317", "0.0.0.0:4317"),
            ("http://nowhere.invalid:4317", "0.0.0.0:4317"),
        ] {
            assert_eq!(own(endpoint, listener).await, None, "{endpoint}");
        }
    }
}
