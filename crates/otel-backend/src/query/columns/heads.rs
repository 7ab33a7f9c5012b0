//! The resources and scopes of a frame of columns.

use std::collections::BTreeSet;

use traceql::{Scope as At, Value};

use crate::format::otlp::{Group, SpanGroup, span_groups};
use crate::query::traceql::batch::number;
use crate::store::{Heads, ReadAt, ReadError, Scan};

/// The resources and scopes of a frame, and which of them each span has.
#[derive(Debug)]
pub(super) struct SharedHeads {
    heads: Heads,
    pub(super) codes: Vec<u32>,
    is_readable: bool,
}

impl SharedHeads {
    /// Reads them once; `None` if they are not what OTLP says.
    pub(super) fn get<'h, R: ReadAt<Error = ReadError>>(
        known: &'h mut Option<Self>,
        scan: &mut Scan<'_, '_, R>,
    ) -> Result<Option<&'h Self>, ReadError> {
        if known.is_none() {
            let code = |code| number(usize::try_from(code).unwrap_or(usize::MAX));
            let codes = scan.group.head_codes()?.into_iter().map(code);
            let heads = scan.group.heads()?;
            *known = Some(Self {
                codes: codes.collect(),
                is_readable: groups_of(&heads).is_some(),
                heads,
            });
        }
        Ok(known.as_ref().filter(|heads| heads.is_readable))
    }

    /// A value of each.
    pub(super) fn values(
        &self,
        take: impl Fn(&SpanGroup<'_>) -> Value<'static>,
    ) -> Vec<Value<'static>> {
        self.groups().iter().flatten().map(take).collect()
    }

    /// The keys of the attributes of all of them.
    pub(super) fn keys(&self, scope: At) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for group in self.groups().iter().flatten() {
            let attributes = match scope {
                At::Instrumentation => &group.scope.attributes,
                _ => &group.resource.attributes,
            };
            keys.extend(attributes.iter().map(|attribute| attribute.key.to_string()));
        }
        keys
    }

    /// All of them decoded, without spans.
    fn groups(&self) -> Option<Vec<SpanGroup<'_>>> {
        groups_of(&self.heads)
    }
}

/// The resources and scopes, decoded; `None` if one cannot be read.
pub(super) fn groups_of(heads: &Heads) -> Option<Vec<SpanGroup<'_>>> {
    let groups = heads.iter().map(|head| Group {
        head,
        spans: Vec::new(),
    });
    span_groups(groups.collect()).ok()
}
