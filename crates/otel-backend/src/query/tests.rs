//! Compares searches over a real store with an oracle that checks every span.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ::traceql::syntax::{Body, Spanset, Stage};
use ::traceql::{Metrics, Window};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::condition::{Field, Literal, Operator, Pattern, Place, Test};
use super::*;
use crate::model::{
    Attribute, Event, Link, Resource, Scope, Span, SpanIds, SpanKind, Status, StatusCode, TraceId,
    Value as AnyValue,
};
use crate::store::{Batch, BatchBuilder, Location, Opened};

/// A span that differs in what a search asks for, drawn from few values so that many match.
#[derive(Debug, Clone)]
struct Sketch {
    trace: u8,
    span: u8,
    service: &'static str,
    name: &'static str,
    start: u64,
    duration: u64,
    code: StatusCode,
    key: &'static str,
    value: usize,
    place: u8,
    /// The size of the padding, so that some blocks are large enough for a filter.
    padding: usize,
}

const SERVICES: [&str; 3] = ["shop", "cart", "a/b"];
const NAMES: [&str; 3] = ["GET", "PUT", ""];
const KEYS: [&str; 3] = ["user", "host", "error"];
const VALUES: [&str; 4] = ["1", "2", "true", "[1]"];

/// Values whose text is one of these, or another.
fn any_value(number: usize) -> AnyValue<'static> {
    let text = |text: &'static str| AnyValue::String(text.into());
    match number {
        0 => text("1"),
        1 => AnyValue::Int(1),
        2 => AnyValue::Double(1.0),
        3 => text("2"),
        4 => AnyValue::Int(2),
        5 => AnyValue::Double(2.5),
        6 => text("true"),
        7 => AnyValue::Bool(true),
        8 => AnyValue::Array(vec![AnyValue::Int(1)]),
        9 => AnyValue::Bytes(vec![0xff].into()),
        _ => AnyValue::Empty,
    }
}

prop_compose! {
    fn sketch()(
        ids in (1..30_u8, 1..=255_u8), service in select(&SERVICES[..]), name in select(&NAMES[..]),
        times in (1..200_u64, 0..50_u64),
        code in select(&[StatusCode::Unset, StatusCode::Ok, StatusCode::Error][..]),
        key in select(&KEYS[..]), value in 0..11_usize, place in 0..5_u8,
        padding in select(&[0, 0, 30_000][..]),
    ) -> Sketch {
        Sketch {
            trace: ids.0, span: ids.1, service, name, start: times.0, duration: times.1, code, key, value, place,
            padding,
        }
    }
}

prop_compose! {
    fn search()(
        service in prop::option::of(select(&SERVICES[..])), operation in prop::option::of(select(&NAMES[..])),
        window in (0..250_u64, 0..250_u64), min in 0..50_u64, max in prop::option::of(0..50_u64),
        tags in vec(tag(), 0..3), limit in 1..12_usize,
    ) -> Search {
        Search {
            service: service.map(Into::into), operation: operation.map(Into::into),
            from: UnixNanos(window.0.min(window.1)), to: UnixNanos(window.0.max(window.1)),
            min_duration: Duration::from_nanos(min), max_duration: max.map(Duration::from_nanos),
            tags, limit, ..Search::default()
        }
    }
}

fn tag() -> impl Strategy<Value = Tag> {
    let pair = |key: &str, value: &str| Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let plain = (select(&KEYS[..]), select(&VALUES[..])).prop_map(move |(k, v)| pair(k, v));
    let special = [
        ("error", "true"),
        ("error", "false"),
        ("span.status", "OK"),
        ("span.kind", "client"),
        ("scope.name", "lib"),
        ("resource.user", "1"),
        ("otel.status_code", "ERROR"),
        ("otel.scope.name", "lib"),
        ("nothing", "has this"),
    ];
    prop_oneof![
        plain,
        select(special.to_vec()).prop_map(move |(k, v)| pair(k, v))
    ]
}

