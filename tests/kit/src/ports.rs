//! Ports on which nothing listens.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// The range of ports to try; systems assign these neither to clients nor for port 0.
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// A port on which nothing listens and that no client uses. No other test of this process gets the
/// same one.
///
/// # Panics
/// If all ports are taken.
pub fn unused_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Concurrent processes begin at different places.
    let start = u16::try_from(process::id() * 97 % u32::from(COUNT)).unwrap_or(0);
    (0..COUNT)
        .map(|_| FIRST + (start + GIVEN.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .unwrap_or_else(|| panic!("no port is free"))
}
