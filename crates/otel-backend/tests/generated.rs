//! The code generated from the `.proto` files is committed, so that a build needs no generator;
//! this test checks that it is up to date.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use prost::Message as _;
use tonic_prost_build::FileDescriptorSet;

/// The variable that makes the test regenerate the files.
const UPDATE: &str = "UPDATE_GENERATED";

/// The messages that are not generated: the services send them already encoded, and do not know
/// their content.
const ENCODED: [&str; 10] = [
    ".jaeger.api_v2.SpansResponseChunk",
    ".jaeger.api_v2.Batch",
    ".jaeger.api_v2.KeyValue",
    ".jaeger.api_v2.Log",
    ".jaeger.api_v2.Process",
    ".jaeger.api_v2.Span",
    ".jaeger.api_v2.SpanRef",
    ".jaeger.api_v2.SpanRefType",
    ".jaeger.api_v2.ValueType",
    ".opentelemetry.proto.trace.v1.TracesData",
];

fn descriptors(protos: &[&str]) -> FileDescriptorSet {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let include = [
        root.join("proto"),
        root.join("proto/api_v2"),
        root.join("../jaeger-wire/proto/api_v2"),
    ];
    protox::compile(protos, include).unwrap()
}

/// Generates the servers from these files, and compares them with the committed code.
fn check(protos: &[&str], kept: &str, files: &[&str]) {
    let descriptors = descriptors(protos);
    let bytes = descriptors.encode_to_vec();
    let out = tempfile::tempdir().unwrap();
    let mut builder = tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .extern_path(".opentelemetry", "opentelemetry")
        .out_dir(out.path());
    for message in ENCODED {
        builder = builder.extern_path(message, "crate::api::jaeger_grpc::encoded::Encoded");
    }
    builder.compile_fds(descriptors).unwrap();
    std::fs::write(out.path().join("descriptors.bin"), bytes).unwrap();

    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(kept);
    for file in files {
        let generated = std::fs::read(out.path().join(file)).unwrap();
        if std::env::var_os(UPDATE).is_some() {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(directory.join(file), &generated).unwrap();
        }
        assert!(
            std::fs::read(directory.join(file)).unwrap() == generated,
            "{kept}/{file} is not what the .proto files generate: set {UPDATE}=1 and run this test again"
        );
    }
}

#[test]
fn the_query_services_are_what_the_proto_files_generate() {
    check(
        &["query.proto", "api_v3/query_service.proto"],
        "src/api/jaeger_grpc/generated",
        &[
            "jaeger.api_v2.rs",
            "jaeger.api_v3.rs",
            "jaeger.expression.v1.rs",
            "descriptors.bin",
        ],
    );
}

#[test]
fn the_streaming_service_is_what_its_proto_file_generates() {
    check(
        &["tempopb/streaming.proto"],
        "src/api/tempo/grpc/generated",
        &["tempopb.rs", "descriptors.bin"],
    );
}

#[test]
fn the_sampling_service_is_what_its_proto_file_generates() {
    check(
        &["sampling.proto"],
        "src/sampling/generated",
        &["jaeger.api_v2.rs"],
    );
}
