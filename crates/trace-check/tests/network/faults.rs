//! Tests that each fault planted in a backend is named correctly, and that nothing else is blamed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value as Json;
use trace_check::compare::Fault as Named;
use trace_check::model::{Plan, Scenario};
use trace_check::protocol::Protocol;
use trace_check::read::{Api, detect};
use trace_check::roundtrip::{self, Outcome, Result, Settings, Step};

use crate::backend::{self, Asked, Fault, span};
use crate::http::{Response, Server};

/// Sends some traces to a backend with this fault, and reads them back.
fn run(fault: Fault) -> Outcome {
    run_at(&backend::start(fault))
}

fn run_at(server: &Server) -> Outcome {
    let backend = detect(&server.url()).unwrap();
    let settings = Settings {
        name: None,
        plan: Plan {
            seed: 5,
            at: 1_700_000_000_000_000_000,
        },
        receivers: vec![(Protocol::OtlpJson, format!("{}/v1/traces", server.url()))],
        all_required: true,
        scenarios: vec![
            Scenario::Status,
            Scenario::Links,
            Scenario::Late,
            Scenario::Twice,
        ],
        check_only: false,
        spans_only: false,
        prove: false,
        timeout: Duration::from_secs(1),
    };
    roundtrip::run(settings, backend)
}

/// The names of the faults found.
fn named(outcome: &Outcome) -> BTreeSet<Named> {
    let views = outcome.lanes.iter().flat_map(|lane| lane.views.values());
    let defects = views.flat_map(|view| &view.defects);
    defects.map(|defect| defect.difference.fault).collect()
}

fn assert_named(fault: Fault, names: &[Named]) -> Outcome {
    let outcome = run(fault);
    assert_eq!(named(&outcome), names.iter().copied().collect());
    let expected = if names.is_empty() {
        Result::Whole
    } else {
        Result::Defects
    };
    assert_eq!(outcome.result(), expected);
    outcome
}

#[test]
fn a_backend_without_a_fault_is_whole() {
    let outcome = assert_named(|_, _| {}, &[]);
    let lane = &outcome.lanes[0];
    assert_eq!(lane.counts.broken(), None, "{:?}", lane.counts);
    assert!(lane.visible.is_some());
    let report = roundtrip::report::text(&outcome);
    assert!(
        report.ends_with("no defect: 1 of 1 protocols checked\n"),
        "{report}"
    );
}

