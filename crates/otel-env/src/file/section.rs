//! The parts of a file, read key by key, and the problems found in them.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::scalar::Scalar;
use super::yaml::{Entry, Node, Value};
use crate::reader::{MAX_MILLISECONDS, zero_as_unlimited};
use crate::variable::{Problem, ProblemKind, shown};

/// The findings about a file.
#[derive(Debug)]
pub(super) struct Report {
    file: String,
    /// The problems, each with its line.
    problems: RefCell<Vec<(usize, Problem)>>,
    /// True if the file cannot be used.
    is_broken: Cell<bool>,
}

/// A map whose keys are read one by one. When it [ends](Self::end), keys that were not read are
/// errors.
#[derive(Debug)]
pub(super) struct Section<'a> {
    report: &'a Report,
    path: String,
    line: usize,
    entries: &'a [Entry],
    known: RefCell<Vec<&'static str>>,
}

/// A value and its place in the file.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    report: &'a Report,
    pub(super) path: String,
    line: usize,
    node: &'a Node,
}

impl Report {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            problems: RefCell::default(),
            is_broken: Cell::new(false),
        }
    }

    pub(super) fn error(&self, line: usize, path: &str, value: &str, message: impl Into<String>) {
        self.is_broken.set(true);
        self.add(ProblemKind::InFile, line, path, value, message.into());
    }

    fn note(&self, line: usize, path: &str, message: impl Into<String>) {
        self.add(ProblemKind::NotSupported, line, path, "", message.into());
    }

    fn add(&self, kind: ProblemKind, line: usize, path: &str, value: &str, message: String) {
        let colon = if path.is_empty() { "" } else { ": " };
        let place = format!("{}:{line}{colon}{path}", self.file);
        let problem = Problem::new(kind, place, value, message);
        self.problems.borrow_mut().push((line, problem));
    }

    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.get()
    }

    /// The problems, sorted by line.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(line, _)| *line);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }
}

impl<'a> Section<'a> {
    /// The section for the whole file.
    pub(super) fn root(report: &'a Report, node: &'a Node) -> Option<Self> {
        let item = Item {
            report,
            path: String::new(),
            line: node.line,
            node,
        };
        item.section()
    }

    /// The value of `key`, null included.
    pub(super) fn item(&self, key: &'static str) -> Option<Item<'a>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(self.entry(entry))
    }

