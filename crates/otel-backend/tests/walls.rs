//! Tests the walls within the crate: which module may use which other, and which modules may use
//! foreign crates. Checks every path in a file below `src`, in a `use` or elsewhere; unit tests may
//! use anything.

use std::path::Path;

use test_kit::modules::Module;

/// A module and the siblings that it may use.
type Row = (&'static str, &'static [&'static str]);

/// The modules in each parent module, by its path. Each comes after all that it uses, so there are
/// no cycles; a new module must be entered here.
const WALLS: [(&str, &[Row]); 3] = [
    (
        "crate",
        &[
            ("args", &[]),
            ("budget", &[]),
            ("health", &[]),
            ("model", &[]),
            ("sampling", &[]),
            ("throttle", &[]),
            ("ui", &[]),
            ("format", &["model"]),
            ("store", &["format", "model", "throttle"]),
            ("query", &["format", "model", "store"]),
            ("config", &["args", "store"]),
            ("metrics", &["config"]),
            (
                "forward",
                &["budget", "config", "format", "metrics", "store", "throttle"],
            ),
            (
                "receive",
                &[
                    "budget", "config", "format", "forward", "metrics", "model", "store",
                    "throttle",
                ],
            ),
            ("api", &["format", "model", "query", "store"]),
            (
                "transfer",
                &[
                    "args", "config", "format", "health", "model", "query", "store",
                ],
            ),
            (
                "app",
                &[
                    "api", "budget", "config", "forward", "metrics", "query", "receive",
                    "sampling", "store", "throttle", "ui",
                ],
            ),
        ],
    ),
    (
        "crate::format",
        &[
            ("json", &[]),
            ("protobuf", &[]),
            ("shared", &[]),
            ("surrogate", &[]),
            ("tags", &[]),
            ("text", &[]),
            ("weight", &["protobuf"]),
            ("otlp", &["json", "protobuf", "weight"]),
            ("jaeger", &["json", "shared", "tags", "weight"]),
            ("zipkin", &["json", "protobuf", "shared", "tags", "weight"]),
        ],
    ),
    (
        "crate::api",
        &[
            ("common", &[]),
            ("jaeger_grpc", &["common"]),
            ("jaeger_http", &["common"]),
            ("jaeger_v3", &["common"]),
            ("logs", &["common"]),
            ("mcp", &["common"]),
            ("tempo", &["common"]),
        ],
    ),
];

/// Foreign crates, and the modules that may use them.
const FOREIGN: [Row; 8] = [
    ("axum", &["api", "app", "receive", "sampling", "ui"]),
    (
        "http",
        &[
            "api", "app", "config", "forward", "receive", "sampling", "ui",
        ],
    ),
    ("hyper_rustls", &["forward"]),
    ("jaeger_wire", &["api", "format", "receive"]),
    ("parquet", &["transfer"]),
    ("rusqlite", &["store"]),
    (
        "serde_json",
        &["api", "app", "format", "health", "sampling", "transfer"],
    ),
    ("tonic", &["api", "app", "forward", "receive", "sampling"]),
];

#[test]
fn no_module_uses_another_through_a_wall() {
    let modules = modules();
    let mut broken = Vec::new();
    for (parent, rows) in WALLS {
        for module in &modules {
            let Some(own) = child(&module.path, parent) else {
                continue;
            };
            let Some((_, allowed)) = rows.iter().find(|(name, _)| *name == own) else {
                broken.push(format!("{}: {own} is not in the table", module.file));
                continue;
            };
            for path in module.paths() {
                let used = child(&path, parent).unwrap_or(own);
                let is_known = rows.iter().any(|(name, _)| *name == used);
                if is_known && used != own && !allowed.contains(&used) {
                    broken.push(format!("{}: {own} may not use {path}", module.file));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn there_are_no_circles() {
    for (parent, rows) in WALLS {
        for (index, (name, allowed)) in rows.iter().enumerate() {
            let above = &rows[..index];
            let is_above = |used: &&str| above.iter().any(|(name, _)| name == used);
            assert!(allowed.iter().all(is_above), "{parent}::{name}");
        }
    }
}

#[test]
fn foreign_crates_stay_where_they_belong() {
    for module in modules() {
        let own = child(&module.path, "crate").unwrap_or_default();
        for (foreign, allowed) in FOREIGN {
            let is_used = module.uses_crate(foreign);
            assert!(
                !is_used || allowed.contains(&own),
                "{}: {own} may not use {foreign}",
                module.file
            );
        }
    }
}

fn modules() -> Vec<Module> {
    let modules = Module::read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(modules.len() > 100, "only {} files", modules.len());
    modules
}

/// The child of the module `parent` that a path leads to.
fn child<'p>(path: &'p str, parent: &str) -> Option<&'p str> {
    path.strip_prefix(parent)?
        .strip_prefix("::")?
        .split("::")
        .next()
}