/// Jaeger's old API cannot write a number that is not finite.
#[test]
fn a_trace_that_jaeger_refuses() {
    const WORDS: &str = "json: unsupported value: +Inf";
    let server = backend::start_with(
        |_, _| {},
        |id| match id {
            "00000000000000000000000000000001" => {
                Response::new(404, r#"{"data":null,"errors":[{"code":404}]}"#)
            }
            _ => Response::new(
                500,
                format!(r#"{{"data":null,"errors":[{{"msg":"{WORDS}"}}]}}"#),
            ),
        },
    );
    let settings = |scenario| Settings {
        name: None,
        plan: Plan {
            seed: 9,
            at: 1_700_000_000_000_000_000,
        },
        receivers: vec![(Protocol::OtlpJson, format!("{}/v1/traces", server.url()))],
        all_required: true,
        scenarios: vec![scenario],
        check_only: false,
        spans_only: false,
        prove: false,
        timeout: Duration::from_millis(100),
    };
    let run = |scenario| roundtrip::run(settings(scenario), detect(&server.url()).unwrap());
    // The error is excused if there is such a number, and it is reported.
    let values = run(Scenario::Values);
    let old = &values.lanes[0].views[&Api::Jaeger];
    assert_eq!(old.defects, []);
    assert_eq!(old.rules[0].name, "jaeger-not-finite");
    let report = roundtrip::report::text(&values);
    assert!(report.contains(WORDS), "{report}");
    // But not for other traces.
    let late = run(Scenario::Late);
    let old = &late.lanes[0].views[&Api::Jaeger];
    assert_eq!(old.defects[0].difference.fault, Named::TraceMissing);
    assert!(old.defects[0].difference.found.contains(WORDS));
}

/// People get a line for each kind of defect, however many there are, and programs get every
/// defect.
#[test]
fn defects_of_one_kind_are_one_line() {
    let outcome = run(|spans, _| {
        for group in spans {
            span(group)["name"] = "other".into();
        }
    });
    let report = roundtrip::report::text(&outcome);
    let count = outcome.lanes[0].counts.created;
    assert!(count > 20, "{count}");
    let lines: Vec<&str> = report
        .lines()
        .filter(|l| l.contains("field-changed"))
        .collect();
    assert_eq!(lines.len(), 1, "{report}");
    assert!(lines[0].contains(&format!("{count} times")), "{report}");
    let json = roundtrip::json::text(&outcome).unwrap();
    assert_eq!(json.matches("field-changed").count(), count);
}

/// Jaeger's warnings are reported as its own, and are not added attributes.
#[test]
fn a_remark_of_the_backend_is_no_defect() {
    let outcome = assert_named(
        |spans, _| {
            let attributes = span(&mut spans[0]).as_object_mut().unwrap();
            let attributes = attributes
                .entry("attributes")
                .or_insert(Json::Array(Vec::new()));
            attributes.as_array_mut().unwrap().push(serde_json::json!({
                "key": "@jaeger@warnings",
                "value": {"arrayValue": {"values": [{"stringValue": "the clock is odd"}]}},
            }));
        },
        &[],
    );
    let report = roundtrip::report::text(&outcome);
    assert!(report.contains("the clock is odd"), "{report}");
}

#[test]
fn a_span_that_is_dropped() {
    let outcome = assert_named(
        |spans, _| {
            if spans.len() > 10 {
                spans.remove(3);
            }
        },
        &[Named::SpanMissing],
    );
    let lane = &outcome.lanes[0];
    assert_eq!(
        lane.counts.broken(),
        Some(Step::Returned),
        "{:?}",
        lane.counts
    );
    assert_eq!(lane.counts.returned + 1, lane.counts.created);
}

#[test]
fn an_attribute_that_is_changed() {
    let fault: Fault = |spans, _| {
        for group in spans {
            for link in span(group)["links"].as_array_mut().into_iter().flatten() {
                if link["attributes"][1]["value"]["intValue"] == "3" {
                    link["attributes"][1]["value"]["intValue"] = "4".into();
                }
            }
        }
    };
    let outcome = assert_named(fault, &[Named::AttributeChanged]);
    let view = outcome.lanes[0].views.values().next().unwrap();
    let difference = &view.defects[0].difference;
    assert_eq!(difference.path, r#"links[0].attributes["n"]"#);
    assert_eq!(
        (difference.expected.as_str(), difference.found.as_str()),
        ("3", "4")
    );
}

#[test]
fn microseconds_that_are_truncated() {
    let fault: Fault = |spans, _| {
        for group in spans {
            for time in ["startTimeUnixNano", "endTimeUnixNano"] {
                let nanos: u64 = span(group)[time].as_str().unwrap().parse().unwrap();
                span(group)[time] = (nanos - nanos % 1_000).to_string().into();
            }
        }
    };
    assert_named(fault, &[Named::TimeTruncated]);
}

#[test]
fn a_link_that_is_lost() {
    let fault: Fault = |spans, _| {
        for group in spans {
            let links = span(group)["links"].as_array_mut().unwrap();
            if links.len() > 1 {
                links.remove(0);
            }
        }
    };
    assert_named(fault, &[Named::LinkLost]);
}

#[test]
fn two_traces_that_are_merged() {
    let fault: Fault = |spans, asked| {
        let id = span(&mut spans[0])["traceId"].clone();
        let others = asked.traces.iter().filter(|(other, _)| id != **other);
        let mut others: Vec<Json> = others.flat_map(|(_, spans)| spans.clone()).collect();
        for group in &mut others {
            span(group)["traceId"] = id.clone();
        }
        spans.extend(others);
    };
    assert_named(fault, &[Named::TracesMerged]);
}

#[test]
fn an_answer_that_is_stale() {
    let fault: Fault = |spans, asked: &Asked<'_>| {
        if let Some(first) = asked.first_answer {
            spans.clone_from(first);
        }
    };
    assert_named(fault, &[Named::StaleAnswer]);
}

#[test]
fn an_answer_that_is_another_trace() {
    let fault: Fault = |spans, asked| {
        let smallest = asked.traces.iter().min_by_key(|(id, _)| (*id).clone());
        spans.clone_from(smallest.unwrap().1);
    };
    assert_named(fault, &[Named::StaleAnswer]);
}

/// grafana/tempo#1432: the spans are there, but their resource is empty.
#[test]
fn a_resource_that_is_empty() {
    let fault: Fault = |spans, _| {
        for group in spans {
            group["resource"] = Json::Object(serde_json::Map::new());
        }
    };
    assert_named(fault, &[Named::ResourceEmpty]);
}

#[test]
fn links_in_another_order() {
    let fault: Fault = |spans, _| {
        for group in spans {
            span(group)["links"].as_array_mut().unwrap().reverse();
        }
    };
    assert_named(fault, &[Named::OrderChanged]);
}

#[test]
fn a_span_that_nobody_sent() {
    let fault: Fault = |spans, _| {
        let mut copy = spans[0].clone();
        span(&mut copy)["spanId"] = "0123456789abcdef".into();
        spans.push(copy);
    };
    assert_named(fault, &[Named::SpanUnknown]);
}

/// A later run with the same seed and time can check what an earlier one sent.
#[test]
fn a_run_can_be_checked_again_with_nothing_stored() {
    let server = backend::start(|_, _| {});
    let mut settings = Settings {
        name: None,
        plan: Plan {
            seed: 6,
            at: 1_700_000_000_000_000_000,
        },
        receivers: vec![(Protocol::OtlpJson, format!("{}/v1/traces", server.url()))],
        all_required: true,
        scenarios: vec![Scenario::Links, Scenario::Late],
        check_only: false,
        spans_only: false,
        prove: true,
        timeout: Duration::from_secs(1),
    };
    let backend = || detect(&server.url()).unwrap();
    let first = roundtrip::run(settings.clone(), backend());
    assert_eq!(first.result(), Result::Whole);
    settings.check_only = true;
    let again = roundtrip::run(settings.clone(), backend());
    assert_eq!(again.result(), Result::Whole);
    assert_eq!(
        again.lanes[0].counts.returned,
        first.lanes[0].counts.returned
    );
    // The proof also covers what was returned over the network.
    assert!(again.lanes[0].tally.mutants > 100);
    assert_eq!(again.lanes[0].tally.kill_rate(), 100);
    settings.plan.seed = 7;
    let other = roundtrip::run(settings, backend());
    assert_eq!(named(&other), [Named::TraceMissing].into());
}

/// A protocol without a receiver is not reported as checked.
#[test]
fn a_protocol_that_nobody_receives_is_said_not_to_be_checked() {
    let server = backend::start(|_, _| {});
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = unused.local_addr().unwrap().port();
    drop(unused);
    let mut settings = Settings {
        name: None,
        plan: Plan {
            seed: 8,
            at: 1_700_000_000_000_000_000,
        },
        receivers: vec![
            (Protocol::OtlpJson, format!("{}/v1/traces", server.url())),
            (Protocol::OtlpGrpc, format!("http://127.0.0.1:{port}")),
        ],
        all_required: false,
        scenarios: vec![Scenario::Late],
        check_only: false,
        spans_only: false,
        prove: false,
        timeout: Duration::from_secs(1),
    };
    let backend = detect(&server.url()).unwrap();
    let outcome = roundtrip::run(settings.clone(), backend.clone());
    assert_eq!(outcome.result(), Result::Whole);
    let report = roundtrip::report::text(&outcome);
    let last = report.lines().last().unwrap();
    assert_eq!(
        last,
        "no defect: 1 of 2 protocols checked; not offered, so not checked: otlp-grpc"
    );
    let junit = roundtrip::junit::text(&outcome);
    assert!(junit.contains("skipped=\"1\""), "{junit}");

    settings.all_required = true;
    assert_eq!(
        roundtrip::run(settings.clone(), backend.clone()).result(),
        Result::Defects
    );
    settings.receivers.remove(0);
    assert_eq!(roundtrip::run(settings, backend).result(), Result::Nothing);
}
