//! Tests of databases of earlier formats.

use rusqlite::{Connection, params};

use super::*;
use crate::format::otlp::decode_traces;
use crate::model::Value;
use crate::store::block::{Form, FrameInfo, TraceEntry};
use crate::store::key::KeySeed;
use crate::store::medium::Medium;
use crate::store::source::Source;

/// Makes a database of format 7.
fn to_7(database: &Connection) {
    let back = "
        ALTER TABLE block DROP COLUMN rests;
        ALTER TABLE block DROP COLUMN ends;
        ALTER TABLE block DROP COLUMN calls;
        PRAGMA user_version = 7";
    database.execute_batch(back).unwrap();
}

/// Makes a database of format 6 of one that holds spans of these traces.
fn to_6(database: &Connection, traces: u64) {
    to_7(database);
    let mut select = database
        .prepare("SELECT id, seed, traces FROM block")
        .unwrap();
    let blocks = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    for block in blocks.unwrap() {
        let (block, seed, entries): (i64, i64, Vec<u8>) = block.unwrap();
        let seed = KeySeed::from_number(seed);
        let early = |entry: TraceEntry| {
            let has_key = |id: &TraceId| seed.key(*id).without_rest() == entry.key();
            let id = (0..traces).map(id).find(has_key);
            let key = KeySeed::LAST_BYTES.key(id.unwrap());
            TraceEntry::new(key, entry.frame())
        };
        let entries = TraceEntry::decode_all(&entries, &[]).unwrap();
        let mut entries: Vec<_> = entries.into_iter().map(early).collect();
        entries.sort_unstable();
        let update = "UPDATE block SET traces = ? WHERE id = ?";
        let entries = TraceEntry::encode_all(&entries);
        database.execute(update, params![entries, block]).unwrap();
    }
    let back = "
        ALTER TABLE block DROP COLUMN seed;
        ALTER TABLE evicted DROP COLUMN seed;
        ALTER TABLE log_frame DROP COLUMN seed;
        PRAGMA user_version = 6";
    database.execute_batch(back).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_of_earlier_formats_are_brought_up_to_date() {
    const TO_5: &str = "DROP TABLE log_frame; ALTER TABLE operation DROP COLUMN last;
                        PRAGMA user_version = 5";
    const TO_4: &str = "PRAGMA user_version = 4";
    const TO_3: &str = "ALTER TABLE block DROP COLUMN came; PRAGMA user_version = 3";
    const TO_2: &str = "ALTER TABLE block DROP COLUMN newest; PRAGMA user_version = 2";
    const TO_1: &str = "DROP TABLE evicted; PRAGMA user_version = 1";
    let back = [TO_5, TO_4, TO_3, TO_2, TO_1];
    for (steps, newest) in [(0, 5), (1, 5), (2, 5), (3, 5), (4, 9), (5, 9)] {
        let directory = tempfile::tempdir().unwrap();
        let settings = in_directory(directory.path(), Retention::default());
        let fixture = open(&settings);
        fixture.append(&[(1, 0, 5), (1, 1, 9)], 100).await;
        fixture.close().await;
        let database = || Connection::open(directory.path().join("traces.sqlite")).unwrap();
        to_6(&database(), 2);
        let back = back.iter().take(steps);
        back.for_each(|back| database().execute_batch(back).unwrap());

        let fixture = open(&settings);
        fixture.append(&[(2, 0, 6), (2, 1, 8)], 100).await;
        assert_eq!(fixture.starts(1).len(), 2);
        let read = |reader: &Reader| {
            let times = reader.blocks().flat_map(|block| {
                let frames = reader.frames_of_block(block);
                frames.map(move |frame| (block.newest.0, frame.end.0))
            });
            Ok::<_, ReadError>(times.collect::<Vec<_>>())
        };
        // A time that the earlier format lacks is taken to be as late as possible.
        assert_eq!(
            fixture.store.read(read).unwrap(),
            [(newest, u64::MAX), (6, 9)]
        );
        fixture.close().await;
        let format =
            database().pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0));
        assert_eq!(format.unwrap(), 8);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_format_7_are_found_beside_longer_ones() {
    let directory = tempfile::tempdir().unwrap();
    let settings = in_directory(directory.path(), Retention::default());
    let fixture = open(&settings);
    fixture
        .append(&[(1, 0, 5), (2, 0, 5), (3, 0, 5)], 100)
        .await;
    fixture.close().await;
    to_7(&Connection::open(directory.path().join("traces.sqlite")).unwrap());

    let mut fixture = open(&settings);
    fixture.append(&[(2, 1, 6), (4, 0, 6)], 100).await;
    let frames = |fixture: &Fixture| {
        let frames = |reader: &Reader| {
            let split = reader.split_traces();
            let frames = |trace| {
                (
                    reader.frames_of_trace(id(trace)).count(),
                    split.is_whole(id(trace)),
                )
            };
            Ok::<_, ReadError>([1, 2, 3, 4, 5].map(frames))
        };
        fixture.store.read(frames).unwrap()
    };
    let before = [(1, true), (2, false), (1, true), (1, true), (0, true)];
    assert_eq!(frames(&fixture), before);
    tokio::task::block_in_place(|| fixture.upkeep.write_columns().unwrap());
    let after = [(1, true), (1, true), (1, true), (1, true), (0, true)];
    assert_eq!(frames(&fixture), after);
    let catalog = fixture.store.shared.snapshot();
    assert!(catalog.blocks.iter().all(|head| head.has_long_keys));
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_of_earlier_formats_are_written_in_columns() {
    let directory = tempfile::tempdir().unwrap();
    let settings = in_directory(directory.path(), Retention::default());
    let fixture = open(&settings);
    many_traces(&fixture, 500).await;
    fixture.close().await;
    let database = Connection::open(directory.path().join("traces.sqlite")).unwrap();
    to_6(&database, 500);
    let back = "
        CREATE TABLE block_filter (block INTEGER PRIMARY KEY, rows BLOB NOT NULL);
        DROP TABLE log_frame;
        ALTER TABLE operation DROP COLUMN last;
        PRAGMA user_version = 4";
    database.execute_batch(back).unwrap();
    drop(database);

    let mut fixture = open(&settings);
    let select = "SELECT count(*) FROM sqlite_schema WHERE name = 'block_filter'";
    let database = Connection::open(directory.path().join("traces.sqlite")).unwrap();
    let filters = database.query_row(select, [], |row| row.get::<_, i64>(0));
    assert_eq!(filters, Ok(0));
    drop(database);
    let (rows, columns) = fixture.forms();
    assert!(rows > 0 && columns == 0);
    fixture.work();
    let (rows, columns) = fixture.forms();
    assert!(rows == 0 && columns > 0);
    assert_eq!(fixture.count(500), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_of_an_earlier_format_are_evicted_as_a_whole() {
    let directory = tempfile::tempdir().unwrap();
    let now = UnixNanos::now().0;
    let (old, young) = (now - 30 * HOUR, now - HOUR);
    let settings = in_directory(directory.path(), Retention::default());
    let fixture = open(&settings);
    // The last one begins in a block of the earlier format, and goes on in one of this format.
    fixture
        .append(&[(0, 0, old), (1, 0, old), (2, 0, old)], 100)
        .await;
    fixture.append(&[(1, 1, young), (3, 0, young)], 100).await;
    fixture.close().await;
    to_6(
        &Connection::open(directory.path().join("traces.sqlite")).unwrap(),
        4,
    );

    let mut fixture = open(&settings);
    fixture.append(&[(2, 1, young)], 100).await;
    fixture.upkeep.retention = one_day();
    fixture.work();
    let spans = |fixture: &Fixture| [0, 1, 2, 3].map(|trace| fixture.starts(trace).len());
    assert_eq!(spans(&fixture), [0, 2, 2, 1]);
    assert!(fixture.evicted(0) && !fixture.evicted(1) && !fixture.evicted(2));
    fixture.close().await;
    let mut fixture = open(&settings);
    assert!(fixture.evicted(0));
    tokio::task::block_in_place(|| fixture.upkeep.write_columns().unwrap());
    assert_eq!(spans(&fixture), [0, 2, 2, 1]);
    let catalog = fixture.store.shared.snapshot();
    assert!(catalog.blocks.iter().all(|head| head.seed == catalog.seed));
}

#[test]
fn an_earlier_format_can_be_read_without_being_changed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let fixture = open(&in_directory(directory.path(), Retention::default()));
        fixture.append(&[(1, 0, 5)], 100).await;
        fixture.close().await;
    });
    to_6(
        &Connection::open(directory.path().join("traces.sqlite")).unwrap(),
        2,
    );
    let reader = Reader::of_directory(directory.path()).unwrap();
    assert_eq!(reader.frames_of_trace(id(1)).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_whose_ids_end_alike_are_found_apart() {
    let mut fixture = open(&in_memory(Retention::default()));
    let ids = (1..=400_u128).map(|n| TraceId::new((n << 32).to_be_bytes()).unwrap());
    for id in ids.clone() {
        let mut batch = BatchBuilder::default();
        batch.push(
            &Span {
                trace_id: id,
                ..span(1, 1, 1, noise(1, 10_000))
            },
            None,
        );
        fixture.store.append(batch.finish()).await.unwrap();
    }
    fixture.work();
    let frames = |reader: &Reader| -> Result<_, ReadError> {
        Ok(ids
            .map(|id| reader.frames_of_trace(id).count())
            .sum::<usize>())
    };
    assert!(fixture.forms().1 > 3);
    assert_eq!(fixture.store.read(frames).unwrap(), 400);
}

/// A group of 68 spans that an otel-backend with format 6 wrote: span `n` has the name `op {n % 3}`, and
/// its attributes are `id`, a text by which a filter found it, and `n`.
#[test]
fn a_group_of_columns_of_format_6_is_read() {
    let group = include_bytes!("group_of_format_6.bin");
    let info = FrameInfo {
        form: Form::Columns,
        has_filter: false,
        offset: 0,
        length: 773,
        raw_length: 0,
        spans: 68,
        first: UnixNanos(0),
        last: UnixNanos(0),
        newest: UnixNanos(0),
        end: UnixNanos(0),
    };
    let bytes = Source::new(Medium::MEMORY)
        .unpack_bytes(1, group, &info)
        .unwrap();
    let spans: Vec<_> = decode_traces(&bytes).unwrap().flatten().collect();
    assert_eq!(spans.len(), 68);
    for (number, incoming) in (0..).zip(&spans) {
        let span = &incoming.span;
        assert_eq!(span.name, format!("op {}", number % 3));
        let id = format!("id-{number:03}");
        let attribute = |key: &str| span.attributes.iter().find(|found| found.key == key);
        let value = |key| attribute(key).map(|found| &found.value);
        assert_eq!(value("id"), Some(&Value::String(id.into())));
        assert_eq!(value("n"), Some(&Value::Int(number)));
    }
}
