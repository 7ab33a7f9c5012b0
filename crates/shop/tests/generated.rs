//! The code generated from the `.proto` file is committed; this test checks that it is up to date.

use std::path::Path;
use std::{env, fs};

/// The variable that makes the test regenerate the code.
const UPDATE: &str = "UPDATE_GENERATED";

#[test]
fn the_payment_service_is_what_its_proto_file_generates() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let descriptors = protox::compile(["payment.proto"], [root.join("proto")]).unwrap();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tonic_prost_build::configure()
        .build_transport(false)
        .out_dir(out)
        .compile_fds(descriptors)
        .unwrap();
    let generated = fs::read(out.join("shop.rs")).unwrap();
    let kept = root.join("src/proto/shop.rs");
    if env::var_os(UPDATE).is_some() {
        fs::write(&kept, &generated).unwrap();
    }
    assert!(
        fs::read(&kept).unwrap() == generated,
        "src/proto/shop.rs is not what the .proto file generates: set {UPDATE}=1 and run this test again"
    );
}
