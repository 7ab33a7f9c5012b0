//! Tests of log records in the store: stored, found, merged, evicted, damaged.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::*;
use crate::format::otlp::{groups, log_groups};
use crate::model::{
    Attribute, LogRecord, Resource, Scope, Severity, Span, SpanId, SpanIds, TraceId, UnixNanos,
    Value,
};
use crate::store::upkeep::Upkeep;
use crate::store::{BatchBuilder, Location, Opened, ReadError, Reader, Retention, Settings, Store};

struct Fixture {
    store: Store,
    upkeep: Upkeep,
    writer: JoinHandle<()>,
}

fn open(location: Location, retention: Retention) -> Fixture {
    let settings = Settings {
        retention,
        ..location.into()
    };
    let Opened {
        store,
        writer,
        upkeep,
    } = Store::open_idle(&settings).unwrap();
    Fixture {
        store,
        upkeep,
        writer: thread::spawn(|| writer.run()),
    }
}

fn trace(number: u64) -> TraceId {
    TraceId::new((u128::from(number) + 1).to_be_bytes()).unwrap()
}

/// A record of service `number % 3` and trace `number` with that time.
fn record(number: u64, body: String) -> LogRecord<'static> {
    let service = Value::String(format!("service-{}", number % 3).into());
    let resource = Resource {
        attributes: vec![Attribute::new("service.name", service)],
        ..Resource::default()
    };
    LogRecord {
        time: UnixNanos(number),
        severity: Severity(i32::try_from(number % 24).unwrap()),
        body: Value::String(body.into()),
        trace_id: Some(trace(number)),
        ..LogRecord::new(Arc::new(resource), Arc::new(Scope::default()))
    }
}

/// Text of 700,000 letters that does not get much smaller.
fn noise(seed: u64) -> String {
    let mut state = seed + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b' ' + u8::try_from(state >> 58).unwrap())
    };
    (0..700_000).map(|_| next()).collect()
}

fn everything() -> LogScope {
    LogScope {
        service: None,
        from: UnixNanos(0),
        to: UnixNanos::MAX,
        severity: Severity::MIN,
        trace: None,
    }
}

impl Fixture {
    async fn add(&self, records: impl IntoIterator<Item = LogRecord<'static>>) {
        let mut batch = LogBatchBuilder::default();
        for record in records {
            batch.push(&record, None);
        }
        self.store.append(batch.finish()).await.unwrap();
    }

    /// Adds a span of trace `number`, at that time.
    async fn add_span(&self, number: u64, name: String) {
        let ids = SpanIds::new(trace(number).as_bytes(), &[1; 8], &[]).unwrap();
        let span = Span {
            name: name.into(),
            start: UnixNanos(number),
            end: UnixNanos(number),
            ..Span::new(ids, Arc::default(), Arc::default())
        };
        let mut batch = BatchBuilder::default();
        batch.push(&span, None);
        self.store.append(batch.finish()).await.unwrap();
    }

    /// The times of all records in the frames that may match, sorted, and the number of those
    /// frames.
    fn found(&self, scope: LogScope) -> (Vec<u64>, usize) {
        let read = move |reader: &Reader| -> Result<_, ReadError> {
            let frames = reader.log_frames(&scope);
            let mut times = Vec::new();
            let mut opener = reader.log_opener()?;
            for frame in &frames {
                let Some(open) = opener.open(*frame, |_| true)? else {
                    continue;
                };
                times.extend(open.entries.iter().map(|entry| entry.time.0));
                let groups = log_groups(groups(&open.rest).unwrap()).unwrap();
                let messages: usize = groups.iter().map(|group| group.messages.len()).sum();
                assert_eq!(messages, open.entries.len());
            }
            times.sort_unstable();
            Ok((times, frames.len()))
        };
        self.store.read(read).unwrap()
    }

    /// Closes the store, so that its files no longer change.
    async fn close(self) {
        let Self {
            store,
            upkeep,
            writer,
        } = self;
        store.close().await;
        drop((store, upkeep));
        tokio::task::block_in_place(|| writer.join().unwrap());
    }

