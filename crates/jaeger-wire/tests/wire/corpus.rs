//! The fuzz targets' corpus, replayed without a fuzzer.

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
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut replayed = 0;
    for entry in fs::read_dir(corpus.join(target)).unwrap() {
        check(&fs::read(entry.unwrap().path()).unwrap());
        replayed += 1;
    }
    assert!(replayed >= 5, "{replayed} inputs for {target}");
}
