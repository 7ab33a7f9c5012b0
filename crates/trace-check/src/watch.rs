//! Follows traces as they arrive: a line each.

use std::collections::HashMap;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

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
    /// How often to ask, in seconds.
    #[arg(long, default_value = "1", value_parser = seconds)]
    pub interval: Duration,
    /// How far back traces are shown at the start, in seconds.
    #[arg(long, default_value = "0", value_parser = seconds)]
    pub since: Duration,
    /// End after so many traces; never by default.
    #[arg(long)]
    pub count: Option<usize>,
}

/// The most traces that are asked for at once.
const MOST: usize = 200;

/// A trace may start before it arrives: so far back is searched, and what was shown is not shown
/// again.
const BEHIND: Duration = Duration::from_mins(5);

/// How long a trace that grows is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Follows traces until `count` are shown or the output is closed.
///
/// # Errors
/// Fails when the output cannot be written. A backend that is away is said to be, and asked again.
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
    // What was there before is known, but not shown.
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

/// What is known of the traces that were seen.
struct Follower {
    service: Option<String>,
    seen: HashMap<TraceId, Seen>,
}

enum Seen {
    /// Shown, or there before.
    Done,
    /// It had so many spans, and was first seen then.
    Growing(usize, Instant),
}

impl Follower {
    /// Asks once: the traces that are new and have not grown since they were last asked for.
    fn poll(
        &mut self,
        backend: &Backend,
        back: Duration,
    ) -> Result<Vec<(TraceId, Summary)>, ReadError> {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let services = match &self.service {
            Some(service) => vec![service.clone()],
            None => backend.services()?,
        };
        let mut settled = Vec::new();
        for service in services {
            let find = Find {
                service,
                // Clocks differ: a trace may seem to start in the future.
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

    /// Whether a trace has as many spans as when it was last seen, or is not waited for any longer.
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

    /// What was there at the start is not shown.
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

/// Names come from others: what would steer the terminal is not printed.
fn printable(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).collect()
}

/// A duration in the unit that fits it.
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