    fn work(&mut self) {
        tokio::task::block_in_place(|| self.upkeep.work().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_what_the_index_holds() {
    let fixture = open(Location::Memory, Retention::default());
    for number in 1..=6 {
        fixture.add([record(number, "x".to_owned())]).await;
    }
    let all = (1..=6).collect::<Vec<_>>();
    assert_eq!(fixture.found(everything()), (all, 6));
    let scope = LogScope {
        service: Some("service-1".to_owned()),
        ..everything()
    };
    assert_eq!(fixture.found(scope).0, [1, 4]);
    let scope = LogScope {
        trace: Some(trace(5)),
        ..everything()
    };
    assert_eq!(fixture.found(scope).0, [5]);
    let scope = LogScope {
        from: UnixNanos(2),
        to: UnixNanos(3),
        ..everything()
    };
    assert_eq!(fixture.found(scope).0, [2, 3]);
    let scope = LogScope {
        severity: Severity(6),
        ..everything()
    };
    assert_eq!(fixture.found(scope).0, [6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_frames_are_merged_and_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let location = || Location::Directory(directory.path().to_owned());
    let mut fixture = open(location(), Retention::default());
    for number in 0..40 {
        let numbers = [number, 100 + number].into_iter();
        fixture
            .add(numbers.map(|number| record(number, "x".repeat(50))))
            .await;
    }
    let before = fixture.found(everything());
    assert_eq!(before.1, 40);
    fixture.work();
    let after = fixture.found(everything());
    assert_eq!(after.0, before.0);
    assert!(after.1 <= 8, "{} frames", after.1);
    fixture.close().await;
    // The index is read from the database.
    let fixture = open(location(), Retention::default());
    assert_eq!(fixture.found(everything()), after);
    let scope = LogScope {
        trace: Some(trace(7)),
        service: Some("service-1".to_owned()),
        ..everything()
    };
    assert_eq!(fixture.found(scope).1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_goes_and_no_frame_outlives_its_time_by_much() {
    let now = UnixNanos::now();
    let kept = Duration::from_hours(8);
    let retention = Retention {
        age: Some(kept),
        bytes: None,
    };
    let mut fixture = open(Location::Memory, retention);
    let hour = Duration::from_hours(1);
    let at = |hours: u32| {
        let time = now.before(hour * hours);
        LogRecord {
            time,
            ..record(u64::from(hours), "x".to_owned())
        }
    };
    for hours in [20, 9, 7, 5, 3, 1, 0, 0] {
        fixture.add([at(hours)]).await;
    }
    fixture.work();
    let (times, frames) = fixture.found(everything());
    assert_eq!(times.len(), 6);
    // Records that span more than an eighth of that time are not merged.
    assert!(frames >= 4, "{frames} frames");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_go_when_there_are_too_many_bytes() {
    let retention = Retention {
        age: None,
        bytes: Some(4 << 20),
    };
    let mut fixture = open(Location::Memory, retention);
    for number in 0..10 {
        fixture.add([record(number, noise(number))]).await;
    }
    fixture.work();
    let (times, _) = fixture.found(everything());
    assert!((3..=8).contains(&times.len()), "{times:?}");
    assert_eq!(times.last(), Some(&9));
    assert!(times.first() > Some(&0), "the oldest go first");
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_and_records_go_by_one_age() {
    let retention = Retention {
        age: None,
        bytes: Some(8 << 20),
    };
    let mut fixture = open(Location::Memory, retention);
    for number in 0..10 {
        fixture.add_span(number, noise(100 + number)).await;
        fixture.add([record(number, noise(number))]).await;
    }
    fixture.work();
    let (records, _) = fixture.found(everything());
    assert!((3..=8).contains(&records.len()), "{records:?}");
    let evicted = |reader: &Reader| -> Result<Vec<u64>, ReadError> {
        Ok((0..10)
            .filter(|number| reader.evicted(trace(*number)))
            .collect())
    };
    let evicted = fixture.store.read(evicted).unwrap();
    let first = *records.first().unwrap();
    assert_eq!(evicted, (0..first).collect::<Vec<_>>(), "{records:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_costs_a_frame_and_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let location = || Location::Directory(directory.path().to_owned());
    let fixture = open(location(), Retention::default());
    for number in 0..3 {
        fixture.add([record(number, "x".repeat(50))]).await;
    }
    fixture.add([record(3, noise(3))]).await;
    fixture.close().await;
    let database = rusqlite::Connection::open(directory.path().join("traces.sqlite")).unwrap();
    let spoil = "UPDATE log_frame SET data = zeroblob(length(data)) WHERE id IN (2, 4)";
    assert_eq!(database.execute(spoil, []).unwrap(), 2);
    let spoil = "UPDATE log_frame SET traces = x'00' WHERE id = 3";
    assert_eq!(database.execute(spoil, []).unwrap(), 1);
    drop(database);
    let mut fixture = open(location(), Retention::default());
    assert_eq!(fixture.found(everything()).0, [0]);
    assert_eq!(fixture.store.damaged_blocks(), 2);
    fixture.work();
    assert_eq!(fixture.found(everything()).0, [0]);
}

/// Records of three services, eight in a trace, as programs write them: about 200 bytes each.
fn usual_records(count: u64) -> Vec<LogRecord<'static>> {
    let random = |seed: u64| {
        let mixed = (seed ^ seed >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    };
    let text = |key: &'static str, value: String| Attribute::new(key, Value::String(value.into()));
    let mut time = 1_700_000_000_000_000_000;
    let usual = |number: u64| {
        let id = |part: u64| random(number * 8 + part);
        let trace = random(number / 40 * 8 + number % 5 + (1 << 40));
        time += 1 + id(0) % 100_000;
        LogRecord {
            time: UnixNanos(time),
            observed: UnixNanos(time),
            severity_text: "INFO".into(),
            trace_id: TraceId::new(
                (u128::from(trace) << 64 | u128::from(random(trace))).to_be_bytes(),
            )
            .ok(),
            span_id: SpanId::new(id(1).to_be_bytes()).ok(),
            attributes: vec![
                text("code.file.path", format!("src/handlers/{}.rs", number % 12)),
                text("http.route", format!("/api/items/{{id}}/{}", number % 7)),
                Attribute::new("code.line.number", Value::Int((id(2) % 500).cast_signed())),
            ],
            ..record(
                number % 5 + 9,
                format!(
                    "item {} of order {} was reserved",
                    id(3) % 500,
                    id(4) % 100_000
                ),
            )
        }
    };
    (0..count).map(usual).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn usual_records_take_little_and_are_found_by_their_texts() {
    let fixture = open(Location::Memory, Retention::default());
    let records = usual_records(20_000);
    let mut times: Vec<_> = records.iter().map(|record| record.time.0).collect();
    fixture.add(records.clone()).await;
    let frames = fixture.store.shared.snapshot().logs.clone();
    let size: u64 = frames.iter().map(|head| head.size()).sum();
    assert!(size < 30 * records.len() as u64, "{size}");
    assert!(frames.iter().any(|head| head.info.has_columns()));
    times.sort_unstable();
    assert_eq!(fixture.found(everything()).0, times);

    let opened = |text: &'static [u8]| {
        let read = move |reader: &Reader| -> Result<usize, ReadError> {
            let mut opener = reader.log_opener()?;
            let mut opened = 0;
            for frame in reader.log_frames(&everything()) {
                let is_there = |texts: &[u8]| texts.windows(text.len()).any(|part| part == text);
                opened += usize::from(opener.open(frame, is_there)?.is_some());
            }
            Ok(opened)
        };
        fixture.store.read(read).unwrap()
    };
    assert_eq!(opened(b"was reserved"), frames.len());
    assert_eq!(opened(b"code.line.number"), frames.len(), "a key");
    assert_eq!(opened(b"was refused"), 0);
}
