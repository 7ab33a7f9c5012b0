//! A YAML parser that gives a tree in which each value knows its line.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::scalar::Scalar;
use super::substitution::substitute;

/// The limits of a file, beyond any configuration that somebody writes.
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 100_000;

/// A value and the line on which it starts.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value. Keys are unique in a map.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) node: Node,
}

/// The reason why a file cannot be parsed.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// Parses the single document in `text`, and substitutes variables in its scalars.
pub(super) fn parse(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Node, Fault> {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        lookup,
        anchors: HashMap::new(),
        nodes: 0,
    };
    let root = loop {
        match builder.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::StreamEnd, line) => return Err(Fault::new(line, "the file is empty")),
            (event, line) => break builder.node(event, line, 0)?,
        }
    };
    loop {
        match builder.next()? {
            (Event::DocumentEnd | Event::Nothing, _) => {}
            (Event::StreamEnd, _) => return Ok(root),
            (_, line) => {
                let reason = "a second document begins; accepted: one document";
                return Err(Fault::new(line, reason));
            }
        }
    }
}

struct Builder<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl Fault {
    fn new(line: usize, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { line, reason }
    }
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, usize), Fault> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => {
                let reason = format!("it is not YAML: {}", error.info());
                Err(Fault::new(error.marker().line(), reason))
            }
            None => Ok((Event::StreamEnd, 1)),
        }
    }

    /// Reads the node that starts with `event`.
    fn node(&mut self, event: Event<'a>, line: usize, depth: usize) -> Result<Node, Fault> {
        self.count(1, line)?;
        if depth > MAX_DEPTH {
            let reason = format!("it is nested deeper than {MAX_DEPTH}");
            return Err(Fault::new(line, reason));
        }
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, _) => (anchor, self.scalar(&text, style, line)?),
            Event::SequenceStart(anchor, _) => (anchor, self.list(depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.map(depth)?),
            Event::Alias(anchor) => return self.alias(anchor, line),
            _ => return Err(Fault::new(line, "a value is missing")),
        };
        let node = Node { line, value };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn scalar(&self, text: &str, style: ScalarStyle, line: usize) -> Result<Value, Fault> {
        let text = substitute(text, self.lookup).map_err(|reference| {
            let accepted = "${NAME}, ${env:NAME}, ${NAME:-default}; $$ is one $";
            Fault::new(
                line,
                format!("{reference} is not a reference; accepted: {accepted}"),
            )
        })?;
        Ok(Value::Scalar(match style {
            ScalarStyle::Plain => Scalar::plain(text),
            _ => Scalar::Text(text),
        }))
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, line) => items.push(self.node(event, line, depth + 1)?),
            }
        }
    }

    /// Keys are always text, and are not substituted.
    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (key, line) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(entries)),
                (Event::Scalar(key, ..), line) => (key.into_owned(), line),
                (_, line) => return Err(Fault::new(line, "a key is not text")),
            };
            if entries.iter().any(|entry| entry.key == key) {
                return Err(Fault::new(line, format!("{key} is there twice")));
            }
            let (event, at) = self.next()?;
            let node = self.node(event, at, depth + 1)?;
            entries.push(Entry { line, key, node });
        }
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<Node, Fault> {
        let node = self.anchors.get(&anchor).cloned();
        let node = node.ok_or_else(|| Fault::new(line, "an alias within what it stands for"))?;
        self.count(node.size(), line)?;
        Ok(node)
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            let reason = format!("it has more than {MAX_NODES} values");
            return Err(Fault::new(line, reason));
        }
        Ok(())
    }
}

impl Node {
    fn size(&self) -> usize {
        match &self.value {
            Value::Scalar(_) => 1,
            Value::List(items) => items.iter().map(Self::size).sum::<usize>() + 1,
            Value::Map(entries) => entries.iter().map(|entry| entry.node.size()).sum::<usize>() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn fault(text: &str) -> (usize, String) {
        let fault = parse(text, &|_| None).unwrap_err();
        (fault.line, fault.reason)
    }

    #[test]
    fn a_file_that_is_no_tree_is_refused_with_its_line() {
        let cases = [
            ("a: 1\nb: [", 3, "it is not YAML"),
            ("a: 1\na: 2", 2, "a is there twice"),
            ("a: 1\n---\nb: 2", 2, "a second document"),
            ("a: 1\nb: ${1A}", 2, "${1A} is not a reference"),
            ("", 1, "the file is empty"),
            ("? [a]\n: b", 1, "a key is not text"),
        ];
        for (text, line, begin) in cases {
            let (at, reason) = fault(text);
            assert!(reason.starts_with(begin), "{text}: {reason}");
            assert_eq!(at, line, "{text}: {reason}");
        }
    }

    #[test]
    fn what_a_file_can_grow_to_is_bounded() {
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(fault(&deep).1.contains("nested"), "{deep}");
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(laughs, "a{level}: &a{level} [{aliases}]").unwrap();
        }
        assert!(fault(&laughs).1.contains("more than"));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            let _read = parse(&text, &|_| None);
        }

        #[test]
        fn any_text_of_yaml_is_read(text in "[-a:&*!?{}\\[\\],'\"|>#$ \n0]{0,64}") {
            let _read = parse(&text, &|_| Some("a: [".to_owned()));
        }
    }
}
