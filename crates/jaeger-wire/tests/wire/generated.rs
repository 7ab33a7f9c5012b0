//! The code that prost generates from the `.proto` files, and a test that it is up to date.
//!
//! It serves as an oracle for this crate's hand-written encoder and decoder (`oracle.rs`). Users of
//! the crate do not build it.

use std::path::Path;

pub(crate) mod api_v2 {
    #![allow(clippy::pedantic, unreachable_pub, dead_code, reason = "generated")]

    include!("generated/jaeger.api_v2.rs");
}

/// The path of the generated code, and the variable that makes the test regenerate it.
const KEPT: &str = "tests/wire/generated/jaeger.api_v2.rs";
const UPDATE: &str = "UPDATE_GENERATED";

#[test]
fn the_committed_code_is_what_the_proto_files_generate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let protos = root.join("proto/api_v2");
    let descriptors = protox::compile(["collector.proto"], [protos]).unwrap();
    let out = tempfile::tempdir().unwrap();
    prost_build::Config::new()
        .out_dir(out.path())
        .compile_fds(descriptors)
        .unwrap();
    let generated = std::fs::read_to_string(out.path().join("jaeger.api_v2.rs")).unwrap();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(root.join(KEPT), &generated).unwrap();
    }
    let kept = std::fs::read_to_string(root.join(KEPT)).unwrap();
    assert!(
        generated == kept,
        "{KEPT} is not what the .proto files generate: set {UPDATE}=1 and run this test again"
    );
}
