//! Bundles modules into scripts, and inlines into a page what it loads.
//!
//! It does not parse JavaScript or HTML but relies on how the files in `ui/` are written: an import
//! is on a line of its own and names what it takes, and an export begins the line of its
//! declaration. Anything else is an error and cannot lead to a broken page.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Bundles the module `entry` and everything it imports into one script.
pub(crate) fn script(entry: &str, read: impl Fn(&str) -> io::Result<String>) -> io::Result<String> {
    let mut bundle = Bundle::new(&read, &[]);
    bundle.add(entry)?;
    Ok(bundle.script.join("\n"))
}

/// Like [`script`], but pages that are imported on demand become scripts of their own, by name.
/// Modules that several of them import, but not `entry`, are in the script `shared`.
pub(crate) fn scripts(
    entry: &str,
    pages: &[&str],
    shared: &str,
    read: impl Fn(&str) -> io::Result<String>,
) -> io::Result<Vec<(String, String)>> {
    let mut first = Bundle::new(&read, pages);
    first.add(entry)?;
    let mut second = Bundle::new(&read, pages).beside(&first, entry);
    for module in shared_modules(&first, entry, pages)? {
        second.add(&module)?;
    }
    let mut taken = second.taken.clone();
    let mut scripts = Vec::new();
    for page in pages {
        let mut bundle = Bundle::new(&read, pages)
            .beside(&first, entry)
            .beside(&second, shared);
        bundle.add(page)?;
        let page_exports = bundle.exports.join(", ");
        let script = format!(
            "{}export const {{ {page_exports} }} = {};\n",
            bundle.text(),
            variable(page)
        );
        scripts.push(((*page).to_owned(), script));
        taken.extend(bundle.taken);
    }
    for (name, bundle) in [(entry, first), (shared, second)] {
        let given = bundle
            .done
            .iter()
            .filter(|module| taken.contains_key(*module));
        let variables: Vec<_> = given.map(|module| variable(module)).collect();
        let script = format!("{}export {{ {} }};\n", bundle.text(), variables.join(", "));
        scripts.push((name.to_owned(), script));
    }
    Ok(scripts)
}

/// The modules that several pages import and `first` does not contain.
fn shared_modules<R: Fn(&str) -> io::Result<String>>(
    first: &Bundle<'_, R>,
    entry: &str,
    pages: &[&str],
) -> io::Result<Vec<String>> {
    let mut users: BTreeMap<String, u32> = BTreeMap::new();
    for page in pages {
        let mut bundle = Bundle::new(first.read, first.pages).beside(first, entry);
        bundle.add(page)?;
        for module in bundle.done {
            *users.entry(module).or_default() += 1;
        }
    }
    let shared = users.into_iter().filter(|(_, users)| *users > 1);
    Ok(shared.map(|(module, _)| module).collect())
}

/// A page in one file.
pub(crate) struct Page {
    pub(crate) html: String,
    /// The inline style sheets and scripts, exactly as they stand in the page.
    pub(crate) styles: Vec<String>,
    pub(crate) scripts: Vec<String>,
}

/// Inlines the style sheets and plain scripts that a page loads. Modules stay separate, since the
/// browser reads them while it draws.
pub(crate) fn page(html: &str, read: impl Fn(&str) -> io::Result<String>) -> io::Result<Page> {
    let mut page = Page {
        html: String::new(),
        styles: Vec::new(),
        scripts: Vec::new(),
    };
    for line in without_comments(html).lines() {
        if let Some(file) = between(line, "<link rel=\"stylesheet\" href=\"static/", "\" />") {
            let style = without_comments(&read(file)?);
            page.html.extend(["<style>", &style, "</style>\n"]);
            page.styles.push(style);
        } else if let Some(file) = between(line, "<script src=\"static/", "\"></script>") {
            let script = without_comments(&read(file)?);
            page.html.extend(["<script>", &script, "</script>\n"]);
            page.scripts.push(script);
        } else if line.contains("stylesheet") {
            return Err(io::Error::other(format!(
                "ui/index.html cannot be packed: {line}"
            )));
        } else {
            page.html.extend([line, "\n"]);
        }
    }
    Ok(page)
}

fn between<'l>(line: &'l str, start: &str, end: &str) -> Option<&'l str> {
    line.strip_prefix(start)?.strip_suffix(end)
}

/// Modules being bundled. Each becomes a function that is called once and returns its exports.
struct Bundle<'a, R> {
    read: &'a R,
    /// The modules that become scripts of their own where they are imported on demand.
    pages: &'a [&'a str],
    /// Modules in other scripts, with the names of these scripts.
    elsewhere: BTreeMap<String, String>,
    /// Those of them that this script imports.
    taken: BTreeMap<String, String>,
    begun: BTreeSet<String>,
    done: BTreeSet<String>,
    /// The exports of the module added last, which is the one that needs all others.
    exports: Vec<String>,
    script: Vec<String>,
}

impl<'a, R: Fn(&str) -> io::Result<String>> Bundle<'a, R> {
    fn new(read: &'a R, pages: &'a [&'a str]) -> Self {
        Self {
            read,
            pages,
            elsewhere: BTreeMap::new(),
            taken: BTreeMap::new(),
            begun: BTreeSet::new(),
            done: BTreeSet::new(),
            exports: Vec::new(),
            script: Vec::new(),
        }
    }

    /// The same in a script that takes from the other one, of this name, the modules it has.
    fn beside(mut self, other: &Self, name: &str) -> Self {
        let has = other.done.iter().cloned();
        self.elsewhere
            .extend(has.map(|module| (module, name.to_owned())));
        self
    }

    /// The text of the script, without its exports.
    fn text(&self) -> String {
        let mut text = String::new();
        let from: BTreeSet<_> = self.taken.values().collect();
        for script in from {
            let modules = self.taken.iter().filter(|(_, other)| *other == script);
            let variables: Vec<_> = modules.map(|(module, _)| variable(module)).collect();
            text.extend([
                "import { ",
                &variables.join(", "),
                " } from './",
                script,
                "';\n",
            ]);
        }
        text.push_str(&self.script.join("\n"));
        text.push('\n');
        text
    }

    /// Adds a module after those that it imports.
    fn add(&mut self, name: &str) -> io::Result<()> {
        if let Some(script) = self.elsewhere.get(name) {
            self.taken.insert(name.to_owned(), script.clone());
            return Ok(());
        }
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
            } else if let Some((before, module, after)) = lazy_import(line)
                && !self.pages.contains(&module)
            {
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
        self.exports = exports;
        Ok(())
    }
}

/// Parses `import { names } from './module';`.
fn import(line: &str) -> Option<(&str, &str)> {
    let (names, module) = line.strip_prefix("import {")?.split_once("} from './")?;
    Some((names, module.strip_suffix("';")?))
}

/// Parses `before import('./module') after`.
fn lazy_import(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.split_once("import('./")?;
    let (module, after) = rest.split_once("')")?;
    Some((before, module, after))
}

/// The name in a declaration.
fn declared(declaration: &str) -> Option<&str> {
    let declaration = declaration.strip_prefix("async ").unwrap_or(declaration);
    let name = ["function ", "class ", "const "]
        .iter()
        .find_map(|keyword| declaration.strip_prefix(keyword))?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    name.get(..end)
}

/// The variable that holds a module's exports.
fn variable(module: &str) -> String {
    module.replace(['-', '.'], "_")
}

/// Removes full-line comments, indentation and empty lines.
pub(crate) fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        if in_comment || line.starts_with("/*") || line.starts_with("<!--") {
            in_comment = !line.ends_with("*/") && !line.ends_with("-->");
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