    fn entry(&self, entry: &'a Entry) -> Item<'a> {
        let dot = if self.path.is_empty() { "" } else { "." };
        Item {
            report: self.report,
            path: format!("{}{dot}{}", self.path, entry.key),
            line: entry.line,
            node: &entry.node,
        }
    }

    /// The value of `key`, which is required.
    pub(super) fn required(&self, key: &'static str) -> Option<Item<'a>> {
        let item = self.item(key);
        if item.is_none() {
            self.error(format!("{key} is missing"));
        }
        item
    }

    /// The value of `key` if it is not null.
    fn given(&self, key: &'static str) -> Option<Item<'a>> {
        self.item(key).filter(|item| !item.is_null())
    }

    pub(super) fn text(&self, key: &'static str) -> Option<(Item<'a>, &'a str)> {
        let item = self.given(key)?;
        let text = item.text()?;
        Some((item, text))
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let item = self.given(key)?;
        match item.node.value {
            Value::Scalar(Scalar::Bool(flag)) => Some(flag),
            _ => item.refuse("true, false"),
        }
    }

    /// An integer from `least` to `most`.
    pub(super) fn integer(&self, key: &'static str, least: u64, most: u64) -> Option<u64> {
        let item = self.given(key)?;
        let number = item.integer().and_then(|number| u64::try_from(number).ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Some(number),
            None if most == u64::MAX => item.refuse(&format!("a whole number from {least}")),
            None => item.refuse(&format!("a whole number from {least} to {most}")),
        }
    }

    pub(super) fn milliseconds(&self, key: &'static str) -> Option<Duration> {
        let milliseconds = self.integer(key, 0, u64::MAX)?;
        Some(Duration::from_millis(milliseconds.min(MAX_MILLISECONDS)))
    }

    /// A duration in milliseconds. Zero means no limit, and gives the longest duration.
    pub(super) fn timeout(&self, key: &'static str) -> Option<Duration> {
        self.milliseconds(key).map(zero_as_unlimited)
    }

    /// A number from 0 to 1.
    pub(super) fn ratio(&self, key: &'static str) -> Option<f64> {
        let item = self.given(key)?;
        let number = item.number().filter(|ratio| (0.0..=1.0).contains(ratio));
        number.or_else(|| item.refuse("a number from 0 to 1"))
    }

    /// The map under `key`, which must not be null.
    pub(super) fn section(&self, key: &'static str) -> Option<Self> {
        self.item(key)?.section()
    }

    /// The map under `key`; empty if it is null.
    pub(super) fn section_or_null(&self, key: &'static str) -> Option<Self> {
        self.item(key)?.section_or_null()
    }

    /// The items under `key`; at least one is required.
    pub(super) fn list(&self, key: &'static str) -> Vec<Item<'a>> {
        self.item(key).map(|item| item.list()).unwrap_or_default()
    }

    /// The single component under `key`: its name and its settings.
    pub(super) fn component(&self, key: &'static str) -> Option<(&'a str, Self)> {
        self.item(key)?.component()
    }

    /// Reports that `key` has no effect, if it has a value.
    pub(super) fn pass_over(&self, key: &'static str, reason: &str) {
        if let Some(item) = self.given(key) {
            item.note(reason);
        }
    }

    /// Refuses `key` if it has a value.
    pub(super) fn unsupported(&self, key: &'static str) {
        if let Some(item) = self.given(key) {
            item.error("it is not supported here; leave it out");
        }
    }

    /// Ends the map: a key that was not read is an error.
    pub(super) fn end(self) {
        let known = self.known.borrow();
        for entry in self.unknown() {
            let accepted = known.join(", ");
            let accepted = if accepted.is_empty() {
                "nothing"
            } else {
                &accepted
            };
            let message = format!("there is no such key; accepted: {accepted}");
            self.entry(entry).error(message);
        }
    }

    /// Ends the map at the top level of the file, where the schema allows any key.
    pub(super) fn end_at_the_top(self) {
        for entry in self.unknown() {
            self.entry(entry)
                .note("there is no such key; it is passed over");
        }
    }

    /// Ends the map; keys that were not read are only noted, since other programs may know them.
    pub(super) fn end_with_notes(self) {
        for entry in self.unknown() {
            let item = self.entry(entry);
            if !item.is_null() {
                item.note("it is not honoured; it is passed over");
            }
        }
    }

    fn unknown(&self) -> Vec<&'a Entry> {
        let known = self.known.borrow();
        let unknown = self.entries.iter();
        unknown
            .filter(|entry| !known.contains(&entry.key.as_str()))
            .collect()
    }

    pub(super) fn error(&self, message: impl Into<String>) {
        self.report.error(self.line, &self.path, "", message);
    }

    pub(super) fn note(&self, message: impl Into<String>) {
        self.report.note(self.line, &self.path, message);
    }
}

impl<'a> Item<'a> {
    pub(super) fn is_null(&self) -> bool {
        matches!(self.node.value, Value::Scalar(Scalar::Null))
    }

    pub(super) fn scalar(&self) -> Option<&'a Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        match self.scalar() {
            Some(Scalar::Text(text)) => Some(text),
            _ => self.refuse("text; numbers, true and false go in quotes"),
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self.scalar()? {
            Scalar::Int(number) => Some(*number),
            // As in JSON Schema, 1.0 is an integer.
            Scalar::Float(number) => format!("{number}").parse().ok(),
            _ => None,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio or a measure, near enough"
    )]
    pub(super) fn number(&self) -> Option<f64> {
        match self.scalar()? {
            Scalar::Int(number) => Some(*number as f64),
            Scalar::Float(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn section(&self) -> Option<Section<'a>> {
        match &self.node.value {
            Value::Map(entries) => Some(self.open(entries)),
            _ => self.refuse("a map"),
        }
    }

    pub(super) fn section_or_null(&self) -> Option<Section<'a>> {
        if self.is_null() {
            return Some(self.open(&[]));
        }
        self.section()
    }

    fn open(&self, entries: &'a [Entry]) -> Section<'a> {
        Section {
            report: self.report,
            path: self.path.clone(),
            line: self.line,
            entries,
            known: RefCell::default(),
        }
    }

    /// The items; at least one is required.
    pub(super) fn list(&self) -> Vec<Item<'a>> {
        match self.items() {
            Some(items) if items.is_empty() => {
                self.refuse::<()>("a list of one at least");
                items
            }
            items => items.unwrap_or_default(),
        }
    }

    /// The items; the list may be empty.
    pub(super) fn items(&self) -> Option<Vec<Item<'a>>> {
        let Value::List(items) = &self.node.value else {
            return self.refuse("a list");
        };
        let item = |(index, node): (usize, &'a Node)| Item {
            report: self.report,
            path: format!("{}[{index}]", self.path),
            line: node.line,
            node,
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The single component that this value names, and its settings.
    pub(super) fn component(&self) -> Option<(&'a str, Section<'a>)> {
        match &self.node.value {
            Value::Map(entries) if entries.len() == 1 => {
                let entry = entries.first()?;
                let settings = self.open(entries).entry(entry).section_or_null()?;
                Some((&entry.key, settings))
            }
            _ => self.refuse("a map with one key, the name of what is used"),
        }
    }

    /// Refuses the value and reports which values are accepted.
    pub(super) fn refuse<T>(&self, accepted: &str) -> Option<T> {
        self.error(format!("accepted: {accepted}"));
        None
    }

    pub(super) fn error(&self, message: impl Into<String>) {
        let value = self.shown();
        self.report.error(self.line, &self.path, &value, message);
    }

    pub(super) fn note(&self, message: impl Into<String>) {
        self.report.note(self.line, &self.path, message);
    }

    /// The printable value; empty for a map or a list.
    fn shown(&self) -> String {
        const SECRETS: [&str; 4] = ["headers", "headers_list", "password", "value"];
        let is_secret = SECRETS.iter().any(|key| {
            self.path
                .rsplit('.')
                .next()
                .is_some_and(|last| last == *key)
        });
        match &self.node.value {
            Value::Scalar(Scalar::Null) => "null".to_owned(),
            Value::Scalar(Scalar::Bool(flag)) => shown(is_secret, &flag.to_string()),
            Value::Scalar(Scalar::Int(number)) => shown(is_secret, &number.to_string()),
            Value::Scalar(Scalar::Float(number)) => shown(is_secret, &number.to_string()),
            Value::Scalar(Scalar::Text(text)) => shown(is_secret, text),
            Value::List(_) | Value::Map(_) => String::new(),
        }
    }
}
