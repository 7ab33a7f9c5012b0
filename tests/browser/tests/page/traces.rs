//! Traces for several tests.

use browser_tests::Span;
use serde_json::json;

/// A request through two services, with one failed span.
pub(crate) fn shop() -> Vec<Span> {
    vec![
        Span::new(1, "shop", "GET /cart").kind(2).lasting(100),
        Span::new(2, "shop", "load cart").below(1).at(5).lasting(40),
        Span::new(3, "store", "SELECT cart")
            .below(2)
            .at(10)
            .lasting(20)
            .kind(3)
            .with("db.rows", json!({ "intValue": "3" }))
            .with("db.cached", json!({ "boolValue": false }))
            .event("retry", 4),
        Span::new(4, "store", "UPDATE cart")
            .below(1)
            .at(60)
            .lasting(30)
            .failed(),
    ]
}

/// A root with so many children, each with one child.
pub(crate) fn pairs(count: u32) -> Vec<Span> {
    let mut spans = vec![Span::new(1, "shop", "batch").lasting(1000)];
    for pair in 0..count {
        let at = i64::from(pair);
        spans.push(
            Span::new(2 * pair + 2, "shop", &format!("item {pair}"))
                .below(1)
                .at(at),
        );
        spans.push(
            Span::new(2 * pair + 3, "store", &format!("write {pair}"))
                .below(2 * pair + 2)
                .at(at)
                .lasting(5),
        );
    }
    spans
}
