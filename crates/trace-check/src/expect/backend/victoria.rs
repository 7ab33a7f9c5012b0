//! Changes by `VictoriaTraces` (0297391, July 2025), as measured.

use std::sync::Arc;

use super::{Rule, TWICE};
use crate::expect::RuleAction::{Change, Lose};
use crate::expect::rules::{for_all_values, push_text};
use crate::expect::{Field, Origin, rules};
use crate::model::{Attribute, Code, Kind, Span, Value, attribute};

pub(super) static CERTAIN: [Rule; 8] = [
    Origin::Backend.rule(
        "victoria-maps",
        &[Field::Attributes, Field::Events, Field::Resource],
        "VictoriaTraces makes attributes `a.b` of the entries of a map `a`",
        Change(flatten),
    ),
    Origin::Store.rule(
        "victoria-text",
        &[Field::Attributes, Field::Events, Field::Resource],
        "VictoriaTraces keeps every value as text",
        Change(text),
    ),
    Origin::Store.rule(
        "victoria-empty",
        &[Field::Attributes, Field::Events, Field::Resource],
        "VictoriaTraces shows `-` where a value is empty",
        Change(dash),
    ),
    Origin::Backend.rule(
        "victoria-scope",
        &[Field::Scope, Field::Attributes],
        "VictoriaTraces shows attributes of the scope as attributes `scope_attr:…` of the span",
        Change(scope),
    ),
    Origin::Backend.rule(
        "victoria-status",
        &[Field::Status, Field::Attributes],
        "VictoriaTraces shows the status as an attribute `error`: true, false or unset",
        Change(status),
    ),
    Origin::Backend.rule(
        "victoria-kind",
        &[Field::Kind, Field::Attributes],
        "VictoriaTraces shows an empty attribute `span.kind` where there is no kind",
        Change(|span| {
            if span.kind == Kind::Unspecified {
                span.attributes.push(attribute("span.kind", ""));
            }
        }),
    ),
    Origin::Backend.rule(
        "victoria-parent-link",
        &[Field::Links],
        "VictoriaTraces writes a link to the parent in the parent's place",
        Change(rules::parent_link_first),
    ),
    Origin::Store.rule(
        "victoria-flags",
        &[Field::Flags],
        "VictoriaTraces shows no flags",
        Change(rules::no_flags),
    ),
];

pub(super) static POSSIBLE: [Rule; 3] = [
    Origin::Backend.rule(
        "victoria-key-order",
        &[Field::Attributes],
        "VictoriaTraces shows attributes with one key in another order",
        Change(reverse_keys),
    ),
    Origin::Store.rule(
        "victoria-backwards",
        &[Field::Structure],
        "VictoriaTraces does not show a span that ends before it starts",
        Lose(|span| span.end < span.start),
    ),
    TWICE,
];

/// The entries of a map become attributes of their own; an empty map disappears.
fn flatten(span: &mut Span) {
    flatten_all(&mut span.attributes);
    span.events
        .iter_mut()
        .for_each(|e| flatten_all(&mut e.attributes));
    flatten_all(&mut Arc::make_mut(&mut span.resource).attributes);
    flatten_all(&mut Arc::make_mut(&mut span.scope).attributes);
}

fn flatten_all(attributes: &mut Vec<Attribute>) {
    for Attribute { key, value } in std::mem::take(attributes) {
        match value {
            Value::Map(mut entries) => {
                flatten_all(&mut entries);
                for entry in entries {
                    attributes.push(Attribute {
                        key: format!("{key}.{}", entry.key),
                        value: entry.value,
                    });
                }
            }
            value => attributes.push(Attribute { key, value }),
        }
    }
}

/// Doubles are written as in Go's JSON; for values that it cannot write, the error message is
/// stored.
fn text(span: &mut Span) {
    for_all_values(span, |value| {
        let text = match &*value {
            Value::Double(double) if double.is_nan() => "json: unsupported value: NaN".to_owned(),
            Value::Double(double) if double.is_infinite() => {
                let sign = if *double > 0.0 { '+' } else { '-' };
                format!("json: unsupported value: {sign}Inf")
            }
            Value::Double(double) if *double != 0.0 => {
                let size = double.abs();
                match format!("{double:e}") {
                    _ if (1e-6..1e21).contains(&size) => double.to_string(),
                    text if size >= 1e21 => text.replace('e', "e+"),
                    text => text,
                }
            }
            other => other.text(),
        };
        *value = Value::String(text);
    });
}

fn dash(span: &mut Span) {
    for_all_values(span, |value| {
        if *value == Value::from("") {
            *value = Value::from("-");
        }
    });
}

fn scope(span: &mut Span) {
    let attributes = std::mem::take(&mut Arc::make_mut(&mut span.scope).attributes);
    let shown = attributes.into_iter().map(|attribute| Attribute {
        key: format!("scope_attr:{}", attribute.key),
        value: attribute.value,
    });
    span.attributes.extend(shown);
}

fn status(span: &mut Span) {
    let status = std::mem::take(&mut span.status);
    let error = match status.code {
        Code::Unset => "unset",
        Code::Ok => "false",
        Code::Error => "true",
    };
    push_text(span, "error", error.to_owned());
    push_text(span, "otel.status_description", status.message);
}

/// Attributes with the same key are returned in reverse order. The status, shown as `error`, still
/// comes after an attribute of that name.
fn reverse_keys(span: &mut Span) {
    span.attributes.reverse();
    let is_error = |attribute: &Attribute| attribute.key == "error";
    let errors = span.attributes.extract_if(.., |a| is_error(a));
    let errors: Vec<_> = errors.collect();
    span.attributes.extend(errors.into_iter().rev());
}
