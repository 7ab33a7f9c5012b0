//! The shop's spans with long texts: SQL on every span, a stack trace on one in eight, and a
//! conversation with a model on one in sixteen.

use super::{Random, Sketch, Value};

const WORDS: [&str; 40] = [
    "order", "customer", "the", "of", "price", "shipment", "and", "is", "a", "late", "refund",
    "please", "which", "item", "was", "not", "in", "stock", "when", "I", "asked", "for", "it",
    "you", "can", "find", "address", "number", "with", "that", "invoice", "paid", "by", "card",
    "on", "Monday", "but", "we", "received", "nothing",
];

const COLUMNS: [&str; 12] = [
    "id",
    "created_at",
    "updated_at",
    "customer_id",
    "total",
    "currency",
    "status",
    "note",
    "street",
    "city",
    "country",
    "sku",
];

pub(super) fn sketch(trace: u64, index: u64, random: &mut Random) -> Sketch {
    let mut sketch = super::sketch(trace, index, random);
    sketch
        .attributes
        .push(("db.query.text", Value::Text(query(random))));
    if random.below(8) == 0 {
        sketch.failed = true;
        sketch.exception = Some([
            "java.lang.IllegalStateException".to_owned(),
            words(12, random),
            stack_trace(random),
        ]);
    }
    if random.below(16) == 0 {
        let messages = format!(
            r#"[{{"role":"system","content":"{}"}},{{"role":"user","content":"{}"}}]"#,
            words(150, random),
            words(400, random)
        );
        sketch
            .attributes
            .push(("gen_ai.input.messages", Value::Text(messages)));
        sketch.attributes.push((
            "gen_ai.usage.input_tokens",
            Value::Int(random.below(4000).cast_signed()),
        ));
    }
    sketch
}

fn words(count: u64, random: &mut Random) -> String {
    let words: Vec<_> = (0..count)
        .map(|_| WORDS[random.below(40) as usize])
        .collect();
    words.join(" ")
}

fn query(random: &mut Random) -> String {
    let columns = (0..12 + random.below(12)).map(|_| COLUMNS[random.below(12) as usize]);
    let columns: Vec<_> = columns.map(|column| format!("o.{column}")).collect();
    let values: Vec<_> = (0..random.below(30))
        .map(|_| random.below(1_000_000).to_string())
        .collect();
    format!(
        "SELECT {} FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id IN ({}) AND c.city = $1 ORDER BY o.created_at DESC LIMIT {}",
        columns.join(", "),
        values.join(", "),
        random.below(500)
    )
}

fn stack_trace(random: &mut Random) -> String {
    let frame = |_| {
        format!(
            "\n\tat com.example.shop.{}.{}Service.handle{}({}Service.java:{})",
            WORDS[random.below(40) as usize],
            WORDS[random.below(40) as usize],
            random.below(20),
            WORDS[random.below(40) as usize],
            random.below(900)
        )
    };
    let frames: String = (0..40).map(frame).collect();
    format!("java.lang.IllegalStateException: not in stock{frames}")
}
