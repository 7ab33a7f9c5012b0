//! Changes within a span.

use super::{Mutant, differ, value};
use crate::expect::Profile;
use crate::model::{Attribute, Code, Event, Id, Kind, Link, Resource, Scope, Span, Status};

/// Makes every possible change to the span at `index`.
pub(super) fn mutants(
    spans: &[Span],
    index: usize,
    profile: &Profile,
    attack: &mut impl FnMut(Mutant),
) {
    let Some(span) = spans.get(index) else { return };
    let mut all = parts(span, &SPAN, "attributes", |span| &mut span.attributes);
    for kind in Kind::ALL {
        all.push((
            "kind".to_owned(),
            Span {
                kind,
                ..span.clone()
            },
        ));
    }
    for code in [Code::Unset, Code::Ok, Code::Error] {
        let message = span.status.message.clone();
        let status = Status { code, message };
        all.push((
            "status: code".to_owned(),
            Span {
                status,
                ..span.clone()
            },
        ));
    }
    all.extend(events(span));
    all.extend(links(span));
    let resource = parts(&*span.resource, &RESOURCE, "", |it| &mut it.attributes);
    all.extend(each(span, "resource", resource, |span, it| {
        span.resource = it.into();
    }));
    let scope = parts(&*span.scope, &SCOPE, ".attributes", |it| &mut it.attributes);
    all.extend(each(span, "scope", scope, |span, it| {
        span.scope = it.into();
    }));
    for (name, changed) in all {
        // Some changes have no effect, such as the sign of zero, or a field that was not printed.
        if !differ(span, &changed, profile) {
            continue;
        }
        let mut spans = spans.to_vec();
        if let Some(place) = spans.get_mut(index) {
            *place = changed;
        }
        attack(Mutant {
            name: format!("span {index}: {name}"),
            spans,
        });
    }
}

