//! Identity: ids, links, states and status codes.

use std::sync::Arc;

use crate::model::builder::Builder;
use crate::model::{
    Code, Dropped, Event, Id, Kind, Link, Resource, Scope, Span, SpanId, Status, attribute,
};

pub(in crate::model) fn ids(builder: &mut Builder) {
    // The top bits of both halves, which are wrong if read as a signed 64-bit integer.
    let half = builder.random.number() >> 16;
    let mut trace_id = [0; 16];
    trace_id[..8].copy_from_slice(&(0xff00_0000_0000_0000 | half).to_be_bytes());
    trace_id[8..].copy_from_slice(&(0x8000_0000_0000_0000 | half).to_be_bytes());
    builder.trace_id = Id(trace_id);
    let root = with_id(builder, None, 0x8000_0000_0000_0000);
    let zeros = with_id(builder, Some(root), 0x0000_0000_0000_0000);
    with_id(builder, Some(zeros), 0xffff_0000_0000_0000);
    with_id(builder, Some(zeros), 0x00ff_0000_0000_0000);
}

pub(in crate::model) fn short_id(builder: &mut Builder) {
    builder.trace_id.0[..8].fill(0);
    let root = builder.plain(None);
    builder.plain(Some(root));
}

/// A span whose id starts with these bits and ends with 32 random ones.
fn with_id(builder: &mut Builder, parent: Option<SpanId>, top: u64) -> SpanId {
    let low = builder.random.number() >> 32;
    let mut span = builder.span(parent);
    span.span_id = Id((top | low).to_be_bytes());
    builder.push(span)
}

pub(in crate::model) fn links(builder: &mut Builder) {
    let root = builder.plain(None);
    let sibling = builder.plain(Some(root));
    let mut linked = builder.span(Some(root));
    linked.links = vec![
        Link {
            trace_id: builder.other_trace_id(),
            span_id: builder.span_id(),
            trace_state: "vendor=1".to_owned(),
            attributes: vec![attribute("reason", "retry"), attribute("n", 3)],
            dropped: 2,
            flags: 0x101,
        },
        to(&linked, sibling),
        to(&linked, root),
        Link {
            trace_id: builder.other_trace_id(),
            span_id: builder.span_id(),
            ..Link::default()
        },
        to(&linked, sibling),
    ];
    builder.push(linked);
    // In Jaeger, a root with a link to a span of its trace looks the same as a child of that span.
    let mut root = builder.span(None);
    root.links = vec![to(&root, sibling)];
    builder.push(root);
}

fn to(from: &Span, span_id: SpanId) -> Link {
    Link {
        trace_id: from.trace_id,
        span_id,
        ..Link::default()
    }
}

pub(in crate::model) fn state(builder: &mut Builder) {
    let longest = format!("k={}", "v".repeat(250));
    let root = builder.plain(None);
    for (flags, state) in [
        (0, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"),
        (1, ""),
        (0x101, longest.as_str()),
        (0x301, "fw529a3039@dt=FfAAAAA=="),
        (0xff, "a=1"),
    ] {
        let mut span = builder.span(Some(root));
        span.flags = flags;
        state.clone_into(&mut span.trace_state);
        builder.push(span);
    }
}

pub(in crate::model) fn status(builder: &mut Builder) {
    let root = builder.plain(None);
    for kind in Kind::ALL {
        for (code, message) in [
            (Code::Unset, ""),
            (Code::Ok, ""),
            (Code::Error, ""),
            (Code::Error, "it broke: 日本 \"quoted\""),
        ] {
            let mut span = builder.span(Some(root));
            span.kind = kind;
            span.status = Status {
                code,
                message: message.to_owned(),
            };
            builder.push(span);
        }
    }
}

pub(in crate::model) fn dropped(builder: &mut Builder) {
    let mut root = builder.span(None);
    root.dropped = Dropped {
        attributes: 7,
        events: 3,
        links: u32::MAX,
    };
    root.events = vec![Event {
        time: root.start,
        name: "cut".to_owned(),
        dropped: 5,
        ..Event::default()
    }];
    let root = builder.push(root);
    builder.resource = Arc::new(Resource {
        dropped: 11,
        ..(*builder.resource).clone()
    });
    builder.scope = Arc::new(Scope {
        dropped: 13,
        ..(*builder.scope).clone()
    });
    builder.plain(Some(root));
}
