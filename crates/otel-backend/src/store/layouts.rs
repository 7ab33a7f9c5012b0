//! Heads of frames of columns that have been read: most questions ask all frames, one after the other,
//! and to read and unpack a head takes longer than what they ask of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::columns::Layout;
use super::lock;

/// Bytes that are kept: the heads of some million spans, with their filters.
const MAX: usize = 40 << 20;

/// The heads of frames of the newest blocks.
#[derive(Debug, Default)]
pub(super) struct Layouts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By the id of the block, and where the frame begins in it.
    layouts: BTreeMap<(i64, u32), Arc<Layout>>,
    bytes: usize,
}

impl Layouts {
    /// The head of a frame, from memory or from where it is read.
    pub(super) fn get<E>(
        &self,
        block: i64,
        offset: u32,
        read: impl FnOnce() -> Result<Layout, E>,
    ) -> Result<Arc<Layout>, E> {
        let place = (block, offset);
        if let Some(layout) = lock(&self.0).layouts.get(&place) {
            return Ok(Arc::clone(layout));
        }
        let layout = Arc::new(read()?);
        lock(&self.0).keep(place, Arc::clone(&layout), MAX);
        Ok(layout)
    }
}

impl Kept {
    /// Keeps a head, and of all as many bytes as may be. Those of the oldest blocks go first: these have
    /// been merged, or are asked least; and who goes through more than is kept still finds the rest.
    fn keep(&mut self, place: (i64, u32), layout: Arc<Layout>, most: usize) {
        self.bytes += layout.size();
        if let Some(before) = self.layouts.insert(place, layout) {
            self.bytes -= before.size();
        }
        while self.bytes > most
            && let Some((_, gone)) = self.layouts.pop_first()
        {
            self.bytes -= gone.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use zstd::bulk::Decompressor;

    use super::*;
    use crate::format::otlp::ResourceScope;
    use crate::model::TraceId;
    use crate::store::columns::{Packer, Place, Row, encode};

    fn layout() -> Layout {
        let row = Row {
            trace_id: TraceId::new([1; 16]).unwrap(),
            span_id: None,
            start: 0,
            end: 1,
            head: 0,
            message: b"",
        };
        let heads = [ResourceScope::default()];
        let (group, _) = encode(Place::Span, &[row], &heads, &mut Packer::new().unwrap()).unwrap();
        Layout::read(group.as_slice(), true, &mut Decompressor::new().unwrap()).unwrap()
    }

    #[test]
    fn a_head_is_read_once() {
        let layouts = Layouts::default();
        let first = layouts.get(1, 0, || Ok::<_, &str>(layout())).unwrap();
        let again = layouts.get(1, 0, || Err("not read")).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        assert!(layouts.get(1, 9, || Err("not read")).is_err());
    }

    #[test]
    fn the_newest_heads_are_kept_as_far_as_there_is_room() {
        let mut kept = Kept::default();
        let layout = Arc::new(layout());
        let most = 5 * layout.size();
        for block in [3, 9, 1, 7, 5, 8, 2, 9] {
            kept.keep((block, 0), Arc::clone(&layout), most);
            assert_eq!(kept.bytes, kept.layouts.len() * layout.size());
        }
        let blocks: Vec<_> = kept.layouts.keys().map(|(block, _)| *block).collect();
        assert_eq!(blocks, [3, 5, 7, 8, 9]);
    }
}
