//! The memory of a browser's processes.

use std::collections::HashMap;
use std::fs;

/// The private memory, in megabytes, of the largest renderer among the descendants of a process. It
/// includes that of a page and its workers. NaN on systems without `/proc`.
pub(crate) fn of_renderer(below: u32) -> f64 {
    let parents = parents();
    let is_below = |mut process: u32| {
        while let Some(parent) = parents.get(&process) {
            if *parent == below {
                return true;
            }
            process = *parent;
        }
        false
    };
    let renderers = parents
        .keys()
        .filter(|process| is_below(**process) && is_renderer(**process));
    renderers
        .filter_map(|process| private(*process))
        .fold(f64::NAN, f64::max)
}

/// The parent of every process.
fn parents() -> HashMap<u32, u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|process| Some((process, parent(process)?)))
        .collect()
}

/// The fourth field of `stat`; the second is a name in parentheses that may contain anything.
fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

fn is_renderer(process: u32) -> bool {
    let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).contains("--type=renderer")
}

fn private(process: u32) -> Option<f64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let lines = rollup.lines().filter(|line| line.starts_with("Private_"));
    let kilobytes = lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    Some(kilobytes.sum::<f64>() * 1024.0 / 1e6)
}
