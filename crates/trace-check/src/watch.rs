//! Prints traces as they arrive, one per line.

use std::collections::HashMap;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::model::TraceId;
use crate::read::{Backend, Find, ReadError, Summary};
use crate::seconds::seconds;

/// The arguments of `watch`.
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    /// The backend's query API: of Jaeger, Tempo, otel-backend or `VictoriaTraces`.
    #[arg(env = "TRACE_QUERY_URL", default_value = "http://127.0.0.1:16686")]
    pub url: String,
    /// The service to follow; all of them by default.
    #[arg(long)]
    pub service: Option<String>,
    /// The address to show for each trace, with `{trace_id}` in it.
    #[arg(long, env = "TRACE_URL_TEMPLATE", value_name = "TEMPLATE")]
    pub trace_url: Option<String>,
    /// The interval between requests, in seconds.
    #[arg(long, default_value = "1", value_parser = seconds)]
    pub interval: Duration,
    /// The age up to which existing traces are shown at the start, in seconds.
    #[arg(long, default_value = "0", value_parser = seconds)]
    pub since: Duration,
    /// End after so many traces; by default never.
    #[arg(long)]
    pub count: Option<usize>,
}

/// The most traces in one request.
const MOST: usize = 200;

/// A trace may start before it arrives, so each search goes back this far; traces already shown are
/// not shown again.
const BEHIND: Duration = Duration::from_mins(5);

/// The longest to wait for a growing trace.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints traces until `count` are shown or the output is closed.
///
/// # Errors
/// Fails if the output cannot be written. If the backend cannot be reached, that is printed, and
/// the request is repeated.
pub fn watch(
    args: &WatchArgs,
    backend: &Backend,
    out: &mut impl Write,
    complain: &mut impl FnMut(&str),
) -> std::io::Result<()> {
    let mut follower = Follower {
        service: args.service.clone(),
        seen: HashMap::new(),
    };
    let mut away = false;
    let mut shown = 0;
    // Existing traces are remembered but not shown.
    let mut first = args.since.is_zero();
    writeln!(
        out,
        "{:12}  {:>6}  {:>6}  {:>10}  root",
        "start", "spans", "errors", "duration"
    )?;
    loop {
        let asked = Instant::now();
        match follower.poll(backend, args.since.max(BEHIND)) {
            Err(error) => {
                if !away {
                    complain(&format!("{error}; asking again"));
                }
                away = true;
            }
            Ok(settled) => {
                if away {
                    complain(&format!("{} answers again", backend.url));
                }
                away = false;
                for (id, summary) in settled {
                    if first {
                        continue;
                    }
                    let url = backend.page(args.trace_url.as_deref(), id);
                    writeln!(out, "{}", line(&summary, &url))?;
                    shown += 1;
                    if args.count.is_some_and(|count| shown >= count) {
                        return out.flush();
                    }
                }
                if first {
                    follower.forget_growing();
                    first = false;
                }
                out.flush()?;
            }
        }
        thread::sleep(args.interval.saturating_sub(asked.elapsed()));
    }
}

/// The state of the traces seen so far.
struct Follower {
    service: Option<String>,
    seen: HashMap<TraceId, Seen>,
}

enum Seen {
    /// The trace has been shown, or existed before.
    Done,
    /// The number of spans, and the time at which that number was first seen.
    Growing(usize, Instant),
}

impl Follower {
    /// Makes one request; returns the new traces that have not grown since the last one.
    fn poll(
        &mut self,
        backend: &Backend,
        back: Duration,
    ) -> Result<Vec<(TraceId, Summary)>, ReadError> {
        let now = UNIX_EPOCH.elapsed().unwrap_or_default();
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let services = match &self.service {
            Some(service) => vec![service.clone()],
            None => backend.services()?,
        };
        let mut settled = Vec::new();
        for service in services {
            let find = Find {
                service,
                // Clocks differ, so a trace may seem to start in the future.
                window: (nanos(now.saturating_sub(back)), nanos(now + BEHIND)),
                limit: MOST,
                ..Find::default()
            };
            for found in backend.find(&find)? {
                if matches!(self.seen.get(&found.id), Some(Seen::Done)) {
                    continue;
                }
                let spans = backend.trace(backend.best(), found.id)?;
                let Some(summary) = Summary::of(&spans) else {
                    continue;
                };
                if self.has_settled(found.id, summary.spans) {
                    settled.push((found.id, summary));
                }
            }
        }
        settled.sort_by_key(|(_, summary)| summary.start);
        Ok(settled)
    }

    /// Returns true if a trace has as many spans as before, or if the wait for it is over.
    fn has_settled(&mut self, id: TraceId, spans: usize) -> bool {
        let since = match self.seen.get(&id) {
            Some(Seen::Growing(before, since)) => {
                if *before == spans || since.elapsed() > PATIENCE {
                    self.seen.insert(id, Seen::Done);
                    return true;
                }
                *since
            }
            _ => Instant::now(),
        };
        self.seen.insert(id, Seen::Growing(spans, since));
        false
    }

    /// Traces that existed at the start are not shown.
    fn forget_growing(&mut self) {
        self.seen.values_mut().for_each(|seen| *seen = Seen::Done);
    }
}

fn line(summary: &Summary, url: &str) -> String {
    let start = jiff::Timestamp::from_nanosecond(summary.start.into());
    let start = start.map(|start| start.strftime("%H:%M:%S%.3f").to_string());
    let name = format!("{} {}", summary.service, summary.name);
    format!(
        "{:12}  {:>6}  {:>6}  {:>10}  {}  {url}",
        start.unwrap_or_default(),
        summary.spans,
        summary.errors,
        duration(summary.duration),
        printable(name.trim()),
    )
}

/// Removes control characters from names, which come from others and could control the terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).collect()
}

/// A duration in a suitable unit.
fn duration(nanos: u64) -> String {
    let (unit, size) = match nanos {
        0..1_000 => ("ns", 1),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let tenths = nanos / (size / 10).max(1);
    if size == 1 {
        format!("{nanos} ns")
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_the_unit_that_fits() {
        assert_eq!(duration(999), "999 ns");
        assert_eq!(duration(1_500), "1.5 µs");
        assert_eq!(duration(12_340_000), "12.3 ms");
        assert_eq!(duration(86_400_000_000_000), "86400.0 s");
    }

    #[test]
    fn a_trace_is_shown_when_it_no_longer_grows_and_only_once() {
        let mut follower = Follower {
            service: None,
            seen: HashMap::new(),
        };
        let id = TraceId::from_hex("1").unwrap();
        assert!(!follower.has_settled(id, 1));
        assert!(!follower.has_settled(id, 2));
        assert!(follower.has_settled(id, 2));
        assert!(matches!(follower.seen.get(&id), Some(Seen::Done)));
    }

    #[test]
    fn a_line_cannot_steer_the_terminal() {
        let summary = Summary {
            service: "shop".to_owned(),
            name: "GET /\u{1b}[2J".to_owned(),
            start: 0,
            duration: 1_000_000,
            spans: 3,
            errors: 1,
        };
        insta::assert_snapshot!(
            line(&summary, "http://x/trace/1"),
            @"00:00:00.000       3       1      1.0 ms  shop GET /[2J  http://x/trace/1"
        );
    }
}
