//! The nearest of several names, for what was not found.

/// Distance from which on two names have nothing in common.
const FAR: usize = 4;

/// At most so many of the names that are most like one that was not found: those that hold it or are
/// held by it first, then those that differ in a few letters.
pub(super) fn nearest<'n>(
    wanted: &str,
    names: impl Iterator<Item = &'n str>,
    limit: usize,
) -> Vec<&'n str> {
    let wanted = head(wanted).to_lowercase();
    let mut near: Vec<_> = names
        .filter_map(|name| Some((distance(&wanted, &head(name).to_lowercase())?, name)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(limit).map(|(_, name)| name).collect()
}

/// The comparison takes the square of their lengths.
fn head(text: &str) -> &str {
    let end = text.char_indices().nth(64).map_or(text.len(), |(at, _)| at);
    text.split_at(end).0
}

fn distance(wanted: &str, name: &str) -> Option<usize> {
    if name.contains(wanted) || (!name.is_empty() && wanted.contains(name)) {
        return Some(0);
    }
    let letters = strsim::osa_distance(wanted, name);
    (letters < FAR && 2 * letters <= wanted.chars().count()).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hold_it_come_before_those_that_are_like_it() {
        let names = ["order.id", "oder", "user", "http.route"];
        assert_eq!(nearest("order", names.into_iter(), 3), ["order.id", "oder"]);
        assert!(nearest("zzz", names.into_iter(), 3).is_empty());
    }
}
