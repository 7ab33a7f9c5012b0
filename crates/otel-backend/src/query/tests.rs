//! Searches over a real store, compared with looking at every span.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::model::{
    Attribute, Event, Resource, Scope, Span, SpanIds, SpanKind, Status, StatusCode, TraceId,
    Value as AnyValue,
};
use crate::store::{Batch, BatchBuilder, Location};

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
    value: &'static str,
    place: u8,
    /// How much to add to the span, so that some blocks are large enough for a filter.
    padding: usize,
}

const SERVICES: [&str; 3] = ["shop", "cart", "a/b"];
const NAMES: [&str; 3] = ["GET", "PUT", ""];
const KEYS: [&str; 2] = ["user", "host"];
const VALUES: [&str; 3] = ["1", "2", "true"];

prop_compose! {
    fn sketch()(
        ids in (1..30_u8, 1..=255_u8), service in select(&SERVICES[..]), name in select(&NAMES[..]),
        times in (1..200_u64, 0..50_u64),
        code in select(&[StatusCode::Unset, StatusCode::Ok, StatusCode::Error][..]),
        key in select(&KEYS[..]), value in select(&VALUES[..]), place in 0..4_u8,
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
        let attribute = Attribute::new(self.key, AnyValue::String(self.value.into()));
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
            attributes: here(2),
            ..Event::default()
        };
        let ids = SpanIds::new(&[self.trace; 16], &[self.span; 8], &[]).unwrap();
        Span {
            name: self.name.into(),
            kind: SpanKind::from_number(u64::from(self.span % 6)),
            start: UnixNanos(self.start),
            end: UnixNanos(self.start + self.duration),
            attributes: [here(3), vec![padding]].concat(),
            events: vec![event],
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

/// A store of these batches, each committed for itself, and merged in between.
async fn store(batches: &[Vec<Sketch>]) -> Query {
    let store = Store::open(&Location::Memory.into()).unwrap();
    for sketches in batches {
        store.append(batch(sketches)).await.unwrap();
    }
    Query::new(store)
}

/// The traces that match, newest first, with how many distinct spans each has.
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_search_finds_what_looking_at_every_span_finds(
        batches in vec(vec(sketch(), 1..12), 0..24), searches in vec(search(), 8),
    ) {
        block_on(async {
            let query = store(&batches).await;
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
    fn a_trace_is_whole_however_it_arrived(batches in vec(vec(sketch(), 1..12), 0..24)) {
        block_on(async {
            let query = store(&batches).await;
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
