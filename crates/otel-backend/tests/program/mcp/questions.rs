//! Ten questions of a developer, each answered from the tools' text alone, in at most five calls
//! and 8,000 tokens, on traces with planted causes.

use std::sync::{Arc, Weak};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::call;
use super::planted::{CLIENT, SERVER, Sketch, plant, span, trace_id};
use crate::support::Backend;

/// Calls tools and counts the calls and tokens.
struct Agent {
    backend: Arc<Backend>,
    calls: usize,
    bytes: usize,
}

impl Agent {
    async fn new() -> Self {
        // Shared by the tests that run at the same time; the last one ends it.
        static BACKEND: Mutex<Weak<Backend>> = Mutex::const_new(Weak::new());
        let mut shared = BACKEND.lock().await;
        let backend = match shared.upgrade() {
            Some(backend) => backend,
            None => Arc::new(planted().await),
        };
        *shared = Arc::downgrade(&backend);
        Self {
            backend,
            calls: 0,
            bytes: 0,
        }
    }

    async fn ask(&mut self, tool: &str, arguments: Value) -> String {
        let (text, is_error) = call(&self.backend, tool, &arguments).await;
        assert!(!is_error, "{tool} {arguments}: {text}");
        self.calls += 1;
        self.bytes += text.len();
        assert!(self.calls <= 5, "{} calls", self.calls);
        assert!(self.bytes <= 8_000 * 3, "{} bytes", self.bytes);
        text
    }

    /// The ids at the beginning of all lines but the first.
    async fn search(&mut self, arguments: Value) -> Vec<String> {
        let text = self.ask("search_traces", arguments).await;
        let ids = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(' ').next());
        ids.map(ToOwned::to_owned).collect()
    }
}

/// The line that contains these words.
fn line<'t>(text: &'t str, words: &str) -> &'t str {
    let found = text.lines().find(|line| line.contains(words));
    found.unwrap_or_else(|| panic!("no line with {words:?} in:\n{text}"))
}

async fn planted() -> Backend {
    let backend = Backend::in_memory();
    for noise in 0..200 {
        let spans = [
            span((1, 0), "shop", "GET /products", SERVER, (0, 20 + noise % 7)),
            span((2, 1), "shop", "SELECT products", CLIENT, (3, 9)),
        ];
        plant(&backend, 10_000 + noise, 60 + noise, &spans).await;
    }
    slow_checkout(&backend).await;
    failed_order(&backend).await;
    query_in_a_loop(&backend).await;
    two_reports(&backend).await;
    operations(&backend).await;
    let new = Sketch {
        attributes: &[("card.brand", "visa"), ("session.token", "s3cr3t")],
        ..span((1, 0), "billing", "charge card", 1, (0, 12))
    };
    plant(&backend, 70, 30, &[new]).await;
    let gave_up = Sketch {
        failure: Some("deadline exceeded after 1000 ms"),
        ..span((1, 0), "mobile", "POST /upload", CLIENT, (0, 1_000))
    };
    let server = span((2, 1), "media", "POST /upload", SERVER, (5, 3_200));
    let transcode = span((3, 2), "media", "transcode", 1, (100, 3_000));
    plant(&backend, 80, 30, &[gave_up, server, transcode]).await;
    backend
}

async fn slow_checkout(backend: &Backend) {
    let fast = [span((1, 0), "shop", "GET /checkout", SERVER, (0, 120))];
    plant(backend, 9, 50, &fast).await;
    let slow = [
        span((1, 0), "shop", "GET /checkout", SERVER, (0, 3_020)),
        span((2, 1), "shop", "POST /charge", CLIENT, (50, 2_900)),
        span((3, 2), "pay", "POST /charge", SERVER, (60, 2_880)),
        span((4, 3), "pay", "acquire bank lock", 1, (100, 2_700)),
        span((5, 1), "shop", "SELECT cart", CLIENT, (5, 30)),
    ];
    plant(backend, 10, 20, &slow).await;
}

