//! The fields that the console exporter does not print.
//!
//! `verify` knows of the sent spans only what programs printed. These rules remove from a span what
//! is not printed, on both sides of the comparison.

use std::sync::Arc;

use super::RuleAction::{Agree, Change};
use super::{Field, Origin, Rule, rules};
use crate::model::{Kind, Span};

/// Printed times are rounded to microseconds; Jaeger's protocols and v1 API truncate them.
const INSTANT_NANOS: u64 = 1_000;
/// An end may be computed from a start and a duration, each truncated.
const END_NANOS: u64 = 2_000;

/// The fields that are not printed.
pub(super) static CONSOLE: [Rule; 8] = [
    Origin::Console.rule(
        "console-scope",
        &[Field::Scope, Field::Attributes],
        "the scope is not printed, also not where a backend leaves it among the attributes",
        Change(no_scope),
    ),
    Origin::Console.rule(
        "console-schema",
        &[Field::Schema],
        "schema URLs are not printed by every SDK",
        Change(rules::no_schema_urls),
    ),
    Origin::Console.rule(
        "console-flags",
        &[Field::Flags],
        "flags are not printed",
        Change(rules::no_flags),
    ),
    Origin::Console.rule(
        "console-dropped",
        &[Field::Dropped],
        "counts of what was dropped are not printed",
        Change(rules::no_dropped_counts),
    ),
    Origin::Console.rule(
        "console-kind",
        &[Field::Kind],
        "no kind is printed as INTERNAL",
        Change(|span| {
            if span.kind == Kind::Unspecified {
                span.kind = Kind::Internal;
            }
        }),
    ),
    Origin::Console.rule(
        "console-link-type",
        &[Field::Links],
        "links are printed without the type of reference that Jaeger's protocols give them",
        Change(|span| {
            for link in &mut span.links {
                link.attributes.retain(|a| a.key != "opentracing.ref_type");
            }
        }),
    ),
    Origin::Console.rule(
        "console-keys",
        &[
            Field::Attributes,
            Field::Events,
            Field::Links,
            Field::Resource,
        ],
        "of attributes with one key, the last is printed",
        Change(rules::keys_once),
    ),
    Origin::Console.rule(
        "console-times",
        &[Field::Times, Field::Events],
        "times are printed in whole microseconds",
        Agree(times),
    ),
];

/// The attributes in which exporters and backends may store the scope.
const SCOPE: [&str; 4] = [
    "otel.scope.name",
    "otel.scope.version",
    "otel.library.name",
    "otel.library.version",
];

fn no_scope(span: &mut Span) {
    span.scope = Arc::default();
    span.attributes
        .retain(|attribute| !SCOPE.contains(&attribute.key.as_str()));
}

fn times(expected: &mut Span, found: &Span) {
    let agree = |expected: &mut u64, found: u64, rounding| {
        if expected.abs_diff(found) <= rounding {
            *expected = found;
        }
    };
    agree(&mut expected.start, found.start, INSTANT_NANOS);
    agree(&mut expected.end, found.end, END_NANOS);
    for (event, other) in expected.events.iter_mut().zip(&found.events) {
        agree(&mut event.time, other.time, INSTANT_NANOS);
    }
}
