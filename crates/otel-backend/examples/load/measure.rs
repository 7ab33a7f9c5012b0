//! The measurements, in this order.

use std::thread;
use std::time::{Duration, Instant};

use crate::process::Backend;
use crate::send::{Load, Protocol, Sent};
use crate::spans::Data;
use crate::table::Figures;
use crate::{Options, logs, questions};

/// The number of starts that are measured.
const STARTS: usize = 5;

/// A backend has settled when it used less than this much of a core for so many seconds, one by one.
const QUIET: f64 = 0.03;
const QUIET_SECONDS: usize = 3;

/// The longest to wait for a backend to settle.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) fn all(
    backend: &mut Backend,
    options: &Options,
    out: &mut Figures,
) -> anyhow::Result<()> {
    let mut put = |name: &str, figure: f64| {
        eprintln!("{name}: {figure:.2}");
        out.push((name.to_owned(), figure));
    };
    if backend.is_ours() {
        put("start, ms", median(restarts(backend)?.starts));
    }
    settle(backend)?;
    if let Some(usage) = backend.usage()? {
        put("memory idle, MiB", usage.memory_mib);
    }
    if options.logs > 0 && backend.is_ours() {
        logs::measure(backend, options, &mut put)?;
    }
    let disk_before = backend.disk_bytes()?.unwrap_or_default();
    let mut sent = 0;
    if options.seconds > 0 {
        let load = Load {
            spans: options.rate * options.seconds,
            rate: Some(options.rate),
            first_request: 1 << 40,
            ..Load::of(options, Protocol::OtlpHttp)
        };
        let before = backend.usage()?;
        sent += load.send(backend)?.spans;
        settle(backend)?;
        if let (Some(before), Some(after)) = (before, backend.usage()?) {
            put("memory peak at the fixed rate, MiB", after.peak_mib);
            let cpu = (after.cpu - before.cpu) * 1e6 / sent as f64;
            put("CPU s a million at the fixed rate, merged", cpu);
        }
        if let Some(bytes) = backend.disk_bytes()? {
            put(
                "disk at the fixed rate, bytes a span",
                bytes.saturating_sub(disk_before) as f64 / sent as f64,
            );
        }
    }
    let is_otlp_only = options.otlp_only || options.data != Data::Shop;
    for protocol in Protocol::ALL {
        if backend.address(protocol).is_none() || (is_otlp_only && protocol != Protocol::OtlpHttp) {
            continue;
        }
        let before = backend.usage()?;
        let Sent { spans, bytes, took } = Load::of(options, protocol).send(backend)?;
        sent += spans;
        put(
            &format!("{protocol}: bytes a span, sent"),
            bytes as f64 / spans as f64,
        );
        put(
            &format!("{protocol}: spans a second"),
            spans as f64 / took.as_secs_f64(),
        );
        if let (Some(before), Some(after)) = (before, backend.usage()?) {
            let cpu = |cpu: f64| (cpu - before.cpu) * 1e6 / spans as f64;
            put(&format!("{protocol}: CPU s a million"), cpu(after.cpu));
            settle(backend)?;
            let settled = backend.usage()?.map_or(0.0, |usage| usage.cpu);
            put(
                &format!("{protocol}: CPU s a million, merged"),
                cpu(settled),
            );
        }
    }
    if let Some(bytes) = backend.disk_bytes()? {
        let bytes = bytes.saturating_sub(disk_before);
        put("disk, bytes a span", bytes as f64 / sent as f64);
    }
    if let Some(usage) = backend.usage()? {
        put("memory peak, MiB", usage.peak_mib);
    }
    questions::ask_all(backend, sent, &mut put)?;
    if let Some(usage) = backend.usage()? {
        put("memory with data, MiB", usage.memory_mib);
    }
    if backend.is_ours() {
        let restarts = restarts(backend)?;
        put("start with data, ms", median(restarts.starts));
        put("trace by id, cold, ms", median(restarts.first_traces));
    }
    Ok(())
}

struct Restarts {
    /// The milliseconds from each start until spans were accepted.
    starts: Vec<f64>,
    /// The milliseconds of the first query after each start.
    first_traces: Vec<f64>,
}

fn restarts(backend: &mut Backend) -> anyhow::Result<Restarts> {
    let mut restarts = Restarts {
        starts: Vec::new(),
        first_traces: Vec::new(),
    };
    for number in 0..STARTS {
        let took = backend.restart()?;
        restarts.starts.push(took.as_secs_f64() * 1e3);
        let first = questions::trace(backend, number as u64)?;
        restarts.first_traces.push(first.as_secs_f64() * 1e3);
    }
    Ok(restarts)
}

pub(crate) fn settle(backend: &Backend) -> anyhow::Result<()> {
    let began = Instant::now();
    let Some(mut last) = backend.usage()? else {
        return Ok(());
    };
    let mut quiet = 0;
    while began.elapsed() < PATIENCE && quiet < QUIET_SECONDS {
        thread::sleep(Duration::from_secs(1));
        let now = backend.usage()?.unwrap_or(last);
        quiet = if now.cpu - last.cpu < QUIET {
            quiet + 1
        } else {
            0
        };
        last = now;
    }
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
