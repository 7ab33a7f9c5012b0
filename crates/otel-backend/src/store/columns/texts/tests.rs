//! Tests of the table of distinct values.

use xxhash_rust::xxh3::xxh3_64;

use super::*;

#[test]
fn senders_cannot_choose_values_that_share_a_slot() {
    // With a hash that everybody knows, these would all begin at the first slot.
    let known = |value: &String| xxh3_64(value.as_bytes()).trailing_zeros() >= 12;
    let values = (0..).map(|number| format!("value {number}")).filter(known);
    let mut texts = TextsBuilder::default();
    for value in values.take(1000) {
        texts.push(value.as_bytes());
        texts.push(value.as_bytes());
    }
    assert!(!texts.is_plain);
    let taken = texts.slots.split(|slot| *slot == 0);
    let longest = taken.map(<[_]>::len).max().unwrap();
    assert!(longest < 200, "{longest} of 1000 lie side by side");
}