impl Sketch {
    fn span(&self) -> Span<'static> {
        let attribute = Attribute::new(self.key, any_value(self.value));
        let here = |place| {
            let here = (self.place == place).then(|| attribute.clone());
            here.into_iter().collect::<Vec<_>>()
        };
        let service = Attribute::new("service.name", AnyValue::String(self.service.into()));
        let resource = Resource {
            attributes: [vec![service], here(0)].concat(),
            ..Resource::default()
        };
        let scope = Scope {
            name: if self.span.is_multiple_of(2) {
                "lib"
            } else {
                ""
            }
            .into(),
            attributes: here(1),
            ..Scope::default()
        };
        let padding = Attribute::new("padding", AnyValue::String("x".repeat(self.padding).into()));
        let event = Event {
            name: self.name.into(),
            attributes: here(2),
            ..Event::default()
        };
        let link = Link {
            attributes: here(4),
            ..Link::default()
        };
        let parent = [self.span / 2; 8];
        let ids = SpanIds::new(&[self.trace; 16], &[self.span; 8], &parent).unwrap();
        Span {
            name: self.name.into(),
            kind: SpanKind::from_number(u64::from(self.span % 6)),
            start: UnixNanos(self.start),
            // Some end before they start.
            end: UnixNanos(
                (self.start + self.duration).saturating_sub(u64::from(self.span % 16 / 15) * 40),
            ),
            attributes: [here(3), vec![padding]].concat(),
            events: vec![event],
            links: vec![link],
            status: Status {
                code: self.code,
                ..Status::default()
            },
            ..Span::new(ids, Arc::new(resource), Arc::new(scope))
        }
    }
}

fn batch(sketches: &[Sketch]) -> Batch {
    let mut batch = BatchBuilder::default();
    for sketch in sketches {
        batch.push(&sketch.span(), None);
    }
    batch.finish()
}

/// A store of these batches, each committed separately, and merged in between.
async fn store(batches: &[Vec<Sketch>]) -> Query {
    let store = Store::open(&Location::Memory.into()).unwrap();
    for sketches in batches {
        store.append(batch(sketches)).await.unwrap();
    }
    Query::new(store)
}

/// A store of these batches in columns, except for the last few.
async fn store_in_columns(batches: &[Vec<Sketch>]) -> Query {
    let Opened {
        store,
        writer,
        mut upkeep,
    } = Store::open_idle(&Location::Memory.into()).unwrap();
    thread::spawn(|| writer.run());
    let (before, after) = batches.split_at(batches.len() - batches.len() / 4);
    for sketches in before {
        store.append(batch(sketches)).await.unwrap();
    }
    let write = move || upkeep.write_columns().unwrap();
    thread::spawn(write).join().unwrap();
    for sketches in after {
        store.append(batch(sketches)).await.unwrap();
    }
    Query::new(store)
}

prop_compose! {
    fn condition()(tests in vec(condition_test(), 1..4), is_any in any::<bool>()) -> Condition {
        let tests = tests.into_iter().map(Condition::Test).collect();
        if is_any { Condition::Any(tests) } else { Condition::All(tests) }
    }
}

fn condition_test() -> impl Strategy<Value = Test> {
    let places = vec![
        Place::Any,
        Place::Span,
        Place::Resource,
        Place::Scope,
        Place::Event,
        Place::Link,
    ];
    let attribute = (
        select(places),
        select(&["user", "host", "service.name"][..]),
    );
    let attribute = attribute.prop_map(|(place, key)| Field::Attribute(place, key.to_owned()));
    let field = prop_oneof![
        2 => attribute,
        1 => select(vec![
            Field::Name,
            Field::Kind,
            Field::Status,
            Field::StatusMessage,
            Field::Duration,
            Field::EventName,
            Field::ScopeName,
            Field::ScopeVersion,
        ]),
    ];
    let operators = vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Less,
        Operator::LessOrEqual,
    ];
    let text = |text: &str| Literal::Text(text.to_owned());
    let compared = select(vec![
        text("1"),
        text("GET"),
        text("error"),
        text("client"),
        text("lib"),
        text(""),
        text("/w=="),
        Literal::Int(1),
        Literal::Int(2),
        Literal::Double(1.5),
        Literal::Bool(true),
        Literal::Duration(20),
        Literal::Duration(150),
        Literal::Nil,
    ]);
    let compared = (select(operators), compared);
    let pattern = Literal::Pattern(Pattern::new("1|s.*|GE.").unwrap());
    let matched = (Just(Operator::Match), Just(pattern));
    (field, prop_oneof![3 => compared, 1 => matched]).prop_map(|(field, (operator, literal))| {
        Test {
            field,
            operator,
            literal,
        }
    })
}