async fn failed_order(backend: &Backend) {
    let stack =
        "OutOfStock: none of 4711\n    at Stock.take (stock.js:42:11)\n    at reserve (api.js:7:3)";
    let spans = [
        Sketch {
            failure: Some("HTTP 500"),
            ..span((1, 0), "shop", "POST /order", SERVER, (0, 90))
        },
        Sketch {
            failure: Some("HTTP 500"),
            attributes: &[("order.id", "4711"), ("http.response.status_code", "500")],
            ..span((2, 1), "shop", "POST /reserve", CLIENT, (10, 70))
        },
        Sketch {
            failure: Some("unhandled"),
            exception: Some(["OutOfStock", "none of 4711", stack]),
            ..span((3, 2), "inventory", "POST /reserve", SERVER, (15, 60))
        },
        span((4, 3), "inventory", "SELECT stock", CLIENT, (20, 10)),
    ];
    plant(backend, 20, 25, &spans).await;
}

async fn query_in_a_loop(backend: &Backend) {
    let mut spans = vec![
        span((1, 0), "shop", "GET /orders", SERVER, (0, 800)),
        span((2, 1), "shop", "SELECT orders", CLIENT, (1, 10)),
    ];
    for number in 0..37 {
        let times = (20 + 20 * number, 15);
        spans.push(span((3 + number, 1), "shop", "SELECT item", CLIENT, times));
    }
    plant(backend, 30, 40, &spans).await;
}

async fn two_reports(backend: &Backend) {
    for (trace, seconds_ago, slow) in [(50, 300, 40), (51, 200, 640)] {
        let spans = [
            span((1, 0), "shop", "GET /report", SERVER, (0, 100 + slow)),
            span((2, 1), "shop", "render", 1, (5, 30)),
            span((3, 1), "shop", "SELECT sales", CLIENT, (40, slow)),
        ];
        plant(backend, trace, seconds_ago, &spans).await;
    }
}

async fn operations(backend: &Backend) {
    for number in 0..40 {
        let export = span(
            (1, 0),
            "shop",
            "GET /export",
            SERVER,
            (0, 4_000 + 10 * number),
        );
        let login = Sketch {
            failure: (number % 2 == 0).then_some("wrong password"),
            ..span((1, 0), "shop", "POST /login", SERVER, (0, 30))
        };
        plant(backend, 600 + number, 100 + number, &[export]).await;
        plant(backend, 700 + number, 100 + number, &[login]).await;
    }
    // A request with time that no span covers.
    let gap = [
        span((1, 0), "shop", "GET /profile", SERVER, (0, 500)),
        span((2, 1), "shop", "SELECT user", CLIENT, (10, 40)),
        span((3, 1), "shop", "render profile", 1, (450, 40)),
    ];
    plant(backend, 100, 15, &gap).await;
}

#[tokio::test]
async fn why_did_the_last_request_to_checkout_take_3_s() {
    let mut agent = Agent::new().await;
    let ids = agent
        .search(json!({"span_name": "GET /checkout", "limit": 1}))
        .await;
    let path = agent
        .ask("get_critical_path", json!({"trace_id": ids[0]}))
        .await;
    let first = path.lines().nth(3).unwrap();
    assert!(
        first.starts_with("2700 ms (89%) acquire bank lock [pay]"),
        "{path}"
    );
}

#[tokio::test]
async fn which_service_threw_and_what() {
    let mut agent = Agent::new().await;
    let ids = agent
        .search(json!({"span_name": "POST /order", "with_errors": true}))
        .await;
    let errors = agent
        .ask("get_trace_errors", json!({"trace_id": ids[0]}))
        .await;
    assert!(errors.contains("1 causes of failure"), "{errors}");
    assert!(line(&errors, "FAILED \"unhandled\"").contains("POST /reserve [inventory]"));
    assert!(line(&errors, "exception after").contains("\"OutOfStock\" \"none of 4711\""));
    line(&errors, "stock.js:42:11");
    line(
        &errors,
        "POST /reserve [shop] FAILED ← POST /order [shop] FAILED",
    );
}

#[tokio::test]
async fn is_the_database_queried_in_a_loop() {
    let mut agent = Agent::new().await;
    let ids = agent.search(json!({"span_name": "GET /orders"})).await;
    let path = agent
        .ask("get_critical_path", json!({"trace_id": ids[0]}))
        .await;
    let found = line(&path, "×37 SELECT item [shop]");
    assert!(found.contains("one after another"), "{found}");
    let tree = agent
        .ask("get_trace_topology", json!({"trace_id": ids[0]}))
        .await;
    assert_eq!(tree.lines().count(), 5, "{tree}");
}

