//! `otel-backend logs`: prints log records from the data directory as lines.

use std::collections::{HashSet, VecDeque};
use std::io::{self, BufWriter, Write};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::export::parse_time;
use crate::args::LogsArgs;
use crate::config::Config;
use crate::format::otlp::{LogEntry, LogsJson};
use crate::model::{LogRecord, Severity, SpanId, TraceId, UnixNanos, from_short_hex};
use crate::query::{
    FoundLog, LogOrder, LogSearch, LogText, Patience, SearchError, TextTooLong, search_logs,
};
use crate::store::{Location, LogScope, OpenError, Reader};

/// The reason why log records were not printed.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The store is in memory.
    #[error(
        "a store in memory has no files: ask the backend that runs, with curl http://…/api/logs"
    )]
    Memory,
    /// The directory cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An argument is wrong.
    #[error("{flag}: '{text}' is not {wanted}")]
    Argument {
        /// The flag.
        flag: &'static str,
        /// Its value.
        text: String,
        /// A description of valid values.
        wanted: &'static str,
    },
    /// The text is too long.
    #[error("--text: {0}")]
    Text(#[from] TextTooLong),
    /// The store cannot be read, or the search takes too long.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Write(#[from] io::Error),
}

/// The delay beyond which a late record is not shown when following.
const LATE: Duration = Duration::from_secs(10);

/// The shortest pause between two searches when following.
const LOOK: Duration = Duration::from_millis(500);

/// A search may take at most this fraction of the time.
const SHARE: u32 = 10;

/// The most records read in one search when following.
const BURST: usize = 10_000;

/// Prints the records to standard output, oldest first.
///
/// # Errors
/// [`LogsError`] if they cannot be found or printed.
pub fn run(config: &Config, args: &LogsArgs) -> Result<(), LogsError> {
    let Location::Directory(directory) = &config.store.location else {
        return Err(LogsError::Memory);
    };
    let search = search(args)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut print = |log: &FoundLog| print(log, args.json, &mut out);
    let reader = Reader::of_directory(directory)?;
    // The existing records must be known before waiting for new ones.
    let mut follow = args.follow.then(|| Follow::new(&search));
    if let Some(follow) = &mut follow {
        follow.look(&reader, |_| Ok(()))?;
    }
    let found = search_logs(&reader, &search, &Patience::new(|| false))?;
    drop(reader);
    found.logs.iter().rev().try_for_each(&mut print)?;
    let Some(mut follow) = follow else {
        return Ok(());
    };
    loop {
        let begin = Instant::now();
        follow.look(&Reader::of_directory(directory)?, &mut print)?;
        thread::sleep(LOOK.max(begin.elapsed() * SHARE));
    }
}

fn search(args: &LogsArgs) -> Result<LogSearch, LogsError> {
    let wrong = |flag, text: &str, wanted| LogsError::Argument {
        flag,
        text: text.to_owned(),
        wanted,
    };
    let time = |flag, text: &str| {
        let wanted = "a time, such as 2026-01-31T09:30:00Z, or an age, such as 2h";
        parse_time(text).ok_or_else(|| wrong(flag, text, wanted))
    };
    let severity = |text: &String| {
        let wanted = "a severity, such as warn or 13";
        Severity::parse(text).ok_or_else(|| wrong("--severity", text, wanted))
    };
    let trace = |text: &String| {
        let id = from_short_hex(text).and_then(|id| TraceId::new(id).ok());
        id.ok_or_else(|| wrong("--trace", text, "a trace id"))
    };
    let span = |text: &String| {
        let id = from_short_hex(text).and_then(|id| SpanId::new(id).ok());
        id.ok_or_else(|| wrong("--span", text, "a span id"))
    };
    Ok(LogSearch {
        scope: LogScope {
            service: args.service.clone(),
            from: time("--from", &args.from)?,
            to: args
                .to
                .as_deref()
                .map_or(Ok(UnixNanos::MAX), |to| time("--to", to))?,
            severity: args
                .severity
                .as_ref()
                .map(severity)
                .transpose()?
                .unwrap_or(Severity::MIN),
            trace: args.trace.as_ref().map(trace).transpose()?,
        },
        text: args.text.as_deref().map(LogText::new).transpose()?,
        span: args.span.as_ref().map(span).transpose()?,
        limit: args.limit,
        order: LogOrder::NewestFirst,
        after: None,
    })
}

/// Finds the records that have arrived since the last search.
struct Follow {
    search: LogSearch,
    /// The records of the last moments, which the next search finds again.
    seen: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Follow {
    fn new(search: &LogSearch) -> Self {
        let mut search = search.clone();
        search.order = LogOrder::OldestFirst;
        search.limit = BURST;
        search.scope.from = search.scope.from.max(UnixNanos::now().before(LATE));
        Self {
            search,
            seen: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    fn look(
        &mut self,
        reader: &Reader,
        mut show: impl FnMut(&FoundLog) -> Result<(), LogsError>,
    ) -> Result<(), LogsError> {
        self.search.after = None;
        loop {
            let found = search_logs(reader, &self.search, &Patience::new(|| false))?;
            for log in &found.logs {
                if self.is_new(log.key()) {
                    show(log)?;
                }
            }
            let newest = found.logs.last().map(|log| log.instant().before(LATE));
            self.search.after = found.next;
            if found.next.is_none() {
                let from = &mut self.search.scope.from;
                *from = newest.unwrap_or_default().max(*from);
                return Ok(());
            }
        }
    }

    fn is_new(&mut self, key: u64) -> bool {
        if !self.seen.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > 10 * BURST
            && let Some(old) = self.order.pop_front()
        {
            self.seen.remove(&old);
        }
        true
    }
}

fn print(log: &FoundLog, json: bool, out: &mut impl Write) -> Result<(), LogsError> {
    let written = log.with(|record| {
        if json {
            let line = serde_json::to_string(&LogsJson::new([record]))?;
            writeln!(out, "{line}")?;
        } else {
            write_line(record, out)?;
        }
        out.flush()
    });
    Ok(written.map_err(io::Error::other)??)
}

/// Writes the time, the severity, the service, the text and the attributes.
fn write_line(record: &LogRecord<'_>, out: &mut impl Write) -> io::Result<()> {
    let time = LogEntry::of(record).instant().0.into();
    let time = Timestamp::from_nanosecond(time).unwrap_or(Timestamp::MAX);
    let severity = match &*record.severity_text {
        "" => record.severity.name(),
        text => text.to_owned(),
    };
    let service = record.resource.service_name();
    write!(out, "{time:.3}  {severity:<5}  {service:<16}  ")?;
    write_escaped(&record.body.text(), out)?;
    for attribute in &record.attributes {
        out.write_all(b"  ")?;
        write_escaped(&attribute.key, out)?;
        out.write_all(b"=")?;
        write_escaped(&attribute.value.text(), out)?;
    }
    if let Some(id) = record.trace_id {
        write!(out, "  trace={id}")?;
    }
    writeln!(out)
}

/// Writes a text on one line, without control sequences for the terminal.
fn write_escaped(text: &str, out: &mut impl Write) -> io::Result<()> {
    for character in text.chars() {
        match character {
            '\n' => out.write_all(b"\\n")?,
            control if control.is_control() => write!(out, "{}", control.escape_default())?,
            other => write!(out, "{other}")?,
        }
    }
    Ok(())
}
