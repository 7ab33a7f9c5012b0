//! In every crate, modules beside each other do not use each other in a circle, so that each can be
//! read after those that it uses.

use std::fs;

use test_kit::modules::{Module, circles};
use test_kit::root;

#[test]
fn no_crate_has_circles() {
    let mut found = Vec::new();
    let mut crates = 0;
    for group in ["crates", "tests", "benches"] {
        let folders = fs::read_dir(root().join(group)).expect("a group of crates");
        for folder in folders {
            let folder = folder.expect("a crate").path();
            let sources = folder.join("src");
            if !sources.is_dir() {
                continue;
            }
            crates += 1;
            let tied = circles(&Module::read_all(&sources)).into_iter();
            found.extend(tied.map(|tie| format!("{}: {tie}", folder.display())));
        }
    }
    assert!(crates > 10, "only {crates} crates");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
