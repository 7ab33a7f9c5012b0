//! The modules of a crate, and which of them use which, read from the source files.
//!
//! Every path below the root of the crate counts, in a `use` or elsewhere, except for those in unit
//! tests, which may use anything.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// A source file, which is a module.
#[derive(Debug)]
pub struct Module {
    /// The file, relative to the folder of sources.
    pub file: String,
    /// The path of the module, such as `crate::query::search`.
    pub path: String,
    /// The code without comments and unit tests.
    pub code: String,
}

impl Module {
    /// All modules of a crate with this folder of sources. Crate roots, tests and generated code are
    /// left out.
    pub fn read_all(root: &Path) -> Vec<Self> {
        let mut modules = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            for path in entries.iter().map(fs::DirEntry::path) {
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(module) = Self::read(root, &path) {
                    modules.push(module);
                }
            }
        }
        modules
    }

    fn read(root: &Path, path: &Path) -> Option<Self> {
        let file = path.strip_prefix(root).ok()?.to_str()?;
        let name = file.strip_suffix(".rs")?;
        if matches!(name, "lib" | "main") || name.ends_with("tests") || name.contains("generated/")
        {
            return None;
        }
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
        Some(Self {
            file: file.to_owned(),
            path: format!("crate::{}", name.replace('/', "::")),
            code: code(&text),
        })
    }

    /// All paths in the file that lead into the crate, from its root.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for rest in find(&self.code, "crate") {
            expand("crate", rest, &mut paths);
        }
        for mut rest in find(&self.code, "super") {
            let mut base = parent(&self.path);
            while let Some(behind) = rest.strip_prefix("super::") {
                rest = behind;
                base = parent(base);
            }
            expand(base, rest, &mut paths);
        }
        paths
    }

    /// Returns true if the file has a path that begins with this name.
    pub fn uses_crate(&self, name: &str) -> bool {
        find(&self.code, name).next().is_some()
    }
}

/// A path that leads from one module to another beside it, or into it.
struct Tie {
    /// The path of the module that holds both.
    parent: String,
    user: String,
    used: String,
    /// The file and the path, for people.
    text: String,
}

/// The paths that tie modules beside each other into circles. A name that a module hands on from a
/// child counts as its own.
pub fn circles(modules: &[Module]) -> Vec<String> {
    let files: HashSet<_> = modules.iter().map(|module| module.path.as_str()).collect();
    let tie = |module: &Module, path: String| {
        let (mut own, mut used) = (module.path.split("::"), path.split("::"));
        let common = own.clone().zip(used.clone()).take_while(|(a, b)| a == b);
        let depth = common.count();
        let parent: Vec<_> = own.clone().take(depth).collect();
        let tie = Tie {
            parent: parent.join("::"),
            user: own.nth(depth)?.to_owned(),
            used: used.nth(depth)?.to_owned(),
            text: format!("{} uses {path}", module.file),
        };
        let is_module = files.contains(format!("{}::{}", tie.parent, tie.used).as_str());
        is_module.then_some(tie)
    };
    let ties = modules.iter().flat_map(|module| {
        let paths = module.paths().into_iter();
        paths.filter_map(move |path| tie(module, path))
    });
    let ties: Vec<_> = ties.collect();
    let is_tied = |tie: &&Tie| reaches(&ties, &tie.parent, &tie.used, &tie.user);
    ties.iter()
        .filter(is_tied)
        .map(|tie| tie.text.clone())
        .collect()
}

/// Returns true if `from` uses `to`, directly or through others beside them.
fn reaches(ties: &[Tie], parent: &str, from: &str, to: &str) -> bool {
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(user) = reached.get(next).copied() {
        next += 1;
        for tie in ties {
            if tie.parent == parent && tie.user == user && !reached.contains(&tie.used.as_str()) {
                reached.push(&tie.used);
            }
        }
    }
    reached.contains(&to)
}

/// The code of a file without comments and without the unit tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next();
    let lines = text.unwrap_or_default().lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str, code: &str) -> Module {
        Module {
            file: path.to_owned(),
            path: path.to_owned(),
            code: code.to_owned(),
        }
    }

    #[test]
    fn every_way_to_write_a_path_is_seen() {
        let seen = |code| module("crate::a::b", code).paths();
        assert_eq!(seen("use crate::x::Y;"), ["crate::x::Y"]);
        assert_eq!(
            seen("use crate::{x, y::{self, Z},\n w as v};"),
            ["crate::x", "crate::y::self", "crate::y::Z", "crate::w"]
        );
        assert_eq!(seen("f(crate::x::y()?)"), ["crate::x::y"]);
        assert_eq!(seen("use super::c;"), ["crate::a::c"]);
        assert_eq!(seen("pub(in super::super::x) fn"), ["crate::x"]);
    }

    #[test]
    fn a_circle_is_found_at_any_depth() {
        let circle = [
            module("crate::x::a", "use super::b::c::D;"),
            module("crate::x::b", ""),
            module("crate::x::b::c", "use crate::x::e;"),
            module("crate::x::e", "use super::{a::F, g};"),
            module("crate::x::g", ""),
        ];
        assert_eq!(
            circles(&circle),
            [
                "crate::x::a uses crate::x::b::c::D",
                "crate::x::b::c uses crate::x::e",
                "crate::x::e uses crate::x::a::F",
            ]
        );
    }

    #[test]
    fn a_child_and_its_parent_are_no_circle() {
        let family = [
            module("crate::a", "use self::b::C; pub use super::d::E;"),
            module("crate::a::b", "use super::F;"),
            module("crate::d", ""),
        ];
        assert_eq!(circles(&family), Vec::<String>::new());
    }
}
