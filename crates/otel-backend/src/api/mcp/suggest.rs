//! Suggests similar names for one that was not found.

/// The edit distance from which two names count as unrelated.
const FAR: usize = 4;

/// The names most similar to one that was not found: first those that contain it or are contained
/// in it, then those that differ in a few letters.
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

/// Limits the length, since the cost of a comparison is quadratic.
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
