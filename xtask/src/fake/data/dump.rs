//! A dump as the service keeps it: chunks of bytes, and how the chunk list presents them.

use std::sync::Arc;

/// One dump. Built once, then cheap to clone: the chunks are shared.
#[derive(Debug, Clone, Default)]
pub struct Dump {
    pub chunks: Arc<[Arc<[u8]>]>,
    pub(crate) ids: Option<Vec<String>>,
    pub erased: bool,
}

impl Dump {
    /// Cuts the bytes into chunks of this size; no bytes give no chunks. A chunk size of 0 counts as 1.
    pub fn from_bytes(bytes: Vec<u8>, chunk_size: usize) -> Self {
        Self::from_chunks(bytes.chunks(chunk_size.max(1)).map(Arc::from).collect())
    }

    /// Exactly these chunks, which may be empty or share one block.
    pub fn from_chunks(chunks: Vec<Arc<[u8]>>) -> Self {
        Self { chunks: chunks.into(), ..Self::default() }
    }

    /// Lists these ids in this order. Id `k` names the chunk with the index `k` where `k` is a number and
    /// that chunk exists; any other id names the chunk with the id's own index in the list.
    pub fn with_ids<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.ids = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// The task still reports this dump, but asking for it gives 404.
    pub fn erased(mut self) -> Self {
        self.erased = true;
        self
    }

    /// The whole dump: its chunks in order.
    pub fn bytes(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    /// The ids as the chunk list gives them.
    pub(crate) fn listed_ids(&self) -> Vec<String> {
        match &self.ids {
            Some(ids) => ids.clone(),
            None => (0..self.chunks.len()).map(|n| n.to_string()).collect(),
        }
    }

    pub(crate) fn chunk(&self, id: &str) -> Option<&Arc<[u8]>> {
        let index = match &self.ids {
            Some(ids) => Some(ids.iter().position(|listed| listed == id)?),
            None => None,
        };
        let number = id.parse::<usize>().ok().filter(|n| *n < self.chunks.len());
        self.chunks.get(number.or(index)?)
    }
}
