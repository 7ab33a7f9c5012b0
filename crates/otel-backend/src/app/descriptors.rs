//! File descriptors: each connection needs one, and the system limits their number.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The descriptors reserved for the database, its readers and the listeners.
const RESERVE: usize = 256;

/// The number of connections for which there are descriptors, up to `wanted`. Raises the limit of
/// descriptors as far as the system permits.
pub(super) fn room_for(wanted: usize) -> usize {
    let needed = u64::try_from(wanted + RESERVE).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    let Some(given) = limit.current else {
        return wanted;
    };
    let possible = limit.maximum.map_or(needed, |maximum| needed.min(maximum));
    let raised = Rlimit {
        current: Some(possible),
        maximum: limit.maximum,
    };
    let given = if possible > given && setrlimit(Resource::Nofile, raised).is_ok() {
        possible
    } else {
        given
    };
    let room = usize::try_from(given).unwrap_or(usize::MAX);
    let room = wanted.min(room.saturating_sub(RESERVE).max(1));
    if room < wanted {
        tracing::warn!(
            wanted,
            room,
            "fewer connections are allowed than --limits asks for: the system grants {given} file descriptors"
        );
    }
    room
}
