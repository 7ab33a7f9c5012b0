//! Values of every type, in all places that have attributes.

use std::sync::Arc;

use crate::model::builder::Builder;
use crate::model::{Attribute, Event, Resource, Scope, Value, attribute};

/// Longer than Tempo keeps, but short enough for a datagram.
const LONG: usize = 5_000;

pub(in crate::model) fn values(builder: &mut Builder) {
    let mut root = builder.span(None);
    root.attributes = hostile();
    let root = builder.push(root);
    let mut unicode = builder.span(Some(root));
    "naïve 日本語 🦀 \u{202e}\"quoted\" \\ \t".clone_into(&mut unicode.name);
    builder.push(unicode);
    let mut unnamed = builder.span(Some(root));
    unnamed.name = String::new();
    builder.push(unnamed);
}

pub(in crate::model) fn events(builder: &mut Builder) {
    let mut root = builder.span(None);
    let start = root.start;
    let event = |time: u64, name: &str, attributes: Vec<Attribute>| Event {
        time,
        name: name.to_owned(),
        attributes,
        dropped: 0,
    };
    root.events = vec![
        event(start + 1_001, "zeta", every_kind()),
        event(start + 5_003, "alpha", vec![attribute("n", 1)]),
        event(start + 5_003, "alpha", vec![attribute("n", 2)]),
        event(start + 9_999, "naïve 🦀", Vec::new()),
        event(start + 10_000, "", vec![attribute("nameless", true)]),
    ];
    let root = builder.push(root);
    let mut disordered = builder.span(Some(root));
    let start = disordered.start;
    disordered.events = vec![
        event(start + 700_000, "late", Vec::new()),
        event(start + 100_000, "early", Vec::new()),
        event(start - 400_000, "before", Vec::new()),
    ];
    builder.push(disordered);
}

pub(in crate::model) fn origins(builder: &mut Builder) {
    let root = builder.plain(None);

    let mut attributes = builder.resource.attributes.clone();
    attributes.extend(every_kind());
    attributes.push(attribute("hostname", "web-1"));
    builder.resource = Arc::new(Resource {
        attributes,
        schema_url: "https://opentelemetry.io/schemas/1.27.0".to_owned(),
        ..Resource::default()
    });
    builder.scope = Arc::new(Scope {
        name: "scope with attributes".to_owned(),
        version: "2.0-β".to_owned(),
        attributes: every_kind(),
        schema_url: "https://opentelemetry.io/schemas/1.26.0".to_owned(),
        ..Scope::default()
    });
    builder.plain(Some(root));

    builder.scope = Arc::new(Scope {
        name: "scope without a version".to_owned(),
        ..Scope::default()
    });
    builder.plain(Some(root));

    builder.resource = Arc::default();
    builder.scope = Arc::default();
    builder.plain(Some(root));
}

/// A value of each type.
fn every_kind() -> Vec<Attribute> {
    vec![
        attribute("kind.string", "text"),
        attribute("kind.bool", true),
        attribute("kind.int", 9_007_199_254_740_993),
        attribute("kind.double", 72.5),
        attribute("kind.bytes", vec![0_u8, 1, 254, 255]),
        attribute("kind.array", vec![Value::from("x"), Value::from("y")]),
        attribute("kind.map", vec![attribute("a", 1)]),
        attribute("kind.empty", Value::Empty),
    ]
}

/// Attributes that have broken translators before.
fn hostile() -> Vec<Attribute> {
    let mut all = every_kind();
    all.extend(texts());
    all.extend(numbers());
    all.extend(structures());
    all.extend([
        attribute("", "empty key"),
        attribute("twice", "first"),
        attribute("twice", "second"),
        attribute("key with spaces, 日本 and \"quotes\"", "x"),
        // Some translators take this for a status unless they check its type.
        attribute("error", false),
    ]);
    all
}

fn texts() -> Vec<Attribute> {
    vec![
        attribute("text.empty", ""),
        attribute(
            "text.unicode",
            "naïve 日本語 🦀 e\u{301} \u{202e}rtl \u{feff}",
        ),
        attribute("text.nul", "a\0b"),
        attribute("text.controls", "\u{1}\t\r\n\u{7f}\"\\/</script>"),
        attribute("text.number", "007"),
        attribute("text.json", r#"{"looks":["like","json"]}"#),
        attribute("text.long", "0123456789".repeat(LONG / 10)),
    ]
}

fn numbers() -> Vec<Attribute> {
    vec![
        attribute("bool.false", false),
        attribute("int.zero", 0),
        attribute("int.minus_one", -1),
        attribute("int.max", i64::MAX),
        attribute("int.min", i64::MIN),
        attribute("double.whole", 100.0),
        attribute("double.zero", 0.0),
        attribute("double.minus_zero", -0.0),
        attribute("double.inexact", 0.1 + 0.2),
        attribute("double.smallest", 5e-324),
        attribute("double.largest", f64::MAX),
        attribute("double.nan", f64::NAN),
        attribute("double.infinite", f64::INFINITY),
        attribute("double.minus_infinite", f64::NEG_INFINITY),
    ]
}

fn structures() -> Vec<Attribute> {
    let nested = vec![
        attribute("b", vec![Value::from(1), Value::from(0.5)]),
        attribute("c", "é\""),
    ];
    vec![
        attribute("bytes.none", Vec::<u8>::new()),
        attribute("array.none", Vec::<Value>::new()),
        attribute("array.ints", vec![Value::Int(-1), Value::Int(2)]),
        attribute(
            "array.doubles",
            vec![Value::Double(0.5), Value::Double(-1.25)],
        ),
        attribute("array.bools", vec![Value::Bool(true), Value::Bool(false)]),
        attribute(
            "array.mixed",
            vec![Value::from("a\"b"), Value::from(7), nested.clone().into()],
        ),
        attribute("map.none", Vec::<Attribute>::new()),
        attribute("map.nested", vec![attribute("a", nested)]),
    ]
}
