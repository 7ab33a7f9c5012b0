//! Replays the fuzz targets' corpus, the fixtures and the captures without a fuzzer.

use std::fs;
use std::path::{Path, PathBuf};

use crate::round_trip;

const CHECKS: [fn(&[u8]); 6] = [
    round_trip::otlp_protobuf,
    round_trip::otlp_json,
    round_trip::zipkin_json,
    round_trip::jaeger_json,
    round_trip::jaeger_batch,
    round_trip::columns,
];

#[test]
fn the_corpus_holds_for_every_format() {
    let tests = test_kit::root().join("tests");
    let corpora = fs::read_dir(tests.join("fuzz/corpus")).unwrap();
    let mut folders: Vec<PathBuf> = corpora.map(|entry| entry.unwrap().path()).collect();
    folders.push(tests.join("kit/captures"));
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"));
    let mut replayed = 0;
    for folder in folders {
        for entry in fs::read_dir(&folder).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            // Input for one format must do no harm in the others.
            for check in CHECKS {
                check(&bytes);
            }
            replayed += 1;
        }
    }
    assert!(replayed >= 20, "{replayed}");
}
