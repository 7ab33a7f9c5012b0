//! Searches that match a span, and the same with one condition changed, over every API, compared
//! with an oracle that checks every span.

mod oracle;

use crate::ask::{Ask, found};
use crate::support::{Backend, export};
use oracle::{KINDS, Place, STATUSES, Sketch, VALUES, expected};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const SERVICES: [&str; 4] = ["shop", "Shop", "a/b c", "shop-2"];
const NAMES: [&str; 3] = ["GET /", "GET", "получить"];
const SCOPES: [&str; 3] = ["lib", "lib.x", ""];
const KEYS: [&str; 4] = ["user", "http.status_code", "k:ey", "error.type"];
const PLACES: [Place; 5] = [
    Place::Span,
    Place::Resource,
    Place::Scope,
    Place::Event,
    Place::Link,
];

prop_compose! {
    fn sketch()(
        trace in 1..20_u32, service in select(&SERVICES[..]), name in select(&NAMES[..]),
        start in 0..1_000_000_u64, duration in select(&[0, 1, 999, 1_000, 1_500_000, 72_000_000_000][..]),
        choices in (0..KINDS.len(), 0..STATUSES.len()),
        scope in (select(&SCOPES[..]), select(&["1.0", ""][..])),
        attributes in vec((select(&PLACES[..]), select(&KEYS[..]), 0..VALUES.len()), 0..6),
    ) -> Sketch {
        // Half of the starts are between two microseconds.
        let start = start * 500;
        Sketch { trace, service, name, start, duration, kind: choices.0, status: choices.1, scope, attributes }
    }
}

/// The conditions of a search, and the width of its window.
#[derive(Debug, Clone)]
struct Choice {
    span: Index,
    predicates: Vec<bool>,
    tags: Vec<Index>,
    before: u64,
    after: u64,
}

prop_compose! {
    fn choice()(
        span in any::<Index>(), predicates in vec(any::<bool>(), 4), tags in btree_set(0..40_usize, 0..4),
        before in select(&[0, 1, 50_000][..]), after in select(&[0, 1, 50_000][..]),
        index in vec(any::<Index>(), 4),
    ) -> Choice {
        let tags = index.into_iter().take(tags.len()).collect();
        Choice { span, predicates, tags, before, after }
    }
}

/// A search that the span satisfies.
fn search_for(span: &Sketch, choice: &Choice) -> Ask {
    let chosen = |at: usize| choice.predicates[at];
    let tags = span.tags();
    let tags = choice.tags.iter().map(|index| index.get(&tags).clone());
    // If the start is between two microseconds, only the later one includes it.
    let last = span.start_micros() + u64::from(!span.start.is_multiple_of(1000));
    Ask {
        service: chosen(0).then(|| span.service.to_owned()),
        operation: chosen(1).then(|| span.name.to_owned()),
        from: span.start_micros().saturating_sub(choice.before),
        to: last + choice.after,
        min: chosen(2).then_some(span.duration),
        max: chosen(3).then_some(span.duration).filter(|max| *max > 0),
        tags: tags.collect(),
    }
}

/// The same search with one condition changed, in every way that a store may overlook.
fn changed(ask: &Ask, span: &Sketch) -> Vec<Ask> {
    let mut changed = Vec::new();
    let mut change = |change: &dyn Fn(&mut Ask)| {
        let mut other = ask.clone();
        change(&mut other);
        changed.push(other);
    };
    change(&|ask| {
        ask.from = span.start_micros() + 1;
        ask.to = ask.to.max(ask.from);
    });
    change(&|ask| {
        ask.to = span.start_micros() - u64::from(span.start.is_multiple_of(1000));
        ask.from = ask.from.min(ask.to);
    });
    if ask.service.is_some() {
        change(&|ask| ask.service = Some("sho".to_owned()));
        change(&|ask| ask.service = Some("Shop".to_owned()));
    }
    if ask.operation.is_some() {
        change(&|ask| ask.operation = Some("GET /x".to_owned()));
        change(&|ask| ask.operation = Some("get".to_owned()));
    }
    if ask.min.is_some() {
        change(&|ask| {
            ask.min = Some(span.duration + 1);
            ask.max = None;
        });
    }
    if ask.max.is_some_and(|max| max > 1) {
        change(&|ask| {
            ask.min = None;
            ask.max = Some(span.duration - 1);
        });
    }
    for (key, value) in &ask.tags {
        change(&|ask| drop(ask.tags.insert(key.clone(), format!("{value}0"))));
        change(&|ask| {
            let value = ask.tags.remove(key).unwrap();
            ask.tags.insert(format!("resource.{key}"), value);
        });
    }
    changed
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn a_search_finds_what_looking_at_every_span_finds(
        sketches in vec(sketch(), 10..60), choices in vec(choice(), 12),
    ) {
        block_on(async {
            let backend = Backend::in_memory();
            export(&backend, &oracle::export(&sketches)).await;
            for choice in &choices {
                let span = choice.span.get(&sketches);
                let ask = search_for(span, choice);
                let trace = format!("{:032x}", span.trace);
                prop_assert!(expected(&ask, &sketches).contains(&trace), "{:?} {:?}", ask, span);
                for ask in changed(&ask, span).into_iter().chain([ask]) {
                    let expected = expected(&ask, &sketches);
                    for (api, found) in found(&backend, &ask).await {
                        prop_assert_eq!(&found, &expected, "{}: {:?}", api, ask);
                    }
                }
            }
            Ok(())
        })?;
    }
}
