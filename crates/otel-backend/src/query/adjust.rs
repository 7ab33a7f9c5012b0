//! Jaeger's adjustments to a trace, which are made unless the raw trace is requested.
//!
//! Three of Jaeger's adjusters are not needed: clock skew is off by default in Jaeger, readers
//! choose the order, and duplicates are dropped before spans are decoded.
//!
//! Spec: <https://github.com/jaegertracing/jaeger/tree/main/cmd/jaeger/internal/extension/jaegerquery/internal/adjuster>

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::model::{Attribute, Span, SpanId, SpanKind, Value};

/// Attributes in which old Zipkin clients store an IPv4 address as a number.
const ADDRESSES: [&str; 2] = ["ip", "peer.ipv4"];

/// Prefixes of span attributes that describe the program and belong to the resource.
const OF_THE_RESOURCE: [&str; 2] = ["telemetry.sdk.", "telemetry.distro."];

/// Makes the adjustments that need only the span itself.
pub(super) fn adjust(span: &mut Span<'_>) {
    span.attributes.iter_mut().for_each(write_address);
    let has_address = |a: &Attribute<'_>| address(a).is_some();
    if span.resource.attributes.iter().any(has_address) {
        let resource = Arc::make_mut(&mut span.resource);
        resource.attributes.iter_mut().for_each(write_address);
    }
    move_to_resource(span);
}

/// Returns true if a span with an attribute with that key may be changed.
pub(super) fn concerns(key: &str) -> bool {
    let begins = |prefix: &&str| key.starts_with(*prefix);
    ADDRESSES.contains(&key) || OF_THE_RESOURCE.iter().any(begins)
}

/// Returns true if a server span shares its id with a client span of the trace.
pub(super) fn has_shared_ids(spans: &(impl Iterator<Item = (SpanId, SpanKind)> + Clone)) -> bool {
    let of_kind = |wanted| {
        let of_kind = spans.clone().filter(move |(_, kind)| *kind == wanted);
        of_kind.map(|(id, _)| id)
    };
    let clients: HashSet<_> = of_kind(SpanKind::Client).collect();
    of_kind(SpanKind::Server).any(|id| clients.contains(&id))
}

/// Gives a server span that shares its id with a client span, as in Zipkin, a new id as a child of
/// the client span.
pub(super) fn split_shared_ids(spans: &mut [Span<'_>]) {
    let clients = spans.iter().filter(|span| span.kind == SpanKind::Client);
    let clients: HashSet<_> = clients.map(|span| span.span_id).collect();
    let is_shared =
        |span: &Span<'_>| span.kind == SpanKind::Server && clients.contains(&span.span_id);
    let used: HashSet<_> = spans.iter().map(|span| span.span_id).collect();
    let free = (1..=u64::MAX).filter_map(|number| SpanId::new(number.to_be_bytes()).ok());
    let mut free = free.filter(|id| !used.contains(id));
    let mut servers = HashMap::new();
    for span in spans.iter_mut().filter(|span| is_shared(span)) {
        let Some(id) = free.next() else { return };
        servers.insert(span.span_id, id);
        span.parent = Some(span.span_id);
        span.span_id = id;
    }
    for span in spans {
        let server = span.parent.and_then(|parent| servers.get(&parent));
        if let Some(server) = server.filter(|server| **server != span.span_id) {
            span.parent = Some(*server);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an address is the low 32 bits, whatever sign they were sent with"
)]
fn address(attribute: &Attribute<'_>) -> Option<Ipv4Addr> {
    if !ADDRESSES.contains(&attribute.key.as_ref()) {
        return None;
    }
    match attribute.value {
        Value::Int(int) => Some(Ipv4Addr::from(int as u32)),
        Value::Double(double) => Some(Ipv4Addr::from(double as u32)),
        _ => None,
    }
}

fn write_address(attribute: &mut Attribute<'_>) {
    if let Some(address) = address(attribute) {
        attribute.value = Value::String(address.to_string().into());
    }
}

fn move_to_resource(span: &mut Span<'_>) {
    let moves = |a: &Attribute<'_>| OF_THE_RESOURCE.iter().any(|start| a.key.starts_with(start));
    if span.attributes.iter().any(moves) {
        let (moved, kept) = std::mem::take(&mut span.attributes)
            .into_iter()
            .partition::<Vec<_>, _>(moves);
        span.attributes = kept;
        let resource = Arc::make_mut(&mut span.resource);
        let is_moved = |a: &Attribute<'_>| moved.iter().any(|moved| moved.key == a.key);
        resource.attributes.retain(|a| !is_moved(a));
        resource.attributes.extend(moved);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::SpanIds;

    use super::*;

    fn span(id: u64, parent: u64, kind: SpanKind) -> Span<'static> {
        let ids = SpanIds::new(&[1; 16], &id.to_be_bytes(), &parent.to_be_bytes()).unwrap();
        Span {
            kind,
            ..Span::new(ids, Arc::default(), Arc::default())
        }
    }

    #[test]
    fn a_server_span_that_shares_its_id_becomes_a_child() {
        let mut spans = [
            span(1, 0, SpanKind::Client),
            span(1, 0, SpanKind::Server),
            span(3, 1, SpanKind::Internal),
        ];
        split_shared_ids(&mut spans);
        let ids = spans.map(|span| (span.span_id.to_string(), span.parent.map(|p| p.to_string())));
        let id = |number: u64| format!("{number:016x}");
        assert_eq!(
            ids,
            [(id(1), None), (id(2), Some(id(1))), (id(3), Some(id(2))),]
        );
    }

    #[test]
    fn addresses_are_dotted_and_the_sdk_belongs_to_the_resource() {
        let mut span = span(1, 0, SpanKind::Server);
        span.attributes = vec![
            Attribute::new("peer.ipv4", Value::Int(0x7f00_0001)),
            Attribute::new("ip", Value::Int(-1)),
            Attribute::new("telemetry.sdk.name", Value::String("x".into())),
        ];
        adjust(&mut span);
        let text = |a: &Attribute<'_>| format!("{}={}", a.key, a.value.text());
        let of_span: Vec<_> = span.attributes.iter().map(text).collect();
        assert_eq!(of_span, ["peer.ipv4=127.0.0.1", "ip=255.255.255.255"]);
        let of_resource: Vec<_> = span.resource.attributes.iter().map(text).collect();
        assert_eq!(of_resource, ["telemetry.sdk.name=x"]);
    }
}
