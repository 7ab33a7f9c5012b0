//! The parameters of a request.

/// Names and values in the given order. Names may repeat; unknown ones are ignored.
pub(in crate::api) type Pairs = Vec<(String, String)>;

/// The values of all parameters with that name.
pub(in crate::api) fn all<'p>(pairs: &'p Pairs, name: &str) -> impl Iterator<Item = &'p str> {
    pairs
        .iter()
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// The value of the first parameter with that name; `None` if it is empty.
pub(in crate::api) fn first<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    all(pairs, name).next().filter(|value| !value.is_empty())
}

/// Like [`first`], but owned.
pub(in crate::api) fn text(pairs: &Pairs, name: &str) -> Option<String> {
    first(pairs, name).map(ToOwned::to_owned)
}

/// Returns true if the request asks for indented JSON, by any value but "false".
pub(in crate::api) fn is_pretty(pairs: &Pairs) -> bool {
    first(pairs, "prettyPrint").is_some_and(|value| value != "false")
}
