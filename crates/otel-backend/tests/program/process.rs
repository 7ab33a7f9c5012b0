//! Reads the system's data about the running program.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::Backend;

/// The peak memory of the program so far, in MiB.
pub(crate) fn peak_memory(backend: &Backend) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", backend.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

/// The number of connections that this process can open, after raising its own limit.
pub(crate) fn connections() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, all).unwrap();
    let descriptors = maximum.unwrap_or(20_000).min(20_000);
    usize::try_from(descriptors).unwrap().saturating_sub(500)
}
