//! Replays the fuzz targets' corpus and the captures without a fuzzer.

use std::fs;
use std::path::Path;

use crate::round_trip;

#[test]
fn the_corpus_of_the_binary_protocol_holds() {
    replay("thrift_binary", round_trip::thrift_binary);
}

#[test]
fn the_corpus_of_the_compact_protocol_holds() {
    replay("thrift_compact", round_trip::thrift_compact);
}

#[test]
fn the_corpus_of_protobuf_holds() {
    replay("api_v2", round_trip::api_v2);
}

fn replay(target: &str, check: impl Fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = fs::read_dir(root.join("../../tests/fuzz/corpus").join(target)).unwrap();
    let captures = fs::read_dir(root.join("../../tests/kit/captures")).unwrap();
    let mut replayed = 0;
    for entry in corpus.chain(captures) {
        check(&fs::read(entry.unwrap().path()).unwrap());
        replayed += 1;
    }
    assert!(replayed >= 15, "{replayed} inputs for {target}");
}
