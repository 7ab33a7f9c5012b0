//! Tests of the spans that queries find.

mod support;

use support::{Span, Spans, nine_spans};
use traceql::syntax::Body;
use traceql::{Probe, Search, Value, parse};

fn search_for(query: &str) -> Search {
    match parse(query)
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .body
    {
        Body::Search(pipeline) => Search::new(&pipeline),
        Body::Metrics(_) => panic!("{query} asks for metrics"),
    }
}

/// The found spansets, separated by `;`, with the ids of their spans.
fn found(query: &str) -> String {
    let (search, spans) = (search_for(query), nine_spans());
    let found = search.evaluate(&spans);
    let spansets = found
        .traces
        .iter()
        .flat_map(|trace| &trace.spansets)
        .map(|set| {
            let ids = set
                .rows
                .iter()
                .map(|row| format!("{:X}", spans.0[*row as usize].id));
            ids.collect::<Vec<_>>().join(" ")
        });
    spansets.collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn check(query: &str, expected: &str) {
    assert_eq!(found(query), expected, "{query}");
    // At least one span of each found trace passes the probe.
    let (search, spans) = (search_for(query), nine_spans());
    let passing = Probe::new(search.probe()).rows(&spans);
    for trace in search.evaluate(&spans).traces {
        assert!(
            passing.iter().any(|row| trace.rows.contains(row)),
            "{query}: {}",
            search.probe()
        );
    }
}

#[test]
fn intrinsic_fields() {
    check(r#"{ name =~ "st" }"#, "");
    check(r#"{ name =~ "st.*" }"#, "B2 B3");
    check("{ status != error }", "A1 A2; B1 B2; C1 C2");
    check(r#"{ name > "j" }"#, "B1 B2 B3; C1 C2");
    check("{ duration / 2 = 50ms }", "A1");
    check(r#"{ span:id = "00000000000000a1" }"#, "A1");
    check(r#"{ span:id = "A1" || span:parentID = "0" }"#, "A1; B1");
    check(r#"{ trace:id = "0000a001" }"#, "A1 A2 A3 A4");
    check(r#"{ trace:id =~ "bb0.*" }"#, "B1 B2 B3");
    check("{ span:childCount > 1 }", "A1; B1");
    check("{ nestedSetParent < 0 }", "A1; B1");
    check("{ nestedSetParent = 1 && nestedSetRight = 3 }", "A2; B2");
    check(
        r#"{ instrumentation.lang = "rust" && rootName = "GET /" }"#,
        "A1 A2",
    );
    check(
        r#"{ instrumentation:version = "1.2" && rootServiceName = "web" }"#,
        "A1 A2",
    );
    check("{ traceDuration > 1s }", "B1 B2 B3");
    check(r#"{ rootName = "" && statusMessage = "" }"#, "C1 C2");
    check(r#"{ span:statusMessage =~ "dead.*|boom" }"#, "A3; B3");
    check("{ kind = server || kind = unspecified }", "A1; C1");
}

#[test]
fn attributes_and_their_types() {
    check("{ span.http.status_code != 200 }", "");
    check(r#"{ span.http.status_code >= "100" }"#, "A2");
    check("{ span.http.status_code = 200.0 }", "A1");
    check("{ span.weight > 2 }", "B2 B3; C1");
    check("{ span.latency > 40ms }", "A3");
    check(r#"{ span.tags = "x" || span.tags = "y" }"#, "A1");
    check(r#"{ span.tags != "x" }"#, "");
    check(r#"{ span.tags !~ "z.*" }"#, "A1");
    check("{ span.nums > 2 }", "A2");
    check("{ !span.ok }", "A2");
    check("{ span.ok }", "A1");
    check("{ -span.n ^ 2 = -9 }", "B2");
    check("{ 10 / span.db.rows > 1 }", "");
    check("{ span.db.rows % 7 = 6 }", "A3");
    check(r#"{ .service.name = "db" }"#, "A4");
    check(r#"{ resource.service.name = "" }"#, "C1 C2");
    check("{ .http.method != .env }", "A1");
}

#[test]
fn what_is_missing() {
    check(
        r#"{ !(span.missing = "a") }"#,
        "A1 A2 A3 A4; B1 B2 B3; C1 C2",
    );
    check(r#"{ span.missing != "a" }"#, "");
    check(r#"{ span.weight = nil && resource.env = "dev" }"#, "B1; C2");
    check(r#"{ .weight = nil && resource.env = "dev" }"#, "B1; C2");
    check("{ .service.name = nil }", "C1 C2");
    check("{ span.weight != nil }", "B2 B3; C1");
    check("{ nil = nil } || { 1 + 1 = 3 }", "");
    check("{ 1 + 1 = 2 }", "A1 A2 A3 A4; B1 B2 B3; C1 C2");
}

#[test]
fn and_and_or_bind_alike() {
    check(
        r#"{ name = "auth" || name = "step" && span.weight = 4 }"#,
        "B3",
    );
    check(
        r#"{ name = "auth" || (name = "step" && span.weight = 4) }"#,
        "A2; B3",
    );
}

#[test]
fn one_event_or_link_must_satisfy_all() {
    check(
        r#"{ event:name = "exception" && event.level = "warn" }"#,
        "",
    );
    check(r#"{ event:name = "log" && event.level = "warn" }"#, "A3");
    check(
        r#"{ event:name = "exception" } && { event.level = "warn" }"#,
        "A3",
    );
    check("{ event:timeSinceStart > 40ms }", "A3");
    check("{ event.retry = nil }", "A3");
    check(r#"{ event.retry = nil || name = "job" }"#, "A3; B1");
    check(
        r#"{ !(event:name = "log") && status = error }"#,
        "A3 A4; B3",
    );
    check(r#"{ link:spanID = "b1" }"#, "A3");
    check(
        r#"{ link.rel = "follows" && event.retry = 1 && link:traceID =~ "bb0*" }"#,
        "A3",
    );
}

#[test]
fn structural_operators() {
    check(r#"{ name = "GET /" } >> { status = error }"#, "A3 A4");
    check("{ status = error } < { kind = server }", "A1");
    check("{ status = error } !< { status = error }", "A4; B3");
    check(
        r#"{ name = "auth" } !~ { true }"#,
        "A1 A2 A4; B1 B2 B3; C1 C2",
    );
    check(r#"{ name = "lost" } > { true }"#, "C2");
    check(r#"{ name = "step" } ~ { name = "step" }"#, "B2 B3");
    check(r#"{ name = "GET /" } &>> { status = error }"#, "A1 A3 A4");
    check("{ kind = consumer } &> { status = ok }", "B1 B2");
    check(r#"{ name = "GET /" } > ({ true } > { true })"#, "A2 A3");
    check(r#"{ name = "commit" } << { true }"#, "A1 A3");
    check(r#"{ name = "commit" } &<< { kind = server }"#, "A1 A4");
    check(r#"{ name = "nothing" } !>> { kind = client }"#, "A3 A4");
    check(r#"{ name = "SELECT" } &~ { name = "auth" }"#, "A2 A3");
}

#[test]
fn spansets_are_put_together() {
    check("{ status = error } && { kind = server }", "A1 A3 A4");
    check("{ kind = consumer } || { kind = server }", "A1; B1");
    check(
        "({ status = error } | count() > 1) || ({ kind = producer })",
        "A3 A4; C2",
    );
}

#[test]
fn pipelines() {
    check("{ status = error } | avg(duration) = 30ms", "A3 A4");
    check("{ true } | sum(span.weight) = 6.5", "B1 B2 B3");
    check(
        "{ true } | by(resource.env) | max(duration) >= 1s",
        "B1 B2 B3",
    );
    check(
        "{ true } | by(status) | count() > 1 | coalesce()",
        "A3 A4; C1 C2",
    );
    check(
        "{ true } | by(status) | { kind = client } >> { kind = client }",
        "A4",
    );
    check("{ true } | select(name) | { status = error }", "A3 A4; B3");
    check("count() = 3", "B1 B2 B3");
    check(
        "{ true } | by(name) | by(status) | count() = 1 | min(duration) < 10ms",
        "C1; C2",
    );
    check("{ true } | avg(span.missing) >= 0", "");
}

fn attributes_of_spansets(query: &str) -> Vec<String> {
    let (search, spans) = (search_for(query), nine_spans());
    let found = search.evaluate(&spans);
    let sets = found.traces.iter().flat_map(|trace| &trace.spansets);
    let attributes = sets.map(|set| {
        let attributes = set
            .attributes
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        attributes.collect::<Vec<_>>().join(" ")
    });
    attributes.collect()
}

#[test]
fn pipelines_tell_what_they_computed() {
    let check =
        |query, expected: &[&str]| assert_eq!(attributes_of_spansets(query), expected, "{query}");
    check(
        "{ status = error } | avg(duration) = 30ms",
        &["avg(duration)=30ms"],
    );
    check(
        "{ true } | by(resource.env) | max(duration) >= 1s",
        &["by(resource.env)=dev max(duration)=2s"],
    );
    check(
        "{ kind = client } | by(span.weight) | count() = 2",
        &["by(span.weight)=nil count()=2"],
    );
    check(
        "{ name = `step` } | avg(span.weight) > 3 | sum(span.n) < 0",
        &["avg(span.weight)=3.25 sum(span.n)=-3"],
    );
    check(
        "{ true } | by(status) | count() > 1 | coalesce()",
        &["", ""],
    );
}

fn fields(query: &str) -> Vec<String> {
    let (search, spans) = (search_for(query), nine_spans());
    let found = search.evaluate(&spans);
    let rows = found
        .traces
        .iter()
        .flat_map(|trace| &trace.spansets)
        .flat_map(|set| &set.rows);
    let shown = rows.map(|row| {
        let fields = found.fields(*row as usize).into_iter();
        let fields = fields.map(|(name, value)| format!("{name}={value}"));
        fields.collect::<Vec<_>>().join(" ")
    });
    shown.collect()
}

#[test]
fn spans_show_the_fields_that_are_tested_or_selected() {
    assert_eq!(
        fields("{ status = error } | select(resource.env, span.db.rows)"),
        [
            "status=error env=prod db.rows=1000",
            "status=error env=prod db.rows=0",
            "status=error env=dev"
        ]
    );
    assert_eq!(
        fields(
            "{ name = `GET /` && duration > 0s } | select(nestedSetLeft, nestedSetRight, nestedSetParent, rootName)"
        ),
        ["nestedSetLeft=1 nestedSetRight=8 nestedSetParent=-1"]
    );
    assert_eq!(
        fields("{ event:name = `log` } | select(event.exception.message, span:parentID)"),
        ["event:name=exception exception.message=deadlock span:parentID=00000000000000a1"]
    );
}

#[test]
fn a_span_of_many_events_and_links_takes_bounded_work() {
    let event = |number: i64| (number, "e", vec![("n", Value::Int(number))]);
    let link = |number: i64| (1, 2, vec![("n", Value::Int(number))]);
    let spans = Spans(vec![Span {
        events: (0..5_000).map(event).collect(),
        links: (0..5_000).map(link).collect(),
        ..Span::default()
    }]);
    let found = |query: &str| search_for(query).evaluate(&spans).traces.len();
    assert_eq!(
        found("{ event.n = 4999 && link.n = 4999 }"),
        1,
        "independent, so each is looked at"
    );
    assert_eq!(found("{ event.n = link.n }"), 1);
    assert_eq!(found("{ event.n = link.n + 10000 }"), 0);
}
