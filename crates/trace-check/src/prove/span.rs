//! Changes within a span.

use std::sync::Arc;

use super::{Mutant, differ, value};
use crate::expect::Profile;
use crate::model::{Code, Event, Id, Kind, Link, Resource, Scope, Span};

/// Makes every possible change to the span at `index`.
pub(super) fn mutants(
    spans: &[Span],
    index: usize,
    profile: &Profile,
    attack: &mut impl FnMut(Mutant),
) {
    let Some(span) = spans.get(index) else { return };
    let mut all = fields(span);
    let attributes = value::attributes(&span.attributes);
    all.extend(each(span, "attributes", attributes, |s, a| {
        s.attributes = a;
    }));
    all.extend(events(span));
    all.extend(links(span));
    all.extend(resource(span));
    all.extend(scope(span));
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

type Changed = Vec<(String, Span)>;

fn fields(span: &Span) -> Changed {
    let mut changed = Changed::new();
    let mut with = |name: &str, change: &dyn Fn(&mut Span)| {
        let mut copy = span.clone();
        change(&mut copy);
        changed.push((name.to_owned(), copy));
    };
    with("trace_id: last bit", &|s| s.trace_id.0[15] ^= 1);
    with("trace_id: first half", &|s| s.trace_id.0[..8].fill(0));
    with("span_id: last bit", &|s| s.span_id.0[7] ^= 1);
    with("span_id: top bit", &|s| s.span_id.0[0] ^= 0x80);
    with("parent: none", &|s| s.parent = None);
    with("parent: itself", &|s| s.parent = Some(s.span_id));
    with("parent: byte order", &|s| {
        s.parent.iter_mut().for_each(|id| id.0.reverse());
    });
    with("trace_state: changed", &|s| s.trace_state.push('x'));
    with("trace_state: lost", &|s| s.trace_state.clear());
    with("flags: sampled", &|s| s.flags ^= 1);
    with("flags: remote", &|s| s.flags ^= 0x200);
    with("name: changed", &|s| s.name.push('x'));
    with("name: capitals", &|s| s.name = s.name.to_uppercase());
    with("name: lost", &|s| s.name.clear());
    for kind in Kind::ALL {
        with("kind", &|s| s.kind = kind);
    }
    with("start: later", &|s| s.start += 1);
    with("start: earlier", &|s| s.start -= 1);
    with("start: microseconds", &|s| s.start -= s.start % 1_000);
    with("start: milliseconds", &|s| s.start -= s.start % 1_000_000);
    with("end: later", &|s| s.end += 1);
    with("end: earlier", &|s| s.end -= 1);
    with("end: microseconds", &|s| s.end -= s.end % 1_000);
    with("end: start", &|s| s.end = s.start);
    with("start and end: swapped", &|s| {
        std::mem::swap(&mut s.start, &mut s.end);
    });
    with("start and end: an hour later", &|s| {
        s.start += 3_600_000_000_000;
        s.end += 3_600_000_000_000;
    });
    for code in [Code::Unset, Code::Ok, Code::Error] {
        with("status: code", &|s| s.status.code = code);
    }
    with("status: message changed", &|s| s.status.message.push('x'));
    with("status: message lost", &|s| s.status.message.clear());
    with("dropped: attributes", &|s| s.dropped.attributes ^= 1);
    with("dropped: events", &|s| s.dropped.events ^= 1);
    with("dropped: links", &|s| s.dropped.links ^= 1);
    changed
}

/// The span with one part replaced by each of these.
fn each<T>(
    span: &Span,
    place: &str,
    parts: Vec<(String, T)>,
    put: impl Fn(&mut Span, T),
) -> Changed {
    let replace = |(name, part)| {
        let mut copy = span.clone();
        put(&mut copy, part);
        (format!("{place}{name}"), copy)
    };
    parts.into_iter().map(replace).collect()
}

/// The lists that differ from this one by a removed, added, swapped or changed element.
fn lists<T: Clone>(all: &[T], change: impl Fn(&T) -> Vec<(String, T)>) -> Vec<(String, Vec<T>)> {
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

fn events(span: &Span) -> Changed {
    let change = |event: &Event| {
        let with = |name: &str, change: &dyn Fn(&mut Event)| {
            let mut copy = event.clone();
            change(&mut copy);
            (name.to_owned(), copy)
        };
        let mut changed = vec![
            with(".time: later", &|e| e.time += 1),
            with(".time: microseconds", &|e| e.time -= e.time % 1_000),
            with(".name: changed", &|e| e.name.push('x')),
            with(".name: lost", &|e| e.name.clear()),
            with(".dropped", &|e| e.dropped ^= 1),
        ];
        for (name, attributes) in value::attributes(&event.attributes) {
            let attributes = move |e: &mut Event| e.attributes.clone_from(&attributes);
            changed.push(with(&format!(".attributes{name}"), &attributes));
        }
        changed
    };
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

fn links(span: &Span) -> Changed {
    let change = |link: &Link| {
        let with = |name: &str, change: &dyn Fn(&mut Link)| {
            let mut copy = link.clone();
            change(&mut copy);
            (name.to_owned(), copy)
        };
        let mut changed = vec![
            with(".trace_id", &|l| l.trace_id.0[0] ^= 0x80),
            with(".span_id", &|l| l.span_id.0[7] ^= 1),
            with(".trace_state", &|l| l.trace_state.push('x')),
            with(".flags", &|l| l.flags ^= 1),
            with(".dropped", &|l| l.dropped ^= 1),
        ];
        for (name, attributes) in value::attributes(&link.attributes) {
            let attributes = move |l: &mut Link| l.attributes.clone_from(&attributes);
            changed.push(with(&format!(".attributes{name}"), &attributes));
        }
        changed
    };
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

fn resource(span: &Span) -> Changed {
    let with = |name: &str, change: &dyn Fn(&mut Resource)| {
        let mut copy = span.clone();
        change(Arc::make_mut(&mut copy.resource));
        (format!("resource{name}"), copy)
    };
    let mut changed = vec![
        with(": empty", &|r| r.attributes.clear()),
        with(".dropped", &|r| r.dropped ^= 1),
        with(".schema_url: changed", &|r| r.schema_url.push('x')),
        with(".schema_url: lost", &|r| r.schema_url.clear()),
    ];
    let all = value::attributes(&span.resource.attributes);
    changed.extend(each(span, "resource", all, |span, attributes| {
        Arc::make_mut(&mut span.resource).attributes = attributes;
    }));
    changed
}

fn scope(span: &Span) -> Changed {
    let with = |name: &str, change: &dyn Fn(&mut Scope)| {
        let mut copy = span.clone();
        change(Arc::make_mut(&mut copy.scope));
        (format!("scope{name}"), copy)
    };
    let mut changed = vec![
        with(".name: changed", &|s| s.name.push('x')),
        with(".name: lost", &|s| s.name.clear()),
        with(".version: changed", &|s| s.version.push('x')),
        with(".version: lost", &|s| s.version.clear()),
        with(".dropped", &|s| s.dropped ^= 1),
        with(".schema_url: changed", &|s| s.schema_url.push('x')),
        with(".schema_url: lost", &|s| s.schema_url.clear()),
    ];
    let all = value::attributes(&span.scope.attributes);
    changed.extend(each(span, "scope.attributes", all, |span, attributes| {
        Arc::make_mut(&mut span.scope).attributes = attributes;
    }));
    changed
}
