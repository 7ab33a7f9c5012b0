//! Tests the walls within the crate: which module may use which other, and which modules may use
//! foreign crates. Checks every path in a file below `src`, in a `use` or elsewhere; unit tests may
//! use anything.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

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

/// A file below `src`.
struct Source {
    name: String,
    /// The path of its module, such as `crate::query::search`.
    module: String,
    code: String,
}

#[test]
fn no_module_uses_another_through_a_wall() {
    let sources = sources();
    let mut broken = Vec::new();
    for (parent, rows) in WALLS {
        for source in &sources {
            let Some(own) = child(&source.module, parent) else {
                continue;
            };
            let Some((_, allowed)) = rows.iter().find(|(name, _)| *name == own) else {
                broken.push(format!("{}: {own} is not in the table", source.name));
                continue;
            };
            for path in paths(source) {
                let used = child(&path, parent).unwrap_or(own);
                let is_module = rows.iter().any(|(name, _)| *name == used);
                if is_module && used != own && !allowed.contains(&used) {
                    broken.push(format!("{}: {own} may not use {path}", source.name));
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
    for source in sources() {
        let own = child(&source.module, "crate").unwrap_or_default();
        for (foreign, allowed) in FOREIGN {
            let is_used = find(&source.code, foreign).next().is_some();
            assert!(
                !is_used || allowed.contains(&own),
                "{}: {own} may not use {foreign}",
                source.name
            );
        }
    }
}

#[test]
fn every_way_to_write_a_path_is_seen() {
    let source = |code: &str| Source {
        name: String::new(),
        module: "crate::a::b".to_owned(),
        code: code.to_owned(),
    };
    let seen = |code| paths(&source(code));
    assert_eq!(seen("use crate::x::Y;"), ["crate::x::Y"]);
    assert_eq!(
        seen("use crate::{x, y::{self, Z},\n w as v};"),
        ["crate::x", "crate::y::self", "crate::y::Z", "crate::w"]
    );
    assert_eq!(seen("f(crate::x::y()?)"), ["crate::x::y"]);
    assert_eq!(seen("use super::c;"), ["crate::a::c"]);
    assert_eq!(seen("pub(in super::super::x) fn"), ["crate::x"]);
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let Some(module) = name.strip_suffix(".rs") else {
                continue;
            };
            // Of the two crate roots, the program uses the library from outside.
            if matches!(module, "lib" | "main") || module.ends_with("tests") {
                continue;
            }
            sources.push(Source {
                name: name.to_owned(),
                module: format!("crate::{}", module.replace('/', "::")),
                code: code(&fs::read_to_string(&path).unwrap()),
            });
        }
    }
    assert!(sources.len() > 100, "only {} files", sources.len());
    sources
}

/// The code of a file without comments and without the unit tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next();
    let lines = text.unwrap_or_default().lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The child of the module `parent` that a path leads to.
fn child<'p>(path: &'p str, parent: &str) -> Option<&'p str> {
    path.strip_prefix(parent)?
        .strip_prefix("::")?
        .split("::")
        .next()
}

/// The text after each path segment of that name and its colons.
fn find<'c>(code: &'c str, name: &str) -> impl Iterator<Item = &'c str> {
    let start = format!("{name}::");
    let places: Vec<_> = code.match_indices(&start).map(|(at, _)| at).collect();
    places.into_iter().filter_map(move |at| {
        let (before, path) = code.split_at(at);
        let is_within = |char: char| char.is_alphanumeric() || char == '_' || char == ':';
        let is_first = !before.ends_with(is_within);
        path.strip_prefix(&start).filter(|_| is_first)
    })
}

/// All paths in a file that lead into the crate, from its root.
fn paths(source: &Source) -> Vec<String> {
    let mut paths = Vec::new();
    for rest in find(&source.code, "crate") {
        expand("crate", rest, &mut paths);
    }
    for mut rest in find(&source.code, "super") {
        let mut base = parent(&source.module);
        while let Some(behind) = rest.strip_prefix("super::") {
            rest = behind;
            base = parent(base);
        }
        expand(base, rest, &mut paths);
    }
    paths
}

fn parent(module: &str) -> &str {
    module
        .rsplit_once("::")
        .map_or("crate", |(parent, _)| parent)
}

/// Adds the paths that begin with `base`; `rest` is the text after the colons.
fn expand(base: &str, rest: &str, paths: &mut Vec<String>) {
    if let Some(list) = rest.strip_prefix('{') {
        for part in parts(list) {
            expand(base, part.trim(), paths);
        }
        return;
    }
    let end = rest.find(|char: char| !(char.is_alphanumeric() || char == '_'));
    let (name, behind) = rest.split_at(end.unwrap_or(rest.len()));
    if name.is_empty() {
        return;
    }
    let path = format!("{base}::{name}");
    match behind.strip_prefix("::") {
        Some(behind) => expand(&path, behind, paths),
        None => paths.push(path),
    }
}

/// The parts of a list in braces, up to the closing one.
fn parts(list: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut parts = Vec::new();
    let mut rest = list;
    for (at, char) in list.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let (part, _) = rest.split_at(at - (list.len() - rest.len()));
                parts.push(part);
                rest = list.split_at(at + 1).1;
                if char == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts
}
