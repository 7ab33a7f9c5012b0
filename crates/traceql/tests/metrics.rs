//! Tests of the series of metrics queries.

mod support;

use std::borrow::Cow;
use std::sync::Arc;

use support::{SECOND, START, Span, Spans, nine_spans};
use traceql::syntax::Body;
use traceql::{
    Answer, Batch, Column, Metrics, Scope, Series, Source, Status, Value, Window, parse,
};

const MEMORY: usize = 64 * 1024 * 1024;

fn metrics(query: &str) -> Metrics {
    match parse(query)
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .body
    {
        Body::Metrics(metrics) => Metrics::new(&metrics),
        Body::Search(_) => panic!("{query} asks for spans"),
    }
}

fn answer(query: &str, window: Window) -> Answer {
    let metrics = metrics(query);
    let mut run = metrics.run(window, MEMORY);
    run.add(&nine_spans());
    run.finish()
}

/// Ninety seconds from the start of the spans, in steps of 30.
fn range() -> Window {
    Window::range(START, START + 90 * SECOND, Some(30 * SECOND))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn instant() -> Window {
    Window::instant(START, START + 90 * SECOND).unwrap_or_else(|error| panic!("{error}"))
}

/// The labels, and the values at each of four times.
fn line(series: &Series) -> String {
    let labels = series.labels.iter().map(|(name, value)| match value {
        Value::Text(text) => format!("{name}={text:?}"),
        other => format!("{name}={other}"),
    });
    let at = |step: u64| {
        let time = (START + step * 30 * SECOND) / 1_000_000;
        let point = series.points.iter().find(|(at, _)| *at == time);
        point.map_or("-".to_owned(), |(_, value)| {
            format!("{}", (value * 1e9).round() / 1e9)
        })
    };
    let values = (0..4).map(at).collect::<Vec<_>>().join(" ");
    format!("{}: {values}", labels.collect::<Vec<_>>().join(", "))
}

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    let series = answer(query, range()).series;
    assert_eq!(
        series.iter().map(line).collect::<Vec<_>>(),
        expected,
        "{query}"
    );
}