#[tokio::test]
async fn what_happened_in_the_request_of_this_header() {
    let mut agent = Agent::new().await;
    let header = format!("00-{}-00000000000000aa-01", trace_id(10));
    let tree = agent
        .ask("get_trace_topology", json!({"trace_id": header}))
        .await;
    let deepest = line(&tree, "acquire bank lock [pay]");
    assert!(
        deepest.starts_with("      ") && deepest.ends_with("+100 2700 ms"),
        "{tree}"
    );
    assert!(tree.contains(&format!("/trace/{}", trace_id(10))));
}

#[tokio::test]
async fn is_it_slower_since_my_change() {
    let mut agent = Agent::new().await;
    let ids = agent
        .search(json!({"span_name": "GET /report", "limit": 2}))
        .await;
    let arguments = json!({"base_trace_id": ids[1], "compare_trace_id": ids[0]});
    let compared = agent.ask("compare_traces", arguments).await;
    let first = compared.lines().nth(5).unwrap();
    assert_eq!(
        first,
        "+600 ms SELECT sales [shop]: 40.0 → 640 ms, 1 → 1 calls"
    );
}

#[tokio::test]
async fn which_operation_is_slowest_and_which_fails_most() {
    let mut agent = Agent::new().await;
    let names = agent
        .ask("get_span_names", json!({"service_name": "shop"}))
        .await;
    let first = names.lines().nth(1).unwrap();
    assert!(
        first.starts_with("GET /export server: 40 spans, 0% failed"),
        "{names}"
    );
    assert!(line(&names, "POST /login").contains("50.0% failed"));
}

#[tokio::test]
async fn did_my_new_span_arrive() {
    let mut agent = Agent::new().await;
    let services = agent.ask("get_services", json!({})).await;
    line(&services, "billing: 1 traces");
    let arguments = json!({"service_name": "billing", "attributes": true});
    let names = agent.ask("get_span_names", arguments).await;
    line(&names, "charge card internal: 1 spans");
    line(&names, "card.brand: \"visa\"");
    line(&names, "session.token: [redacted]");
}

#[tokio::test]
async fn what_was_still_running_when_the_client_gave_up() {
    let mut agent = Agent::new().await;
    let ids = agent
        .search(json!({"service_name": "mobile", "status": "error"}))
        .await;
    let tree = agent
        .ask("get_trace_topology", json!({"trace_id": ids[0]}))
        .await;
    line(&tree, "deadline exceeded after 1000 ms");
    assert!(line(&tree, "POST /upload [media]").ends_with("(ends 2205 ms after its parent)"));
    assert!(
        line(&tree, "transcode [media]").ends_with("+100 3000 ms"),
        "{tree}"
    );
}

#[tokio::test]
async fn where_is_the_trace_of_order_4711() {
    let mut agent = Agent::new().await;
    let arguments = json!({"attributes": {"order": "4711"}});
    let nothing = agent.ask("search_traces", arguments).await;
    assert!(
        line(&nothing, "order").contains("perhaps: order.id"),
        "{nothing}"
    );
    let ids = agent
        .search(json!({"attributes": {"order.id": 4711}}))
        .await;
    assert_eq!(ids.len(), 1);
    assert!(trace_id(20).starts_with(&ids[0]));
    let arguments = json!({"query": "{ span.order.id = \"4711\" }"});
    let found = agent.ask("search_traceql", arguments).await;
    line(&found, "POST /reserve [shop]");
}

#[tokio::test]
async fn where_are_the_400_ms_that_no_span_covers() {
    let mut agent = Agent::new().await;
    let ids = agent.search(json!({"span_name": "GET /profile"})).await;
    let path = agent
        .ask("get_critical_path", json!({"trace_id": ids[0]}))
        .await;
    let gap = line(&path, "400 ms at +50.0 in");
    assert!(
        gap.ends_with("between SELECT user [shop] and render profile [shop]"),
        "{path}"
    );
}
