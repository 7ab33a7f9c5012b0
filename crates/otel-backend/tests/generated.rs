//! The code that is generated from the `.proto` files is committed, so that a build needs no generator;
//! this proves that it is just what they generate.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use prost::Message as _;
use tonic_prost_build::FileDescriptorSet;

/// Where the generated files are kept, and the variable that has them written anew.
const KEPT: &str = "src/api/grpc/generated";
const UPDATE: &str = "UPDATE_GENERATED";

/// What is not generated: the services send these messages already encoded, and know nothing of what
/// is inside them.
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

fn descriptors() -> FileDescriptorSet {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let include = [
        root.join("proto"),
        root.join("proto/api_v2"),
        root.join("../jaeger-wire/proto/api_v2"),
    ];
    let services = ["query.proto", "api_v3/query_service.proto"];
    protox::compile(services, include).unwrap()
}

#[test]
fn the_committed_files_are_what_the_proto_files_generate() {
    let descriptors = descriptors();
    let bytes = descriptors.encode_to_vec();
    let out = tempfile::tempdir().unwrap();
    let mut builder = tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .extern_path(".opentelemetry", "opentelemetry")
        .out_dir(out.path());
    for message in ENCODED {
        builder = builder.extern_path(message, "crate::api::grpc::encoded::Encoded");
    }
    builder.compile_fds(descriptors).unwrap();
    std::fs::write(out.path().join("descriptors.bin"), bytes).unwrap();

    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(KEPT);
    for file in [
        "jaeger.api_v2.rs",
        "jaeger.api_v3.rs",
        "jaeger.expression.v1.rs",
        "descriptors.bin",
    ] {
        let generated = std::fs::read(out.path().join(file)).unwrap();
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(kept.join(file), &generated).unwrap();
        }
        assert!(
            std::fs::read(kept.join(file)).unwrap() == generated,
            "{KEPT}/{file} is not what the .proto files generate: set {UPDATE}=1 and run this test again"
        );
    }
}