#[test]
fn spans_are_counted() {
    check(
        "{} | count_over_time()",
        &[r#"__name__="count_over_time": 1 4 3 1"#],
    );
    check(
        "{ status = error } | rate()",
        &[r#"__name__="rate": 0 0.066666667 0.033333333 0"#],
    );
    check("{ name = `nothing` } | rate()", &[]);
    check(
        "{} | count_over_time() by (.http.status_code, status)",
        &[
            r#"status="error": 0 2 1 0"#,
            r#"status="ok": 0 0 1 0"#,
            r#"status="unset": 0 1 1 1"#,
            r#".http.status_code=200, status="unset": 1 0 0 0"#,
            r#".http.status_code="200", status="ok": 0 1 0 0"#,
        ],
    );
    check(
        "{ span.tags != nil || span.n != nil } | count_over_time() by (span.tags, span.n)",
        &["span.n=-3: 0 0 1 0", r#"span.tags="x,y": 1 0 0 0"#],
    );
    check(
        "{ name = `job` } | count_over_time() by (span.tags, span.n)",
        &[r#"span.tags="nil": 0 1 0 0"#],
    );
}

#[test]
fn values_are_put_together() {
    check(
        "{} | sum_over_time(span.weight)",
        &[r#"__name__="sum_over_time": - - 14.5 -"#],
    );
    check(
        "{} | min_over_time(span.weight)",
        &[r#"__name__="min_over_time": - - 2.5 -"#],
    );
    check(
        "{} | max_over_time(duration)",
        &[r#"__name__="max_over_time": 0.1 2 1 0.001"#],
    );
    check(
        "{} | avg_over_time(duration) by (resource.env) > 400ms",
        &[r#"resource.env="dev": - 2 0.435 -"#],
    );
    check("{} | sum_over_time(name)", &[]);
}

#[test]
fn values_are_put_into_buckets() {
    check(
        "{} | quantile_over_time(duration, 0.5)",
        &["p=0.5: 0.134217728 0.033554432 0.536870912 0.001048576"],
    );
    check(
        "{ resource.env = `prod` } | histogram_over_time(duration) by (status)",
        &[
            r#"status="error", __bucket=0.016777216: 0 1 0 0"#,
            r#"status="error", __bucket=0.067108864: 0 1 0 0"#,
            r#"status="ok", __bucket=0.033554432: 0 1 0 0"#,
            r#"status="unset", __bucket=0.134217728: 1 0 0 0"#,
        ],
    );
    check(
        "{} | histogram_over_time(span.weight)",
        &["__bucket=4: 0 0 1 0", "__bucket=8: 0 0 1 0"],
    );
}

#[test]
fn series_are_reduced() {
    check(
        "{} | count_over_time() by (resource.service.name) | topk(1)",
        &[
            r#"resource.service.name="": - - - 1"#,
            r#"resource.service.name="db": - 2 - -"#,
            r#"resource.service.name="web": 1 - - -"#,
            r#"resource.service.name="worker": - - 2 -"#,
        ],
    );
    check(
        "{} | count_over_time() by (resource.env) | bottomk(1) != 0",
        &[r#"resource.env="dev": - 1 - -"#],
    );
    check("{} | count_over_time() = 0 | topk(1)", &[]);
    check("{} | rate() | topk(5) > 1", &[]);
}

#[test]
fn series_are_calculated_with() {
    check(
        "({status=error} | count_over_time() by (resource.service.name)) / ({} | count_over_time() by (resource.service.name))",
        &[
            r#"resource.service.name="db": - 1 - -"#,
            r#"resource.service.name="worker": - 0 0.5 -"#,
        ],
    );
    check(
        "({ status = error } | count_over_time()) * 2 / ({} | rate())",
        &[r#"__name__="(count_over_time / rate)": 0 30 20 0"#],
    );
    check(
        "1 - ({} | count_over_time())",
        &[r#"__name__="count_over_time": 0 -3 -2 0"#],
    );
    check(
        "({} | count_over_time() by (resource.env)) + ({} | count_over_time()) | topk(1)",
        &[
            r#"resource.env="dev": - - 6 2"#,
            r#"resource.env="prod": 2 7 - -"#,
        ],
    );
}

#[test]
fn whole_traces_are_asked_where_it_is_needed() {
    assert!(!metrics("{ .a = 1 } | rate() by (name, event:name)").needs_whole_traces());
    assert!(metrics("{} | rate() by (rootName)").needs_whole_traces());
    assert!(metrics("{} >> {} | rate()").needs_whole_traces());
    check(
        "{ kind = server } >> {} | count_over_time() by (rootName)",
        &[r#"rootName="GET /": 0 3 0 0"#],
    );
    check(
        "{} | by(resource.env) | count() > 4 | count_over_time()",
        &[],
    );
    check(
        "{ status = error } | count() > 1 | count_over_time()",
        &[r#"__name__="count_over_time": 0 2 0 0"#],
    );
}

#[test]
fn one_value_for_all_of_the_time() {
    let answer = answer("{} | count_over_time()", instant());
    let points = &answer.series[0].points;
    assert_eq!(
        points,
        &[((START + 90 * SECOND) / 1_000_000, 8.0)],
        "the first span starts with the window"
    );
    assert!(answer.series[0].exemplars.is_empty());
    let rate = self::answer("{} | rate()", instant()).series[0].points[0].1;
    assert!((rate - 8.0 / 90.0).abs() < 1e-9);
}

#[test]
fn chosen_spans_are_compared_with_the_others() {
    let series = answer("{} | compare({ status = error })", instant()).series;
    let of = |kind: &str, field: &str| {
        let found = series.iter().filter(|series| {
            series.labels[0].1 == Value::text(kind.to_owned()) && series.labels[1].0 == field
        });
        let counts = found.map(|series| format!("{} {}", series.labels[1].1, series.points[0].1));
        counts.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(of("selection", "name"), "SELECT 1, commit 1, step 1");
    assert_eq!(of("selection_total", "name"), "nil 3");
    assert_eq!(of("baseline", "resource.env"), "dev 4, prod 1");
    assert_eq!(of("baseline_total", "resource.env"), "nil 5");
    assert_eq!(of("selection", "span.db.rows"), "0 1, 1000 1");
    assert_eq!(of("baseline", "rootName"), " 2, GET / 1, job 2");
    assert_eq!(of("baseline", "instrumentation.lang"), "rust 1");
    assert_eq!(of("baseline", "duration"), "");
    let window = format!("{{}} | compare({{}}, 1, {START}, {})", START + SECOND);
    let series = answer(&window, instant()).series;
    let chosen = series
        .iter()
        .filter(|series| series.labels[0].1 == Value::text("selection_total"));
    let of_names = chosen.filter(|series| series.labels[1].0 == "name");
    assert_eq!(
        of_names
            .map(|series| series.points[0].1)
            .collect::<Vec<_>>(),
        [3.0]
    );
}

#[test]
fn some_spans_are_named_as_exemplars() {
    let series = answer(
        "{ status = error } | max_over_time(duration) by (resource.env)",
        range(),
    )
    .series;
    let named = series.iter().flat_map(|series| &series.exemplars);
    let named: Vec<_> = named
        .map(|exemplar| (exemplar.trace_id.as_str(), exemplar.value))
        .collect();
    assert_eq!(
        named,
        [("bb000000000000000000000000000000", 0.3), ("a001", 0.05)]
    );
    let series = answer("{ status = error } | count_over_time()", range()).series;
    let exemplar = &series[0].exemplars[0];
    assert_eq!(
        (exemplar.millis, exemplar.value),
        (START / 1_000_000 + 30, 2.0)
    );
}

/// Spans, each with a trace and a number of its own.
fn many(count: u64) -> Spans {
    let resource = Arc::default();
    let span = |number: u64| Span {
        trace: number.into(),
        start: START + number,
        name: format!("operation {number}"),
        resource: Arc::clone(&resource),
        ..Span::default()
    };
    Spans((1..=count).map(span).collect())
}

#[test]
fn groups_beyond_the_memory_are_left_out_and_it_is_said() {
    for (query, least) in [
        ("{} | rate() by (name)", 100),
        ("{} | quantile_over_time(duration, 0.5) by (name)", 50),
    ] {
        let metrics = metrics(query);
        let mut run = metrics.run(range(), 100_000);
        run.add(&many(10_000));
        let answer = run.finish();
        assert!(answer.is_partial, "{query}");
        assert!(
            (least..3_000).contains(&answer.series.len()),
            "{query}: {}",
            answer.series.len()
        );
    }
    let metrics = metrics("{} | rate() by (name)");
    let mut run = metrics.run(range(), MEMORY);
    run.add(&many(10_000));
    let answer = run.finish();
    assert_eq!((answer.series.len(), answer.is_partial), (10_000, false));
    let exemplars = answer
        .series
        .iter()
        .map(|series| series.exemplars.len())
        .sum::<usize>();
    assert_eq!(exemplars, 25, "all lie in one of four steps");
}

#[test]
fn an_answer_takes_no_more_memory_than_was_reserved() {
    let window = Window::range(START, START + 2_000 * SECOND, Some(SECOND)).unwrap();
    let mut spans = many(500);
    for (number, span) in (0..).zip(&mut spans.0) {
        span.name = format!("operation {}", number % 20);
        span.duration = 1 << (number % 37);
    }
    for function in [
        "count_over_time()",
        "avg_over_time(duration)",
        "quantile_over_time(duration, 0.5, 0.9, 0.99)",
        "histogram_over_time(duration)",
    ] {
        for memory in [1 << 20, 1 << 30] {
            let metrics = metrics(&format!("{{}} | {function} by (name)"));
            let mut run = metrics.run(window, memory / metrics.copies());
            // All of them start in the first step.
            run.expect(&(START..=START + 500));
            run.add(&spans);
            let reserved = run.memory();
            let answer = run.finish();
            let points = answer.series.iter().map(|series| series.points.len());
            let taken = points.sum::<usize>() * size_of::<(u64, f64)>();
            assert!(
                taken <= reserved && reserved <= memory,
                "{function}: {taken} of {reserved}"
            );
            assert_eq!(answer.is_partial, memory == 1 << 20, "{function}");
        }
    }
}

/// Spans, a hundred in a batch: each has an id of its own as an attribute, and one of a few routes and users.
fn varied() -> Vec<Spans> {
    let span = |number: u64| Span {
        trace: number.into(),
        start: START + number * SECOND / 50,
        status: [Status::Error, Status::Ok][usize::from(!number.is_multiple_of(7))],
        attributes: vec![
            ("id", Value::text(format!("{number:040}"))),
            ("route", Value::text(format!("/{}", number * number % 300))),
            ("user", Value::Int(i64::from(number.is_multiple_of(9)))),
        ],
        ..Span::default()
    };
    let batches = (0..30).map(|batch| Spans((batch * 100..batch * 100 + 100).map(span).collect()));
    batches.collect()
}

#[test]
fn values_that_hardly_repeat_give_their_memory_to_others() {
    let compared = |query: &str, memory| {
        let metrics = metrics(query);
        let mut run = metrics.run(range(), memory);
        for batch in &varied() {
            run.add(batch);
        }
        let given_up = run.given_up();
        (run.finish(), given_up)
    };
    let query = "{} | compare({ status = error }, 1000)";
    let (whole, given_up) = compared(query, MEMORY);
    assert!(!whole.is_partial && given_up.is_empty());
    let id = Source::Attribute(Scope::Span, "id".to_owned());
    let (answer, given_up) = compared(query, 200_000);
    assert!(answer.is_partial);
    assert_eq!(given_up, [id].into());
    let mut left = whole.series;
    left.retain(|series| {
        let [(_, Value::Text(kind)), (field, _)] = &series.labels[..] else {
            panic!("{:?}", series.labels);
        };
        field != "span.id" || kind.ends_with("_total")
    });
    assert_eq!(answer.series, left, "all but the ids are told in whole");
    let (answer, given_up) = compared("{ span.id != `1` } | compare({})", 200_000);
    assert!(
        answer.is_partial && given_up.is_empty(),
        "the query reads them"
    );
}

#[test]
fn every_count_that_is_told_is_whole() {
    let query = metrics("{} | compare({ status = error }, 1000)");
    let batches = varied();
    let mut whole = query.run(range(), MEMORY);
    for batch in &batches {
        whole.add(batch);
    }
    let whole = whole.finish().series;
    for memory in (10_000..400_000).step_by(12_000) {
        let mut run = query.run(range(), memory);
        for batch in &batches {
            run.add(batch);
        }
        let [mut one, mut other] = [(); 2].map(|()| query.run(range(), memory / 2));
        for (number, batch) in batches.iter().enumerate() {
            if number % 3 == 0 {
                &mut other
            } else {
                &mut one
            }
            .add(batch);
        }
        one.absorb(&other);
        for answer in [run.finish(), one.finish()] {
            assert!(answer.is_partial, "{memory}");
            for series in &answer.series {
                assert!(whole.contains(series), "{memory}: {series:?}");
            }
        }
    }
}

#[test]
fn batches_add_up() {
    let metrics = metrics("{} | quantile_over_time(duration, 0.5) by (resource.env)");
    let mut whole = metrics.run(range(), MEMORY);
    whole.add(&nine_spans());
    let mut parts = metrics.run(range(), MEMORY);
    for span in nine_spans().0 {
        parts.add(&Spans(vec![span]));
    }
    let without_exemplars = |answer: Answer| {
        answer
            .series
            .into_iter()
            .map(|series| (series.labels, series.points))
    };
    let (whole, parts) = (
        without_exemplars(whole.finish()),
        without_exemplars(parts.finish()),
    );
    assert_eq!(whole.collect::<Vec<_>>(), parts.collect::<Vec<_>>());
}

/// Spans of which it is known when they start, and whose starts are not read.
#[derive(Debug)]
struct Bounded(Spans, (u64, u64));

impl Batch for Bounded {
    fn start_bounds(&self) -> Option<(u64, u64)> {
        Some(self.1)
    }

    fn starts(&self) -> Cow<'_, [u64]> {
        panic!("nobody needs them")
    }

    fn trace_id(&self, _row: usize) -> [u8; 16] {
        panic!("nobody needs it")
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn trace_ends(&self) -> Cow<'_, [u32]> {
        self.0.trace_ends()
    }

    fn durations(&self) -> Cow<'_, [i64]> {
        self.0.durations()
    }

    fn span_ids(&self) -> Cow<'_, [u64]> {
        self.0.span_ids()
    }

    fn parent_ids(&self) -> Cow<'_, [u64]> {
        self.0.parent_ids()
    }

    fn event_ends(&self) -> Cow<'_, [u32]> {
        self.0.event_ends()
    }

    fn link_ends(&self) -> Cow<'_, [u32]> {
        self.0.link_ends()
    }

    fn column(&self, source: &Source) -> Column<'_> {
        self.0.column(source)
    }

    fn keys(&self, scope: Scope) -> Vec<Cow<'_, str>> {
        self.0.keys(scope)
    }
}

#[test]
fn starts_are_read_only_where_a_batch_lies_in_several_steps_or_examples_are_wanted() {
    let times = (START + 1, START + 30 * SECOND);
    let many = |count| {
        let mut spans = many(count);
        for span in &mut spans.0 {
            span.duration = 5;
        }
        spans
    };
    for query in [
        "{} | rate() by (name)",
        "{ name != `operation 3` } | count_over_time() by (name, span.none)",
        "{ status = unset } | quantile_over_time(duration, .5) by (name)",
        "{} | sum_over_time(duration)",
    ] {
        let metrics = metrics(query);
        for window in [instant(), range()] {
            let mut run = metrics.run(window, MEMORY);
            let mut alike = metrics.run(window, MEMORY);
            assert_eq!(run.needs_starts(times), window == range(), "examples");
            for run in [&mut run, &mut alike] {
                run.add(&many(50));
            }
            assert!(!run.needs_starts(times), "there are enough examples");
            assert!(
                run.needs_starts((START, START + SECOND)),
                "one is too early"
            );
            run.add(&Bounded(many(70), times));
            alike.add(&many(70));
            assert_eq!(run.finish(), alike.finish(), "{query}");
        }
    }
    let rate = metrics("{} | rate()");
    let steps = rate.run(range(), MEMORY);
    assert!(steps.needs_starts((START + 1, START + 31 * SECOND)));
}

#[test]
fn what_two_runs_have_counted_of_a_comparison_adds_up() {
    for query in [
        "{} | compare({ status = error })",
        "{} | compare({ name =~ `.*1` }, 3)",
    ] {
        let metrics = metrics(query);
        assert!(metrics.can_be_divided());
        let [mut whole, mut run, mut other] = [(); 3].map(|()| metrics.run(range(), MEMORY));
        for spans in [nine_spans(), many(100)] {
            whole.add(&spans);
        }
        run.add(&nine_spans());
        other.add(&many(100));
        run.absorb(&other);
        assert_eq!(run.finish(), whole.finish(), "{query}");
    }
    assert!(!metrics("{} | rate()").can_be_divided());
}
