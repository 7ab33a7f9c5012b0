//! Groups defects by kind, since a person wants a line for each kind and not for each span.

use std::fmt;

use super::View;
use crate::compare::Fault;
use crate::judge::Defect;
use crate::protocol::Protocol;
use crate::read::Api;

/// All defects with the same fault at the same place.
#[derive(Debug)]
pub(super) struct DefectKind<'a> {
    fault: Fault,
    /// The place without numbers and keys, for example `events[].attributes[]`.
    place: String,
    /// The number of defects.
    pub(super) count: usize,
    /// The first defect.
    first: &'a Defect,
    /// The distinct protocols with this defect.
    protocols: Vec<Protocol>,
    /// The distinct APIs with this defect.
    apis: Vec<Api>,
}

/// Writes the count and the first defect.
impl fmt::Display for DefectKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |names: Vec<&str>| names.join(", ");
        let protocols = names(self.protocols.iter().map(|p| p.name()).collect());
        let apis = names(self.apis.iter().map(|api| api.name()).collect());
        let times = if self.count == 1 {
            "once".to_owned()
        } else {
            format!("{} times, first", self.count)
        };
        write!(f, "{times} {} [{protocols}; {apis}]", self.first)
    }
}

/// Groups the defects of the views, in the order of the first of each kind.
pub(super) fn kinds<'a>(
    views: impl Iterator<Item = (Protocol, Api, &'a View)>,
) -> Vec<DefectKind<'a>> {
    let mut kinds: Vec<DefectKind<'a>> = Vec::new();
    for (protocol, api, view) in views {
        for defect in &view.defects {
            let fault = defect.difference.fault;
            let place = place(&defect.difference.path);
            let same = kinds
                .iter()
                .position(|kind| kind.fault == fault && kind.place == place);
            let index = same.unwrap_or_else(|| {
                kinds.push(DefectKind {
                    fault,
                    place,
                    count: 0,
                    first: defect,
                    protocols: Vec::new(),
                    apis: Vec::new(),
                });
                kinds.len() - 1
            });
            if let Some(kind) = kinds.get_mut(index) {
                kind.count += 1;
                add(&mut kind.protocols, protocol);
                add(&mut kind.apis, api);
            }
        }
    }
    kinds
}

fn add<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// The path without the text in brackets, in which keys are quoted and may hold anything.
fn place(path: &str) -> String {
    let mut place = String::new();
    let (mut in_brackets, mut in_quotes, mut escaped) = (false, false, false);
    for character in path.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            '[' if !in_quotes => {
                in_brackets = true;
                place.push('[');
            }
            ']' if !in_quotes => {
                in_brackets = false;
                place.push(']');
            }
            _ if in_brackets => {}
            other => place.push(other),
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_no_numbers_and_no_keys() {
        assert_eq!(
            place(r#"events[12].attributes["a]\"[b.c"].x"#),
            "events[].attributes[].x"
        );
        assert_eq!(place("scope.name"), "scope.name");
    }
}
