//! Tests of retention and damage, with the upkeep under the test's control.

mod formats;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::format::otlp::decode_traces;
use crate::model::{Attribute, Resource, Scope, Span, SpanIds, TraceId, UnixNanos, Value};

/// A store whose upkeep runs only when the test asks for it.
struct Fixture {
    store: Store,
    upkeep: Upkeep,
    writer: thread::JoinHandle<()>,
}

fn open(settings: &Settings) -> Fixture {
    let Opened {
        store,
        writer,
        upkeep,
    } = Store::open_idle(settings).unwrap();
    let writer = thread::spawn(|| writer.run());
    Fixture {
        store,
        upkeep,
        writer,
    }
}

fn in_directory(directory: &Path, retention: Retention) -> Settings {
    Settings {
        retention,
        ..Location::Directory(directory.to_owned()).into()
    }
}

fn in_memory(retention: Retention) -> Settings {
    Settings {
        retention,
        ..Location::Memory.into()
    }
}

fn id(trace: u64) -> TraceId {
    // Spread over all keys, like random ids.
    let key = trace.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    TraceId::new((u128::from(trace + 1) << 64 | u128::from(key)).to_be_bytes()).unwrap()
}

fn span(trace: u64, number: u64, start: u64, trace_state: String) -> Span<'static> {
    let ids = SpanIds::new(id(trace).as_bytes(), &(number + 1).to_be_bytes(), &[]).unwrap();
    let resource = Arc::new(Resource::default());
    Span {
        name: "work".into(),
        trace_state: trace_state.into(),
        start: UnixNanos(start),
        end: UnixNanos(start + 1),
        ..Span::new(ids, resource, Arc::new(Scope::default()))
    }
}

/// Text that hardly compresses.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b' ' + u8::try_from(state >> 58).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

impl Fixture {
    /// Stores spans of a trace with these starts, each in a separate block.
    async fn add(&self, trace: u64, starts: &[u64]) {
        for (number, start) in starts.iter().enumerate() {
            self.append(&[(trace, number as u64, *start)], 100).await;
        }
    }

    /// Stores spans in one block, each of about so many bytes.
    async fn append(&self, spans: &[(u64, u64, u64)], bytes: usize) {
        let mut batch = BatchBuilder::default();
        for (trace, number, start) in spans {
            let noise = noise(trace * 1000 + number, bytes);
            batch.push(&span(*trace, *number, *start, noise), None);
        }
        self.store.append(batch.finish()).await.unwrap();
    }

    /// The starts of a trace's spans.
    fn starts(&self, trace: u64) -> BTreeSet<u64> {
        let read = move |reader: &Reader| -> Result<_, ReadError> {
            let mut starts = BTreeSet::new();
            for frame in reader.frames_of_trace(id(trace)) {
                let bytes = reader.open(frame)?;
                for incoming in decode_traces(&bytes).unwrap().flatten() {
                    if incoming.span.trace_id == id(trace) {
                        starts.insert(incoming.span.start.0);
                    }
                }
            }
            Ok(starts)
        };
        self.store.read(read).unwrap()
    }

    fn evicted(&self, trace: u64) -> bool {
        let read = move |reader: &Reader| Ok::<_, ReadError>(reader.evicted(id(trace)));
        self.store.read(read).unwrap()
    }

    fn work(&mut self) {
        tokio::task::block_in_place(|| self.upkeep.work().unwrap());
    }

    /// Closes the store, so that its files no longer change.
    async fn close(self) {
        self.store.close().await;
        let Fixture { upkeep, writer, .. } = self;
        let end = || {
            upkeep.run();
            // Until it has ended, the directory is in use.
            writer.join().unwrap();
        };
        tokio::task::spawn_blocking(end).await.unwrap();
    }
}

const HOUR: u64 = 3_600_000_000_000;

