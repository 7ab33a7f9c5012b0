//! A few traces as a batch.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use traceql::{Batch, Column, Kind, Scope, Source, Status, Value};

pub(crate) type Attributes = Vec<(&'static str, Value<'static>)>;

/// A span with all the fields that a query can read.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) trace: u128,
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Nanoseconds since the epoch.
    pub(crate) start: u64,
    pub(crate) duration: i64,
    pub(crate) status: Status,
    pub(crate) message: &'static str,
    pub(crate) attributes: Attributes,
    pub(crate) resource: Arc<Attributes>,
    pub(crate) scope: (&'static str, &'static str, Attributes),
    /// Time since the start, name and attributes.
    pub(crate) events: Vec<(i64, &'static str, Attributes)>,
    /// Trace, span and attributes.
    pub(crate) links: Vec<(u128, u64, Attributes)>,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            trace: 1,
            id: 1,
            parent: 0,
            name: String::new(),
            kind: Kind::Unspecified,
            start: 0,
            duration: 0,
            status: Status::Unset,
            message: "",
            attributes: Vec::new(),
            resource: Arc::default(),
            scope: ("", "", Vec::new()),
            events: Vec::new(),
            links: Vec::new(),
        }
    }
}

/// Spans, grouped by trace.
#[derive(Debug)]
pub(crate) struct Spans(pub(crate) Vec<Span>);

fn find(attributes: &Attributes, key: &str) -> Value<'static> {
    let found = attributes.iter().find(|(known, _)| *known == key);
    found.map_or(Value::Nil, |(_, value)| value.clone())
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Spans {
    fn each<T: Clone>(&self, take: impl Fn(&Span) -> T) -> Cow<'_, [T]> {
        self.0.iter().map(take).collect::<Vec<_>>().into()
    }

    fn ends(&self, count: impl Fn(&Span) -> usize) -> Cow<'_, [u32]> {
        let mut end = 0;
        let ends = self.0.iter().map(|span| {
            end += number(count(span));
            end
        });
        ends.collect::<Vec<_>>().into()
    }

    fn values<'s>(&'s self, take: impl Fn(&'s Span) -> Vec<Value<'s>>) -> Column<'s> {
        Column::Values(self.0.iter().flat_map(take).collect())
    }
}

impl Batch for Spans {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn trace_ends(&self) -> Cow<'_, [u32]> {
        let mut end = 0;
        let ends = self.0.chunk_by(|a, b| a.trace == b.trace).map(|trace| {
            end += number(trace.len());
            end
        });
        ends.collect::<Vec<_>>().into()
    }

    fn trace_id(&self, row: usize) -> [u8; 16] {
        self.0[row].trace.to_be_bytes()
    }

    fn starts(&self) -> Cow<'_, [u64]> {
        self.each(|span| span.start)
    }

    fn durations(&self) -> Cow<'_, [i64]> {
        self.each(|span| span.duration)
    }

    fn span_ids(&self) -> Cow<'_, [u64]> {
        self.each(|span| span.id)
    }

    fn parent_ids(&self) -> Cow<'_, [u64]> {
        self.each(|span| span.parent)
    }

    fn event_ends(&self) -> Cow<'_, [u32]> {
        self.ends(|span| span.events.len())
    }

    fn link_ends(&self) -> Cow<'_, [u32]> {
        self.ends(|span| span.links.len())
    }

    fn column(&self, source: &Source) -> Column<'_> {
        match source {
            Source::Name => self.values(|span| vec![Value::text(span.name.as_str())]),
            Source::Status => Column::statuses(self.each(|span| span.status as u32)),
            Source::Kind => Column::kinds(self.each(|span| span.kind as u32)),
            Source::StatusMessage => self.values(|span| vec![Value::text(span.message)]),
            Source::ScopeName => self.values(|span| vec![Value::text(span.scope.0)]),
            Source::ScopeVersion => self.values(|span| vec![Value::text(span.scope.1)]),
            Source::Attribute(scope, key) => self.values(|span| match scope {
                Scope::Any => panic!("no batch is asked for both"),
                Scope::Span => vec![find(&span.attributes, key)],
                Scope::Resource => vec![find(&span.resource, key)],
                Scope::Instrumentation => vec![find(&span.scope.2, key)],
                Scope::Event => span
                    .events
                    .iter()
                    .map(|event| find(&event.2, key))
                    .collect(),
                Scope::Link => span.links.iter().map(|link| find(&link.2, key)).collect(),
            }),
            Source::EventName => self.values(|span| {
                span.events
                    .iter()
                    .map(|event| Value::text(event.1))
                    .collect()
            }),
            Source::EventTime => self.values(|span| {
                span.events
                    .iter()
                    .map(|event| Value::Duration(event.0))
                    .collect()
            }),
            Source::LinkTraceId => self.values(|span| {
                span.links
                    .iter()
                    .map(|link| Value::text(format!("{:032x}", link.0)))
                    .collect()
            }),
            Source::LinkSpanId => self.values(|span| {
                span.links
                    .iter()
                    .map(|link| Value::text(format!("{:016x}", link.1)))
                    .collect()
            }),
        }
    }

    fn keys(&self, scope: Scope) -> Vec<Cow<'_, str>> {
        let attributes = self.0.iter().flat_map(|span| match scope {
            Scope::Any => Vec::new(),
            Scope::Span => vec![&span.attributes],
            Scope::Resource => vec![&*span.resource],
            Scope::Instrumentation => vec![&span.scope.2],
            Scope::Event => span.events.iter().map(|event| &event.2).collect(),
            Scope::Link => span.links.iter().map(|link| &link.2).collect(),
        });
        let keys: BTreeSet<_> = attributes.flatten().map(|(key, _)| *key).collect();
        keys.into_iter().map(Cow::Borrowed).collect()
    }
}