/// The traces that a search finds, with the matching spans of each.
fn found(query: &Query, search: &Search) -> BTreeSet<(TraceId, Vec<String>)> {
    let mut found = BTreeSet::new();
    let hits = query.search(search, &Patience::new(|| false)).unwrap();
    for trace in query.traces(hits).map(Result::unwrap) {
        let spans = trace.spans().unwrap();
        let matching = spans.iter().filter(|span| search.matches(span));
        let matching = matching.map(|span| format!("{span:?}"));
        found.insert((trace.id, matching.collect()));
    }
    found
}

/// The matching traces, newest first, with the number of distinct spans of each.
fn expected(batches: &[Vec<Sketch>], search: &Search) -> Vec<(u8, UnixNanos)> {
    let mut traces: BTreeMap<u8, (UnixNanos, bool)> = BTreeMap::new();
    for sketch in batches.iter().flatten() {
        let span = sketch.span();
        let trace = traces.entry(sketch.trace).or_insert((span.start, false));
        trace.0 = trace.0.min(span.start);
        trace.1 |= search.matches(&span);
    }
    let matching = traces.into_iter().filter(|(_, (_, matches))| *matches);
    let mut matching: Vec<_> = matching.map(|(id, (start, _))| (id, start)).collect();
    matching.sort_by_key(|(_, start)| std::cmp::Reverse(*start));
    matching
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// The columns of the status alone would find this span.
#[test]
fn an_attribute_error_outweighs_a_good_status() {
    let failed = Sketch {
        trace: 1,
        span: 1,
        service: "shop",
        name: "GET",
        start: 14,
        duration: 0,
        code: StatusCode::Ok,
        key: "error",
        value: 6,
        place: 3,
        padding: 0,
    };
    block_on(async {
        let query = store_in_columns(&[vec![failed]]).await;
        let hits = |value: &str| {
            let error = Tag {
                key: "error".to_owned(),
                value: value.to_owned(),
            };
            let search = Search {
                tags: vec![error],
                ..Search::default()
            };
            let hits = query.search(&search, &Patience::new(|| false));
            hits.unwrap().len()
        };
        assert_eq!((hits("true"), hits("false")), (1, 0));
    });
}

#[test]
fn traces_outside_the_times_are_not_loaded() {
    let of_times = |trace, start| Sketch {
        trace,
        span: 1,
        service: "shop",
        name: "GET",
        start,
        duration: 10,
        code: StatusCode::Unset,
        key: "user",
        value: 0,
        place: 3,
        padding: 0,
    };
    let Body::Search(everything) = body("{}") else {
        panic!("it is a search");
    };
    block_on(async {
        let traces = vec![of_times(1, 10), of_times(2, 100), of_times(3, 200)];
        let query = store_in_columns(&[traces]).await;
        let loaded = |from, to| {
            let (from, to) = (UnixNanos(from), UnixNanos(to));
            let search = TraceQuery::search(&everything, from, to, Order::Newest, 10);
            let loaded = query.store.read(|reader| search::loaded(reader, &search));
            loaded.unwrap()
        };
        assert_eq!((loaded(50, 60), loaded(105, 150)), (0, 1));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_search_finds_what_looking_at_every_span_finds(
        batches in vec(vec(sketch(), 1..12), 0..24), searches in vec(search(), 8),
        in_columns in any::<bool>(),
    ) {
        block_on(async {
            let query = if in_columns {
                store_in_columns(&batches).await
            } else {
                store(&batches).await
            };
            for search in searches {
                let hits = query.search(&search, &Patience::new(|| false)).unwrap();
                let found: Vec<_> = query.traces(hits).map(Result::unwrap).collect();
                let expected = expected(&batches, &search);
                let starts: Vec<_> = found.iter().map(|trace| trace.start).collect();
                let newest = expected.iter().take(search.limit).map(|(_, start)| *start);
                prop_assert_eq!(starts, newest.collect::<Vec<_>>(), "{:?}", search);
                for trace in found {
                    let id = (trace.id.as_bytes()[0], trace.start);
                    prop_assert!(expected.contains(&id), "{:?}", search);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn calls_are_counted_alike_in_rows_and_columns(batches in vec(vec(sketch(), 1..12), 1..24)) {
        block_on(async {
            let (rows, columns) = (store(&batches).await, store_in_columns(&batches).await);
            for (from, to) in [(0, u64::MAX), (0, 120), (60, 300)] {
                let count = |query: &Query| {
                    let patience = Patience::new(|| false);
                    let count = |reader: &Reader| {
                        dependencies::count(reader, UnixNanos(from), UnixNanos(to), &patience)
                    };
                    query.store.read(count).unwrap()
                };
                prop_assert_eq!(count(&columns), count(&rows), "{} to {}", from, to);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_trace_is_whole_however_it_arrived(
        batches in vec(vec(sketch(), 1..12), 0..24), in_columns in any::<bool>(),
    ) {
        block_on(async {
            let query = if in_columns {
                store_in_columns(&batches).await
            } else {
                store(&batches).await
            };
            for trace in 1..30_u8 {
                let sent = batches.iter().flatten().filter(|sketch| sketch.trace == trace);
                let sent: BTreeSet<_> = sent.map(|sketch| format!("{:?}", sketch.span())).collect();
                let id = TraceId::new([trace; 16]).unwrap();
                let found = match query.find(&IdPattern::exactly(Some(id))).unwrap() {
                    Lookup::Found(trace) => Some(trace),
                    Lookup::Missing(_) => None,
                };
                let spans = found.as_ref().map(|trace| trace.iter_as(false, None).unwrap());
                let spans = spans.into_iter().flatten().map(|span| format!("{span:?}"));
                let spans: Vec<_> = spans.collect();
                prop_assert_eq!(spans.len(), sent.len());
                prop_assert_eq!(spans.into_iter().collect::<BTreeSet<_>>(), sent);
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn rows_and_columns_answer_alike(
        batches in vec(vec(sketch(), 1..12), 1..24), search in search(),
        conditions in vec(condition(), 12),
    ) {
        block_on(async {
            let (rows, columns) = (store(&batches).await, store_in_columns(&batches).await);
            for condition in conditions {
                let search = Search {
                    condition: Some(condition),
                    limit: usize::MAX,
                    max_duration: None,
                    tags: Vec::new(),
                    service: None,
                    operation: None,
                    from: UnixNanos(0),
                    ..search.clone()
                };
                let expected = found(&rows, &search);
                prop_assert_eq!(found(&columns, &search), expected, "{:?}", search);
            }
            Ok(())
        })?;
    }

    #[test]
    fn traceql_answers_alike_in_rows_and_columns(batches in vec(vec(sketch(), 1..12), 1..24)) {
        block_on(async {
            let (rows, columns) = (store(&batches).await, store_in_columns(&batches).await);
            for text in TRACEQL_METRICS {
                let (expected, found) = (series(&rows, text), series(&columns, text));
                prop_assert_eq!(found, expected, "{}", text);
            }
            for text in TRACEQL_SEARCHES {
                for window in [0..500, 90..120] {
                    let ids = |query: &Query| {
                        // Those that start together come in any order.
                        let hits = hits(query, text, Order::Newest, window.clone(), 1000);
                        hits.into_iter().collect::<BTreeSet<_>>()
                    };
                    prop_assert_eq!(ids(&columns), ids(&rows), "{}", text);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn traces_are_ranked_alike_in_rows_and_columns(
        batches in vec(vec(sketch(), 1..12), 1..24), window in (0..250_u64, 0..250_u64), limit in 1..9_usize,
    ) {
        let window = window.0.min(window.1)..window.0.max(window.1);
        block_on(async {
            let (rows, columns) = (store(&batches).await, store_in_columns(&batches).await);
            for (name, order) in Order::NAMED.into_iter().filter(|(_, order)| *order != Order::Newest) {
                for text in ["{}"].into_iter().chain(TRACEQL_SEARCHES) {
                    let hits = |query| hits(query, text, order, window.clone(), limit);
                    prop_assert_eq!(hits(&columns), hits(&rows), "{} of {}", name, text);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn tags_are_told_alike_in_rows_and_columns(batches in vec(vec(sketch(), 1..12), 1..24)) {
        block_on(async {
            let (rows, columns) = (store(&batches).await, store_in_columns(&batches).await);
            for search in tag_searches() {
                let run = |query: &Query| {
                    let patience = Patience::new(|| false);
                    let run = |reader: &Reader| tags::run(reader, &search, &patience);
                    let found = query.store.read(run).unwrap();
                    let keys = found.keys.into_iter().filter(|(_, keys)| !keys.is_empty());
                    (keys.collect::<BTreeMap<_, _>>(), found.values)
                };
                prop_assert_eq!(run(&columns), run(&rows), "{:?}", search);
            }
            Ok(())
        })?;
    }
}

const TRACEQL_METRICS: [&str; 12] = [
    "{} | rate() by (resource.service.name, name)",
    "{} | count_over_time() by (kind, status)",
    "{ span.user = `1` } | quantile_over_time(duration, .5) by (name)",
    "{ .user > 1 } | count_over_time() by (.user)",
    "{ span.host =~ `1|2` || event.user = 2 } | min_over_time(span.user)",
    "{} | histogram_over_time(duration) by (span.host)",
    "{ instrumentation:name = `lib` } | max_over_time(duration)",
    "{ traceDuration > 20ns } | count_over_time() by (rootName, rootServiceName)",
    "{ event.user != nil && link.host = nil } | count_over_time() by (event:name)",
    "{ status = error } >> {} | count_over_time()",
    "{ span:parentID != nil && span:id =~ `0[1-9].*` } | count_over_time() by (span:parentID)",
    "{} | compare({ status = error })",
];

const TRACEQL_SEARCHES: [&str; 8] = [
    "{ traceDuration > 40ns }",
    "{ traceDuration > 1h }",
    "{ name = `GET` } | count() > 1",
    "{ span.user = 1 } && { resource.host = `2` }",
    "{} | by(name) | count() > 2",
    "{ event:timeSinceStart < 0ns || span.user != 2 }",
    "{ rootServiceName = `shop` } > { kind = server }",
    "{ span:childCount > 1 && link.user = `true` }",
];

fn body(text: &str) -> Body {
    ::traceql::parse(text).unwrap().body
}

/// The labels and values of all series.
fn series(query: &Query, text: &str) -> BTreeSet<String> {
    let Body::Metrics(metrics) = body(text) else {
        panic!("{text} makes no metrics");
    };
    let search = MetricsSearch {
        metrics: Arc::new(Metrics::new(&metrics)),
        window: Window::range(20, 180, Some(30)).unwrap(),
    };
    let counted = query.metrics(&search, &Patience::new(|| false)).unwrap();
    let series = counted.answer.series.iter();
    series
        .map(|series| format!("{:?} {:?}", series.labels, series.points))
        .collect()
}

/// The first traces of that order that a query finds between two times.
fn hits(query: &Query, text: &str, order: Order, window: Range<u64>, limit: usize) -> Vec<TraceId> {
    let Body::Search(pipeline) = body(text) else {
        panic!("{text} is no search");
    };
    let (from, to) = (UnixNanos(window.start), UnixNanos(window.end));
    let search = TraceQuery::search(&pipeline, from, to, order, limit);
    let hits = query.search(&search, &Patience::new(|| false)).unwrap();
    hits.into_iter().map(|hit| hit.id).collect()
}

fn tag_searches() -> Vec<TagSearch> {
    let query = |text: &str| match body(text) {
        Body::Search(pipeline) => match pipeline.0.first() {
            Some(Stage::Spanset(Spanset::Selector(expr))) => Some(SpanQuery::new(expr)),
            _ => None,
        },
        Body::Metrics(_) => None,
    };
    let fields = [
        "name",
        ".user",
        "resource.host",
        "event.user",
        "link.host",
        "status",
        "kind",
    ];
    let fields = fields.map(|field| Some(::traceql::parse_field(field).unwrap()));
    let mut searches = Vec::new();
    for field in fields.into_iter().chain([None]) {
        for query in [None, query("{ span.user = `1` || kind = server }")] {
            for (from, to) in [
                (UnixNanos(0), UnixNanos::MAX),
                (UnixNanos(50), UnixNanos(120)),
            ] {
                let (field, query) = (field.clone(), query.clone());
                searches.push(TagSearch {
                    from,
                    to,
                    query,
                    field,
                    limit: 100,
                });
            }
        }
    }
    searches
}