fn one_day() -> Retention {
    Retention {
        age: Some(Duration::from_hours(24)),
        bytes: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_traces_go_as_a_whole_and_are_remembered() {
    let directory = tempfile::tempdir().unwrap();
    let now = UnixNanos::now().0;
    for settings in [
        in_directory(directory.path(), one_day()),
        in_memory(one_day()),
    ] {
        let mut fixture = open(&settings);
        let (old, young) = (now - 30 * HOUR, now - HOUR);
        fixture.add(1, &[old, old + 1]).await;
        fixture.add(2, &[old, young]).await;
        fixture.add(3, &[young]).await;
        // One block with one frame: old and young traces, and one that is both.
        let mixed = [(4, 0, old), (5, 0, young), (6, 0, old), (6, 1, young)];
        fixture.append(&mixed, 100).await;
        fixture.work();

        for (trace, left) in [(1, 0), (2, 2), (3, 1), (4, 0), (5, 1), (6, 2)] {
            assert_eq!(fixture.starts(trace).len(), left, "trace {trace}");
            assert_eq!(fixture.evicted(trace), left == 0, "trace {trace}");
        }
        assert!(!fixture.evicted(99), "never seen");

        // A late span is stored, and known to be only a part of its trace.
        fixture.add(1, &[young]).await;
        fixture.work();
        assert_eq!(fixture.starts(1).len(), 1);
        assert!(fixture.evicted(1));
        fixture.close().await;
    }
    let fixture = open(&in_directory(directory.path(), one_day()));
    assert!(fixture.evicted(4), "it is remembered on disk");
    assert_eq!(fixture.starts(6).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_of_which_nothing_is_left_are_no_longer_listed() {
    let directory = tempfile::tempdir().unwrap();
    let now = UnixNanos::now().0;
    let names = |reader: &Reader| -> Result<_, ReadError> {
        let names = reader.operations().map(|operation| operation.name.clone());
        Ok(names.collect::<BTreeSet<_>>())
    };
    let add = async |fixture: &Fixture, trace: u64, name: &'static str, start: u64| {
        let mut named = span(trace, 0, start, String::new());
        named.name = name.into();
        let mut batch = BatchBuilder::default();
        batch.push(&named, None);
        fixture.store.append(batch.finish()).await.unwrap();
    };
    for settings in [
        in_directory(directory.path(), one_day()),
        in_memory(one_day()),
    ] {
        let mut fixture = open(&settings);
        add(&fixture, 1, "gone", now - 30 * HOUR).await;
        add(&fixture, 2, "goes on", now - 30 * HOUR).await;
        add(&fixture, 3, "goes on", now - HOUR).await;
        add(&fixture, 4, "new", now - HOUR).await;
        assert_eq!(fixture.store.read(names).unwrap().len(), 3);
        fixture.work();
        let left = fixture.store.read(names).unwrap();
        assert_eq!(left, ["goes on", "new"].map(str::to_owned).into());
        add(&fixture, 5, "gone", now - HOUR).await;
        assert_eq!(fixture.store.read(names).unwrap().len(), 3);
        fixture.close().await;
    }
    let mut fixture = open(&in_directory(directory.path(), one_day()));
    assert_eq!(fixture.store.read(names).unwrap().len(), 3);
    fixture.upkeep.retention.age = Some(Duration::ZERO);
    fixture.work();
    assert_eq!(fixture.store.read(names).unwrap().len(), 0);
}

/// Fills a store of 16 MiB with more than fits, not in the order of time.
async fn overfill(fixture: &mut Fixture) {
    for block in (0..40_u64).map(|n| n * 17 % 40) {
        let trace = |n| block * 10 + n;
        let spans: Vec<_> = (0..10).map(|n| (trace(n), 0, trace(n) + 1)).collect();
        fixture.append(&spans, 100_000).await;
        fixture.work();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_keeps_the_newest_traces_in_any_order_of_arrival() {
    let directory = tempfile::tempdir().unwrap();
    let retention = Retention {
        age: None,
        bytes: Some(16 << 20),
    };
    for settings in [
        in_directory(directory.path(), retention),
        in_memory(retention),
    ] {
        let mut fixture = open(&settings);
        overfill(&mut fixture).await;
        let mut kept = Vec::new();
        for trace in 0..400 {
            let is_kept = !fixture.starts(trace).is_empty();
            assert_eq!(fixture.evicted(trace), !is_kept, "trace {trace}");
            kept.push(is_kept);
        }
        // 75 KB each: at least 11 MiB of the newest are kept, and at most 12 MiB in all.
        assert!(kept[400 - 140..].iter().all(|kept| *kept), "{kept:?}");
        let kept = kept.iter().filter(|kept| **kept).count();
        assert!(kept < 170, "{kept} traces");
        fixture.close().await;
    }
    let size = std::fs::metadata(directory.path().join("traces.sqlite"))
        .unwrap()
        .len();
    assert!(size < 16 << 20, "{size} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_to_be_of_the_future_is_as_old_as_it_is_here() {
    let now = UnixNanos::now().0;
    let mut fixture = open(&in_memory(Retention {
        age: None,
        bytes: Some(16 << 20),
    }));
    let future = |n: u64| {
        if n.is_multiple_of(2) {
            u64::MAX - 1
        } else {
            now + 20 * HOUR
        }
    };
    let fill =
        async |fixture: &mut Fixture, traces: std::ops::Range<u64>, start: &dyn Fn(u64) -> u64| {
            for block in traces {
                let spans: Vec<_> = (0..10).map(|n| (block * 10 + n, 0, start(n))).collect();
                fixture.append(&spans, 100_000).await;
                fixture.work();
            }
        };
    fill(&mut fixture, 0..40, &future).await;
    fill(&mut fixture, 100..110, &|_| UnixNanos::now().0).await;
    for trace in 1000..1100 {
        assert_eq!(fixture.starts(trace).len(), 1, "trace {trace}");
    }

    // They do not stay forever when traces are removed by age either.
    fixture.upkeep.retention = Retention {
        age: Some(Duration::ZERO),
        bytes: None,
    };
    fixture.work();
    for trace in 0..1100 {
        assert_eq!(fixture.starts(trace).len(), 0, "trace {trace}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_without_an_end_costs_no_other_its_place() {
    let now = UnixNanos::now().0 - HOUR;
    let mut fixture = open(&in_memory(Retention {
        age: None,
        bytes: Some(16 << 20),
    }));
    let endless = 1_000_000;
    for block in 0..60 {
        let start = now + block * 1000;
        let mut spans: Vec<_> = (0..9)
            .map(|n| (endless, block * 10 + n, start + n))
            .collect();
        spans.push((block, 0, start));
        fixture.append(&spans, 100_000).await;
        fixture.work();
    }
    // 75 KB per span: about 15 blocks fit, all but a tenth of them of the endless trace.
    let mut kept = Vec::new();
    for trace in 0..60 {
        kept.push(fixture.starts(trace).len());
    }
    assert!(kept[50..].iter().all(|kept| *kept == 1), "{kept:?}");
    let left = fixture.starts(endless);
    assert!(
        left.len() > 60 && left.contains(&(now + 59 * 1000)),
        "{}",
        left.len()
    );
    assert!(fixture.evicted(endless), "a part of it is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn space_is_given_back_to_the_file_system() {
    let directory = tempfile::tempdir().unwrap();
    let now = UnixNanos::now().0;
    let mut fixture = open(&in_directory(directory.path(), one_day()));
    fixture.upkeep.retention.age = None;
    for block in 0..20 {
        let spans: Vec<_> = (0..10)
            .map(|n| (block * 10 + n, 0, now - 30 * HOUR))
            .collect();
        fixture.append(&spans, 100_000).await;
    }
    fixture.add(1000, &[now]).await;
    fixture.work();
    let size = || {
        let files = std::fs::read_dir(directory.path()).unwrap();
        files
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum::<u64>()
    };
    assert!(size() > 15_000_000, "{}", size());

    fixture.upkeep.retention = one_day();
    fixture.work();
    assert!(size() < 2_500_000, "{}", size());
    assert_eq!(fixture.starts(1000).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn free_pages_are_given_back_when_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut fixture = open(&in_directory(directory.path(), Retention::default()));
    many_traces(&fixture, 100).await;
    let path = directory.path().join("traces.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    let free = "CREATE TABLE other (bytes BLOB);
                INSERT INTO other VALUES (zeroblob(9000000));
                DROP TABLE other;
                PRAGMA wal_checkpoint";
    database.execute_batch(free).unwrap();
    drop(database);
    let size = || std::fs::metadata(&path).unwrap().len();
    fixture.work();
    assert!(size() > 9_000_000, "{}", size());
    tokio::task::block_in_place(|| fixture.upkeep.settle().unwrap());
    assert!(size() < 2_500_000, "{}", size());
    assert_eq!(fixture.count(100), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_blocks_are_left_out_and_the_others_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let settings = in_directory(directory.path(), Retention::default());
    eight_traces(&settings).await;

    let database = rusqlite::Connection::open(directory.path().join("traces.sqlite")).unwrap();
    let damage = "
        UPDATE block_data SET frames = zeroblob(length(frames)) WHERE block = 2;
        UPDATE block_data SET frames = substr(frames, 1, 100) WHERE block = 3;
        DELETE FROM block_data WHERE block = 4;
        UPDATE block SET frames = x'00' WHERE id = 5";
    database.execute_batch(damage).unwrap();
    drop(database);

    let mut fixture = open(&settings);
    fixture.add(9, &[1]).await;
    fixture.work();
    let mut left = Vec::new();
    for trace in 1..=9 {
        left.push(fixture.starts(trace).len());
    }
    assert_eq!(left, [1, 0, 0, 0, 0, 1, 1, 1, 1]);
    assert_eq!(fixture.store.damaged_blocks(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_too_long_are_not_listed() {
    let fixture = open(&in_memory(Retention::default()));
    let mut batch = BatchBuilder::default();
    for length in [1024, 1025] {
        let mut named = span(1, length, 1, String::new());
        named.name = "n".repeat(usize::try_from(length).unwrap()).into();
        batch.push(&named, None);
    }
    fixture.store.append(batch.finish()).await.unwrap();
    let read = |reader: &Reader| {
        let lengths = reader.operations().map(|operation| operation.name.len());
        Ok::<_, ReadError>(lengths.collect::<Vec<_>>())
    };
    assert_eq!(fixture.store.read(read).unwrap(), [1024]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_operations_are_listed_than_an_answer_can_hold() {
    let fixture = open(&in_memory(Retention::default()));
    for batches in 0..7 {
        let mut batch = BatchBuilder::default();
        for number in 0..10_000 {
            let mut named = span(1, 1 + number, 1, String::new());
            named.name = format!("{batches}-{number}").into();
            batch.push(&named, None);
        }
        fixture.store.append(batch.finish()).await.unwrap();
    }
    let read = |reader: &Reader| {
        let lengths = reader.operations().map(Operation::length);
        Ok::<_, ReadError>((reader.operations().count(), lengths.sum::<usize>()))
    };
    let (count, bytes) = fixture.store.read(read).unwrap();
    assert!((40_000..70_000).contains(&count), "{count}");
    assert!(bytes <= 4 << 20, "{bytes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_a_moment_ago_is_merged_without_being_read() {
    let directory = tempfile::tempdir().unwrap();
    let mut fixture = open(&in_directory(directory.path(), Retention::default()));
    many_traces(&fixture, 200).await;
    let recent = |fixture: &Fixture| fixture.store.shared.snapshot().recent_size();
    assert!(recent(&fixture) > 2_000_000);
    let database = rusqlite::Connection::open(directory.path().join("traces.sqlite")).unwrap();
    database.execute("DELETE FROM block_data", []).unwrap();
    fixture.work();
    assert_eq!(recent(&fixture), 0);
    assert_eq!(fixture.forms().0, 0);
    assert_eq!(fixture.count(200), 200);

    many_traces(&fixture, 1000).await;
    assert!(recent(&fixture) < 5 << 20, "memory has a bound");
    fixture.work();
    assert_eq!(fixture.count(1000), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_commit_is_written_in_columns_at_once() {
    let fixture = open(&in_memory(Retention::default()));
    let spans: Vec<_> = (0..200).map(|trace| (trace, 0, trace + 1)).collect();
    fixture.append(&spans[..50], 10_000).await;
    assert_eq!(fixture.forms().1, 0);
    fixture.append(&spans[50..], 10_000).await;
    let (rows, columns) = fixture.forms();
    assert!(
        rows > 0 && columns == 3,
        "{rows} of rows, {columns} of columns"
    );
    assert_eq!(fixture.count(200), 200);
}

/// Stores so many traces of one span each, ten per block.
async fn many_traces(fixture: &Fixture, traces: u64) {
    for block in 0..traces / 10 {
        let spans: Vec<_> = (0..10).map(|n| (block * 10 + n, 0, block + 1)).collect();
        fixture.append(&spans, 10_000).await;
    }
}

impl Fixture {
    /// The number of frames of rows, and of columns.
    fn forms(&self) -> (usize, usize) {
        let read = |reader: &Reader| -> Result<_, ReadError> {
            let mut frames = Vec::new();
            for block in reader.blocks() {
                frames.extend(reader.frames_of_block(block));
            }
            let columns = frames.iter().filter(|frame| reader.has_columns(**frame));
            let columns = columns.count();
            Ok((frames.len() - columns, columns))
        };
        self.store.read(read).unwrap()
    }

    /// The number of these traces that are found.
    fn count(&self, traces: u64) -> usize {
        let mut count = 0;
        for trace in 0..traces {
            count += self.starts(trace).len();
        }
        count
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_blocks_have_columns_and_damage_costs_one_group() {
    let directory = tempfile::tempdir().unwrap();
    let settings = in_directory(directory.path(), Retention::default());
    let mut fixture = open(&settings);
    many_traces(&fixture, 320).await;
    assert_eq!(fixture.forms(), (32, 0));
    fixture.work();
    let (rows, columns) = fixture.forms();
    assert_eq!(rows, 0);
    assert!(columns > 3, "{columns}");
    assert_eq!(fixture.count(320), 320);
    fixture.close().await;

    let database = rusqlite::Connection::open(directory.path().join("traces.sqlite")).unwrap();
    let damage = "UPDATE block_data SET frames = CAST(substr(frames, 1, 9999) || x'00000000' ||
                  substr(frames, 10004) AS BLOB)";
    database.execute_batch(damage).unwrap();
    drop(database);
    let fixture = open(&settings);
    let left = fixture.count(320);
    let lost = 320 - left;
    assert!(
        lost > 0 && lost < 2 * 320 / columns,
        "{lost} of {columns} groups"
    );
    assert_eq!(fixture.store.damaged_blocks(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_thinned_by_retention() {
    let now = UnixNanos::now().0;
    let mut fixture = open(&in_memory(one_day()));
    fixture.upkeep.retention.age = None;
    let start = |trace: u64| {
        now - if trace.is_multiple_of(2) {
            30 * HOUR
        } else {
            HOUR
        }
    };
    for block in 0..32 {
        let spans: Vec<_> = (0..10)
            .map(|n| block * 10 + n)
            .map(|t| (t, 0, start(t)))
            .collect();
        fixture.append(&spans, 10_000).await;
    }
    fixture.work();
    assert_eq!(fixture.forms().0, 0);
    fixture.upkeep.retention = one_day();
    fixture.work();
    assert_eq!(fixture.forms().0, 0);
    for trace in 0..320_u64 {
        let is_old = trace.is_multiple_of(2);
        assert_eq!(fixture.starts(trace).is_empty(), is_old, "{trace}");
        assert_eq!(fixture.evicted(trace), is_old, "{trace}");
    }
}

/// Stores a trace in each of eight blocks and closes the store, so that everything is in one file.
async fn eight_traces(settings: &Settings) {
    let fixture = open(settings);
    for trace in 1..=8 {
        fixture.append(&[(trace, 0, trace)], 50_000).await;
    }
    fixture.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_end_is_missing_is_refused_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let settings = in_directory(directory.path(), Retention::default());
    eight_traces(&settings).await;
    let path = directory.path().join("traces.sqlite");
    let whole = std::fs::read(&path).unwrap();
    let page = 8192;
    for length in [50, 100, page, 10 * page + 1, whole.len() - page] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = Store::open(&settings).unwrap_err().to_string();
        let name = path.to_str().unwrap();
        assert!(
            error.starts_with(&format!("{name} is damaged (")),
            "{error}"
        );
        assert_eq!(std::fs::metadata(&path).unwrap().len(), length as u64);
    }
}

/// SQLite itself does not notice that a part of the last page is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_lacks_its_last_bytes_is_read_as_far_as_it_goes() {
    let directory = tempfile::tempdir().unwrap();
    let settings = in_directory(directory.path(), Retention::default());
    eight_traces(&settings).await;
    let path = directory.path().join("traces.sqlite");
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();

    let fixture = open(&settings);
    fixture.add(9, &[1]).await;
    let mut left = 0;
    for trace in 1..=9 {
        left += fixture.starts(trace).len();
    }
    assert_eq!(left, 8);
    assert_eq!(fixture.store.damaged_blocks(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_between_services_are_kept_when_blocks_are_merged() {
    let directory = tempfile::tempdir().unwrap();
    for settings in [
        in_directory(directory.path(), Retention::default()),
        in_memory(Retention::default()),
    ] {
        let mut fixture = open(&settings);
        let service = |name: &'static str| {
            let name = Attribute::new("service.name", Value::String(name.into()));
            Arc::new(Resource {
                attributes: vec![name],
                ..Resource::default()
            })
        };
        let (shop, cart) = (service("shop"), service("cart"));
        for block in 0..8 {
            let mut batch = BatchBuilder::default();
            for number in 0..100 {
                let trace = block * 100 + number;
                let parent = span(trace, 0, 5, noise(trace, 10_000));
                let child = Span {
                    resource: Arc::clone(&cart),
                    parent: Some(parent.span_id),
                    ..span(trace, 1, 6, String::new())
                };
                let resource = Arc::clone(&shop);
                batch.push(&Span { resource, ..parent }, None);
                batch.push(&child, None);
            }
            fixture.store.append(batch.finish()).await.unwrap();
        }
        let calls = |reader: &Reader| -> Result<_, ReadError> {
            let (mut blocks, mut sum) = (0, 0);
            for block in reader.blocks() {
                blocks += 1;
                let calls = reader.calls(block)?.unwrap();
                for frame in reader.frames_of_block(block) {
                    for call in calls.of(frame).unwrap() {
                        let service = |number: usize| &*calls.services[number];
                        let pair = (service(call.caller), service(call.callee));
                        assert_eq!(pair, ("shop", "cart"));
                        sum += call.count;
                    }
                    assert_eq!(frame.end, UnixNanos(7));
                }
            }
            Ok((blocks, sum))
        };
        assert_eq!(fixture.store.read(calls).unwrap(), (8, 800));
        fixture.work();
        assert_eq!(fixture.store.read(calls).unwrap(), (1, 800));
        fixture.close().await;
    }
    let reader = Reader::of_directory(directory.path()).unwrap();
    assert!(
        reader
            .blocks()
            .all(|block| reader.calls(block).unwrap().is_some())
    );
}

#[tokio::test]
async fn a_small_batch_does_not_wait_until_large_ones_are_built() {
    let Fixture { store, writer, .. } = open(&in_memory(Retention::default()));
    let one = |start, bytes| {
        let mut batch = BatchBuilder::default();
        batch.push(&span(start, 0, start, noise(start, bytes)), None);
        batch.finish()
    };
    let building = Arc::clone(&store.building).acquire_owned().await.unwrap();
    let large = [1, 2].map(|start| {
        let (store, batch) = (store.clone(), one(start, LARGE));
        tokio::spawn(async move { store.append(batch).await })
    });
    tokio::task::yield_now().await;
    store.append(one(3, 100)).await.unwrap();
    assert!(large.iter().all(|append| !append.is_finished()));
    drop(building);
    for append in large {
        append.await.unwrap().unwrap();
    }
    let firsts = |reader: &Reader| Ok::<_, ReadError>(reader.blocks().map(|b| b.first.0).collect());
    let firsts: Vec<_> = store.read(firsts).unwrap();
    assert_eq!(firsts, [3, 1, 2]);
    store.close().await;
    writer.join().unwrap();
}
