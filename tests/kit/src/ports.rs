//! Ports on which nothing listens.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// The ports that are tried: those that a system does not give to clients, nor to `port 0`.
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// A port on which nothing listens, neither for connections nor on behalf of a client. No other
/// test of this process is given the same.
///
/// # Panics
/// When all are taken.
pub fn unused_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Processes that run side by side begin at different places.
    let start = u16::try_from(process::id() * 97 % u32::from(COUNT)).unwrap_or(0);
    (0..COUNT)
        .map(|_| FIRST + (start + GIVEN.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .unwrap_or_else(|| panic!("no port is free"))
}
