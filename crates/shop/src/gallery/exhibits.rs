//! The twelve exhibits.

use super::exhibit::{Exhibit, Load, Page, Spans};

/// All exhibits, in the order in which they are shown.
pub(super) static EXHIBITS: [Exhibit; 12] = [
    Exhibit {
        name: "refused",
        what: "a call fails: nothing listens at its address",
        role: "payment",
        trouble: "refused",
        variables: &[],
        load: Load {
            visits: "buy",
            count: 5,
            at_once: 1,
        },
        suffers: |_, visit| visit.status == Some(502),
        spans: Spans::all(13),
        query: r#"{ resource.service.name = "payment" && span.error.type = "connection_refused" }"#,
        page: Page::Span,
        look: "Seven spans are red, but only one of them has no red span below it: payment's call of \
               `/authorise`. Its status says `Connection refused`, and `url.full` is the address where nothing \
               listens. Every span above it only passes the failure on.",
        change: "Correct the address of the terminal (`--terminal`), and let payment refuse to start, or \
                 to become healthy, while nobody answers there.",
    },
    Exhibit {
        name: "retries",
        what: "a call takes too long and is tried again and again",
        role: "payment",
        trouble: "slow",
        variables: &[],
        load: Load {
            visits: "buy",
            count: 3,
            at_once: 3,
        },
        suffers: |_, visit| visit.status == Some(504),
        spans: Spans::all(18),
        query: r#"{ kind = client && span.error.type = "DEADLINE_EXCEEDED" } | count() > 1"#,
        page: Page::Span,
        look: "The cart calls `shop.Payment/Charge` three times, one after the other, each for exactly a second: the \
               calls end by the cart's time-out, not by an answer. Below each, payment is still busy with \
               `check for fraud` when the cart hangs up, so that a retry only adds work.",
        change: "Charge first and check for fraud afterwards, or give the check a time-out of its own that is \
                 shorter than the cart's. Retry what may succeed the next time, with a pause between.",
    },
    Exhibit {
        name: "lock",
        what: "requests wait for a lock that is held too long",
        role: "catalogue",
        trouble: "lock",
        variables: &[],
        load: Load {
            visits: "browse",
            count: 6,
            at_once: 3,
        },
        suffers: |_, _| true,
        spans: Spans::all(8),
        query: r#"{ name = "wait for lock" }"#,
        page: Page::Span,
        look: "Most of the visit is `wait for lock`, in which nothing happens. Its attribute \
               `lock.holder` names who has the lock: `import rate`. Search for that name: each import \
               spends all of its 300 ms in `ask bank`.",
        change: "Ask the bank first, and take the lock only to store the answer: `import_rate` in \
                 catalogue.rs has both orders.",
    },
    Exhibit {
        name: "query-per-item",
        what: "a query for each item of a list",
        role: "catalogue",
        trouble: "query-per-item",
        variables: &[],
        load: Load {
            visits: "buy",
            count: 5,
            at_once: 1,
        },
        suffers: |_, _| true,
        spans: Spans::all(26),
        query: r#"{ span.db.query.summary = "SELECT product" } | count() > 10"#,
        page: Page::Span,
        look: "Below `POST /price` the page folds twelve equal queries into one row, one for each product of the \
               basket, and asks `the same query per item (N+1)?`. None of them is slow. Against a database \
               on another machine, each would also cost a round trip.",
        change: "Query all of them at once: `WHERE id IN (…)`, as `ALL_PRICES` in catalogue.rs does.",
    },
    Exhibit {
        name: "cold-cache",
        what: "a cache that is empty after a start",
        role: "catalogue",
        trouble: "cold-cache",
        variables: &[],
        load: Load {
            visits: "browse",
            count: 8,
            at_once: 1,
        },
        suffers: |_, _| true,
        spans: Spans::all(8),
        query: "{ span.cache.hit = false }",
        page: Page::Span,
        look: "`find product` has `cache.hit` false, and a query below it that reads all reviews. In a trace \
               of the healthy shop the same span has no child and takes microseconds.",
        change: "Fill the cache before the first request is taken, as `warm_cache` in catalogue.rs does, or \
                 keep it where a restart does not empty it.",
    },
    Exhibit {
        name: "queue",
        what: "a queue that fills faster than it is emptied",
        role: "cart",
        trouble: "queue",
        variables: &[],
        load: Load {
            visits: "buy",
            count: 12,
            at_once: 12,
        },
        suffers: |_, visit| visit.ahead.is_some_and(|ahead| ahead >= 5),
        spans: Spans::all(15),
        query: "{ kind = producer && span.queue.ahead >= 5 }",
        page: Page::Span,
        look: "The request is quick and succeeds. `send orders` shows in `queue.ahead` how many orders wait, \
               and the number rises from trace to trace. The work is done in traces of its own: \
               `{ kind = consumer }` finds them, and the link of `process orders` leads back to the request. \
               Each takes 150 ms: no more than seven orders a second can be packed.",
        change: "Pack several orders at the same time, or faster. Let the queue be short, and answer `503` \
                 while it is full.",
    },
    Exhibit {
        name: "lost-context",
        what: "a call without the context of its trace",
        role: "frontend",
        trouble: "lost-context",
        variables: &[],
        load: Load {
            visits: "buy",
            count: 4,
            at_once: 1,
        },
        suffers: |_, _| true,
        spans: Spans {
            expected: 15,
            sent: 3,
            found: 3,
        },
        query: r#"{ resource.service.name = "cart" } !<< { name = "POST /checkout" }"#,
        page: Page::Span,
        look: "The trace ends in the frontend: `POST /checkout` has no span below it, although it takes as \
               long as the whole purchase. The rest is another trace, which begins with a server span of the \
               cart; `{ kind = server && nestedSetParent < 0 }` finds such beginnings.",
        change: "Send with `otel_auto::http::Client`, which adds `traceparent`, in place of reqwest's own client.",
    },
    Exhibit {
        name: "clock-skew",
        what: "a machine whose clock is wrong",
        role: "terminal",
        trouble: "clock-skew",
        variables: &[],
        load: Load {
            visits: "buy",
            count: 4,
            at_once: 1,
        },
        suffers: |_, _| true,
        spans: Spans::all(15),
        query: "{ nestedSetParent < 0 && duration < 5s && trace:duration > 8s }",
        page: Page::Trace,
        look: "The trace seems to last ten seconds, and its root only milliseconds. The terminal's span starts \
               before the call that caused it; selected, it says that the clocks of the two services differ. \
               The page can move it into its parent; its duration is right either way.",
        change: "Nothing in the code: let the machine keep its clock (chrony, systemd-timesyncd). Compare \
                 times of two services only as far as you trust their clocks.",
    },
    Exhibit {
        name: "huge-attribute",
        what: "an attribute of 80 kB, left over from debugging",
        role: "cart",
        trouble: "huge-attribute",
        variables: &[],
        load: Load {
            visits: "buy",
            count: 3,
            at_once: 1,
        },
        suffers: |_, _| true,
        spans: Spans::all(15),
        query: "{ span.debug.order != nil }",
        page: Page::Span,
        look: "`check out` has the attribute `debug.order`, with the whole order and all terms and conditions. \
               It is larger than all other attributes of the trace together: it is paid for in \
               network, memory and disk, on each purchase.",
        change: "Record what is searched for, such as the number of products. As a guard against the next one set \
                 `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=4096`.",
    },
    Exhibit {
        name: "leak",
        what: "a list that only grows, and slows everything down",
        role: "catalogue",
        trouble: "leak",
        variables: &[],
        load: Load {
            visits: "browse",
            count: 30,
            at_once: 1,
        },
        // Without the trouble, the catalogue remembers five views.
        suffers: |number, _| number >= 5,
        spans: Spans::all(7),
        query: "{ span.history.entries > 5 }",
        page: Page::Search,
        look: "Each visit takes a little longer than the one before: the durations climb from trace to trace. One span \
               grows, `also viewed`, and its attribute `history.entries` grows with it.",
        change: "Bound the list: `also_viewed` in catalogue.rs forgets the oldest view once there are five.",
    },
    Exhibit {
        name: "early-end",
        what: "a program that ends before its spans are sent",
        role: "payment",
        trouble: "early-end",
        // Batches wait so long that none is sent before the end.
        variables: &[("OTEL_BSP_SCHEDULE_DELAY", "60000")],
        load: Load {
            visits: "buy",
            count: 4,
            at_once: 1,
        },
        suffers: |_, _| true,
        spans: Spans {
            expected: 15,
            sent: 15,
            found: 12,
        },
        query: r#"{ resource.service.name = "payment" } !>> { resource.service.name = "terminal" }"#,
        page: Page::Span,
        look: "Payment is missing. The cart's call of `shop.Payment/Charge` has nothing below it, and the terminal's span \
               hangs in the air: selected, it says that its parent is missing.",
        change: "End by way of `otel_auto::shutdown_signal()` and `telemetry.shutdown()`, as the other roles \
                 do, or call `otel_auto::init().exit_on_signal()`.",
    },
    Exhibit {
        name: "sampling",
        what: "sampling that hides the failure",
        role: "payment",
        trouble: "refused",
        variables: &[
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.0001"),
        ],
        load: Load {
            visits: "buy",
            count: 5,
            at_once: 1,
        },
        suffers: |_, visit| visit.status == Some(502),
        spans: Spans {
            expected: 13,
            sent: 10,
            found: 10,
        },
        query: r#"{ kind = client && status = error && span.error.type = "UNAVAILABLE" && span:childCount = 0 }"#,
        page: Page::Span,
        look: "The purchase fails as in the first exhibit, but the trail ends at the cart's call of payment, \
               which has nothing below it: payment decides by itself what it samples, and keeps one \
               trace in ten thousand.",
        change: "Let the first service decide and all others follow: `OTEL_TRACES_SAMPLER=parentbased_traceidratio`. \
                 To keep every failure, sample at the end, in a collector.",
    },
];