/// The name of a change, and the change.
type Change<T> = (&'static str, fn(&mut T));

/// The changed copies of something, each with the name of its change.
type Changed<T> = Vec<(String, T)>;

const SPAN: [Change<Span>; 29] = [
    ("trace_id: last bit", |s| s.trace_id.0[15] ^= 1),
    ("trace_id: first half", |s| s.trace_id.0[..8].fill(0)),
    ("span_id: last bit", |s| s.span_id.0[7] ^= 1),
    ("span_id: top bit", |s| s.span_id.0[0] ^= 0x80),
    ("parent: none", |s| s.parent = None),
    ("parent: itself", |s| s.parent = Some(s.span_id)),
    ("parent: byte order", |s| {
        s.parent.iter_mut().for_each(|id| id.0.reverse());
    }),
    ("trace_state: changed", |s| s.trace_state.push('x')),
    ("trace_state: lost", |s| s.trace_state.clear()),
    ("flags: sampled", |s| s.flags ^= 1),
    ("flags: remote", |s| s.flags ^= 0x200),
    ("name: changed", |s| s.name.push('x')),
    ("name: capitals", |s| s.name = s.name.to_uppercase()),
    ("name: lost", |s| s.name.clear()),
    ("start: later", |s| s.start += 1),
    ("start: earlier", |s| s.start -= 1),
    ("start: microseconds", |s| s.start -= s.start % 1_000),
    ("start: milliseconds", |s| s.start -= s.start % 1_000_000),
    ("end: later", |s| s.end += 1),
    ("end: earlier", |s| s.end -= 1),
    ("end: microseconds", |s| s.end -= s.end % 1_000),
    ("end: start", |s| s.end = s.start),
    ("start and end: swapped", |s| {
        std::mem::swap(&mut s.start, &mut s.end);
    }),
    ("start and end: an hour later", |s| {
        s.start += 3_600_000_000_000;
        s.end += 3_600_000_000_000;
    }),
    ("status: message changed", |s| s.status.message.push('x')),
    ("status: message lost", |s| s.status.message.clear()),
    ("dropped: attributes", |s| s.dropped.attributes ^= 1),
    ("dropped: events", |s| s.dropped.events ^= 1),
    ("dropped: links", |s| s.dropped.links ^= 1),
];

const EVENT: [Change<Event>; 5] = [
    (".time: later", |e| e.time += 1),
    (".time: microseconds", |e| e.time -= e.time % 1_000),
    (".name: changed", |e| e.name.push('x')),
    (".name: lost", |e| e.name.clear()),
    (".dropped", |e| e.dropped ^= 1),
];

const LINK: [Change<Link>; 5] = [
    (".trace_id", |l| l.trace_id.0[0] ^= 0x80),
    (".span_id", |l| l.span_id.0[7] ^= 1),
    (".trace_state", |l| l.trace_state.push('x')),
    (".flags", |l| l.flags ^= 1),
    (".dropped", |l| l.dropped ^= 1),
];

const RESOURCE: [Change<Resource>; 4] = [
    (": empty", |r| r.attributes.clear()),
    (".dropped", |r| r.dropped ^= 1),
    (".schema_url: changed", |r| r.schema_url.push('x')),
    (".schema_url: lost", |r| r.schema_url.clear()),
];

const SCOPE: [Change<Scope>; 7] = [
    (".name: changed", |s| s.name.push('x')),
    (".name: lost", |s| s.name.clear()),
    (".version: changed", |s| s.version.push('x')),
    (".version: lost", |s| s.version.clear()),
    (".dropped", |s| s.dropped ^= 1),
    (".schema_url: changed", |s| s.schema_url.push('x')),
    (".schema_url: lost", |s| s.schema_url.clear()),
];

/// Makes each of these changes, and every change to the attributes.
fn parts<T: Clone>(
    whole: &T,
    changes: &[Change<T>],
    place: &str,
    attributes: fn(&mut T) -> &mut Vec<Attribute>,
) -> Changed<T> {
    let names = changes
        .iter()
        .map(|(name, change)| ((*name).to_owned(), change));
    let mut all = each(whole, "", names.collect(), |whole, change| change(whole));
    let lists = value::attributes(attributes(&mut whole.clone()));
    all.extend(each(whole, place, lists, |whole, list| {
        *attributes(whole) = list;
    }));
    all
}

/// The whole with one part replaced by each of these.
fn each<T: Clone, P>(
    whole: &T,
    place: &str,
    parts: Changed<P>,
    put: impl Fn(&mut T, P),
) -> Changed<T> {
    let replace = |(name, part)| {
        let mut copy = whole.clone();
        put(&mut copy, part);
        (format!("{place}{name}"), copy)
    };
    parts.into_iter().map(replace).collect()
}

/// The lists that differ from this one by a removed, added, swapped or changed element.
fn lists<T: Clone>(all: &[T], change: impl Fn(&T) -> Changed<T>) -> Changed<Vec<T>> {
    let mut lists = Vec::new();
    for (index, one) in all.iter().enumerate() {
        let mut removed = all.to_vec();
        removed.remove(index);
        lists.push((format!("[{index}]: removed"), removed));
        let mut repeated = all.to_vec();
        repeated.insert(index, one.clone());
        lists.push((format!("[{index}]: repeated"), repeated));
        if index > 0 {
            let mut swapped = all.to_vec();
            swapped.swap(index, index - 1);
            lists.push((format!("[{index}]: swapped with the one before"), swapped));
        }
        for (name, changed) in change(one) {
            let mut list = all.to_vec();
            list.splice(index..=index, [changed]);
            lists.push((format!("[{index}]{name}"), list));
        }
    }
    lists
}

fn events(span: &Span) -> Changed<Span> {
    let change = |event: &Event| parts(event, &EVENT, ".attributes", |it| &mut it.attributes);
    let mut all = lists(&span.events, change);
    let mut added = span.events.clone();
    added.push(Event {
        time: span.end,
        name: "never sent".to_owned(),
        ..Event::default()
    });
    all.push((": added".to_owned(), added));
    each(span, "events", all, |span, events| span.events = events)
}

fn links(span: &Span) -> Changed<Span> {
    let change = |link: &Link| parts(link, &LINK, ".attributes", |it| &mut it.attributes);
    let mut all = lists(&span.links, change);
    let mut added = span.links.clone();
    added.push(Link {
        trace_id: Id([1; 16]),
        span_id: Id([2; 8]),
        ..Link::default()
    });
    all.push((": added".to_owned(), added));
    each(span, "links", all, |span, links| span.links = links)
}