pub(crate) const SECOND: u64 = 1_000_000_000;

/// The start of the first of the spans below; a multiple of 30 seconds.
pub(crate) const START: u64 = 1_700_000_040 * SECOND;

const MILLI: i64 = 1_000_000;

fn text(text: &'static str) -> Value<'static> {
    Value::text(text)
}

fn list(values: impl IntoIterator<Item = Value<'static>>) -> Value<'static> {
    Value::List(values.into_iter().collect())
}

/// Nine spans of three traces: a request, a job, and one whose root is missing.
#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(crate) fn nine_spans() -> Spans {
    let at = |start: i64, duration: i64| Span {
        start: START + (start * MILLI).unsigned_abs(),
        duration: duration * MILLI,
        ..Span::default()
    };
    let web: Arc<Attributes> = vec![("service.name", text("web")), ("env", text("prod"))].into();
    let db: Arc<Attributes> = vec![
        ("service.name", text("db")),
        ("env", text("prod")),
        ("shard", Value::Int(7)),
    ]
    .into();
    let worker: Arc<Attributes> =
        vec![("service.name", text("worker")), ("env", text("dev"))].into();
    let nobody: Arc<Attributes> = vec![("env", text("dev"))].into();
    let of = |trace, id, parent, name: &str, resource: &Arc<Attributes>, span: Span| Span {
        trace,
        id,
        parent,
        name: name.to_owned(),
        resource: Arc::clone(resource),
        ..span
    };
    let scope = ("lib-http", "1.2", vec![("lang", text("rust"))]);
    Spans(vec![
        of(
            0xa001,
            0xa1,
            0,
            "GET /",
            &web,
            Span {
                kind: Kind::Server,
                attributes: vec![
                    ("http.status_code", Value::Int(200)),
                    ("http.method", text("GET")),
                    ("tags", list([text("x"), text("y")])),
                    ("ratio", Value::Float(0.5)),
                    ("ok", Value::Bool(true)),
                ],
                scope: scope.clone(),
                ..at(0, 100)
            },
        ),
        of(
            0xa001,
            0xa2,
            0xa1,
            "auth",
            &web,
            Span {
                kind: Kind::Internal,
                status: Status::Ok,
                attributes: vec![
                    ("http.status_code", text("200")),
                    ("nums", list([1, 2, 3].map(Value::Int))),
                    ("ok", Value::Bool(false)),
                ],
                scope,
                ..at(10, 20)
            },
        ),
        of(
            0xa001,
            0xa3,
            0xa1,
            "SELECT",
            &db,
            Span {
                kind: Kind::Client,
                status: Status::Error,
                message: "deadlock",
                attributes: vec![
                    ("db.rows", Value::Int(1000)),
                    ("service.name", text("override")),
                    ("latency", Value::Int(50_000_000)),
                ],
                events: vec![
                    (5 * MILLI, "log", vec![("level", text("warn"))]),
                    (
                        45 * MILLI,
                        "exception",
                        vec![
                            ("exception.message", text("deadlock")),
                            ("retry", Value::Int(1)),
                        ],
                    ),
                ],
                links: vec![(0xbb << 120, 0xb1, vec![("rel", text("follows"))])],
                ..at(30, 50)
            },
        ),
        of(
            0xa001,
            0xa4,
            0xa3,
            "commit",
            &db,
            Span {
                kind: Kind::Client,
                status: Status::Error,
                attributes: vec![("db.rows", Value::Int(0))],
                ..at(40, 10)
            },
        ),
        of(
            0xbb << 120,
            0xb1,
            0,
            "job",
            &worker,
            Span {
                kind: Kind::Consumer,
                attributes: vec![("queue", text("q1"))],
                ..at(30_000, 2_000)
            },
        ),
        of(
            0xbb << 120,
            0xb2,
            0xb1,
            "step",
            &worker,
            Span {
                kind: Kind::Internal,
                status: Status::Ok,
                attributes: vec![("weight", Value::Float(2.5)), ("n", Value::Int(-3))],
                ..at(30_500, 1_000)
            },
        ),
        of(
            0xbb << 120,
            0xb3,
            0xb1,
            "step",
            &worker,
            Span {
                kind: Kind::Internal,
                status: Status::Error,
                message: "boom",
                attributes: vec![("weight", Value::Int(4))],
                ..at(31_600, 300)
            },
        ),
        of(
            0xc003,
            0xc1,
            0xff,
            "lost",
            &nobody,
            Span {
                attributes: vec![("weight", Value::Int(8))],
                ..at(60_000, 5)
            },
        ),
        of(
            0xc003,
            0xc2,
            0xc1,
            "lost-child",
            &nobody,
            Span {
                kind: Kind::Producer,
                ..at(60_001, 1)
            },
        ),
    ])
}
