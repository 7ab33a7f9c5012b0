//! Changes to attributes and their values.

use crate::model::{Attribute, Value, attribute};

/// All lists that differ from this one in one thing, with a description.
pub(super) fn attributes(all: &[Attribute]) -> Vec<(String, Vec<Attribute>)> {
    let mut mutants = Vec::new();
    let mut push = |name: String, attributes: Vec<Attribute>| mutants.push((name, attributes));
    for (index, one) in all.iter().enumerate() {
        let place = format!("[{:?}]", one.key);
        let with = |change: &dyn Fn(&mut Attribute)| {
            let mut changed = all.to_vec();
            changed.get_mut(index).into_iter().for_each(change);
            changed
        };
        push(format!("{place}: key"), with(&|a| a.key.push('x')));
        for (what, value) in values(&one.value) {
            let changed = with(&|a| a.value.clone_from(&value));
            push(format!("{place}: {what}"), changed);
        }
        let mut removed = all.to_vec();
        removed.remove(index);
        push(format!("{place}: removed"), removed);
        let mut repeated = all.to_vec();
        repeated.insert(index, one.clone());
        push(format!("{place}: repeated"), repeated);
    }
    let twice = all
        .iter()
        .enumerate()
        .filter_map(|(i, a)| Some((i, all.iter().skip(i + 1).position(|b| a.key == b.key)?)));
    for (first, offset) in twice {
        let mut swapped = all.to_vec();
        swapped.swap(first, first + 1 + offset);
        push("order within a key".to_owned(), swapped);
    }
    let mut added = all.to_vec();
    added.push(attribute("never.sent", 1));
    push(": added".to_owned(), added);
    mutants
}

/// Values that differ from this one.
fn values(value: &Value) -> Vec<(&'static str, Value)> {
    let mut mutants = match value {
        Value::Empty => vec![("empty to text", Value::from(""))],
        Value::String(text) => texts(text),
        Value::Bool(bool) => vec![
            ("value", Value::Bool(!bool)),
            ("type", Value::String(bool.to_string())),
        ],
        Value::Int(int) => vec![
            ("value", Value::Int(int.wrapping_add(1))),
            ("sign", Value::Int(int.wrapping_neg())),
            ("type", Value::String(int.to_string())),
            #[expect(clippy::cast_precision_loss, reason = "that is the change")]
            ("type double", Value::Double(*int as f64)),
        ],
        Value::Double(double) => vec![
            (
                "last bit",
                Value::Double(f64::from_bits(double.to_bits() ^ 1)),
            ),
            ("sign", Value::Double(-double)),
            ("type", Value::String(value.text())),
        ],
        Value::Bytes(bytes) => vec![
            ("longer", Value::Bytes([bytes, [7].as_slice()].concat())),
            ("type", Value::String(value.text())),
        ],
        Value::Array(values) => vec![
            (
                "longer",
                Value::Array([values.as_slice(), &[Value::Int(7)]].concat()),
            ),
            ("type", Value::String(value.text())),
            (
                "reversed",
                Value::Array(values.iter().rev().cloned().collect()),
            ),
        ],
        Value::Map(entries) => vec![
            (
                "longer",
                Value::Map([entries.as_slice(), &[attribute("z", 7)]].concat()),
            ),
            ("type", Value::String(value.text())),
        ],
    };
    if *value != Value::Empty {
        mutants.push(("value to empty", Value::Empty));
    }
    mutants
}

fn texts(text: &str) -> Vec<(&'static str, Value)> {
    let mut cut = text.to_owned();
    cut.pop();
    vec![
        ("longer", Value::String(format!("{text}x"))),
        ("cut", Value::String(cut)),
        ("capitals", Value::String(text.to_uppercase())),
        ("NUL", Value::String(text.replace('\0', ""))),
        ("trimmed", Value::String(text.trim().to_owned())),
        (
            "ASCII",
            Value::String(text.replace(|c: char| !c.is_ascii(), "?")),
        ),
    ]
}
