//! Puts modules into one script.
//!
//! It knows no JavaScript, only how the modules in `ui/` are written: an import stands on a line of
//! its own and names what it takes, an export begins the line that declares it. Anything else is an
//! error, not a broken page.

use std::collections::BTreeSet;
use std::io;

/// The module `entry` and all that it imports, in one script. A module becomes a function that is
/// called once and returns what it exports.
pub(crate) fn bundle(entry: &str, read: impl Fn(&str) -> io::Result<String>) -> io::Result<String> {
    let mut bundle = Bundle {
        read,
        begun: BTreeSet::new(),
        done: BTreeSet::new(),
        script: Vec::new(),
    };
    bundle.add(entry)?;
    Ok(bundle.script.join("\n"))
}

struct Bundle<R> {
    read: R,
    begun: BTreeSet<String>,
    done: BTreeSet<String>,
    script: Vec<String>,
}

impl<R: Fn(&str) -> io::Result<String>> Bundle<R> {
    /// Adds a module below those that it imports.
    fn add(&mut self, name: &str) -> io::Result<()> {
        if self.done.contains(name) {
            return Ok(());
        }
        if !self.begun.insert(name.to_owned()) {
            return Err(unknown(name, "it imports itself, through others"));
        }
        let mut lines = Vec::new();
        let mut exports = Vec::new();
        for line in without_comments(&(self.read)(name)?).lines() {
            if let Some(declaration) = line.strip_prefix("export ") {
                let declared = declared(declaration).ok_or_else(|| unknown(name, line))?;
                exports.push(declared.to_owned());
                lines.push(declaration.to_owned());
            } else if let Some((names, module)) = import(line) {
                self.add(module)?;
                let names = names.replace(" as ", ": ");
                lines.push(format!("const {{{names}}} = {};", variable(module)));
            } else if line.starts_with("import ") {
                return Err(unknown(name, line));
            } else if let Some((before, module, after)) = lazy_import(line) {
                self.add(module)?;
                lines.push(format!("{before}{}{after}", variable(module)));
            } else {
                lines.push(line.to_owned());
            }
        }
        lines.insert(0, format!("const {} = (() => {{", variable(name)));
        lines.push(format!("return {{ {} }};\n}})();", exports.join(", ")));
        self.script.append(&mut lines);
        self.done.insert(name.to_owned());
        Ok(())
    }
}

/// `import { names } from './module';`
fn import(line: &str) -> Option<(&str, &str)> {
    let (names, module) = line.strip_prefix("import {")?.split_once("} from './")?;
    Some((names, module.strip_suffix("';")?))
}

/// `before import('./module') after`
fn lazy_import(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.split_once("import('./")?;
    let (module, after) = rest.split_once("')")?;
    Some((before, module, after))
}

/// The name that a declaration gives.
fn declared(declaration: &str) -> Option<&str> {
    let declaration = declaration.strip_prefix("async ").unwrap_or(declaration);
    let name = ["function ", "class ", "const "]
        .iter()
        .find_map(|keyword| declaration.strip_prefix(keyword))?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    name.get(..end)
}

/// The variable that holds what a module exports.
fn variable(module: &str) -> String {
    module.replace(['-', '.'], "_")
}

/// Leaves out comments that begin a line, indentation and empty lines.
pub(crate) fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        if in_comment || line.starts_with("/*") {
            in_comment = !line.ends_with("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn unknown(module: &str, what: &str) -> io::Error {
    io::Error::other(format!("ui/static/{module} cannot be packed: {what}"))
}
