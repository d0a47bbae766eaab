//! What a context processes: tokens or embeddings with their places.

use crate::token::{Pos, SeqId, Token};

/// Position of an entry with all its sections: time, height, width and one more.
///
/// Models with positions of several sections (M-RoPE) place the parts of a picture in them.
///
/// ```
/// use llama::{Batch, Sections, SeqId};
/// // The second row of a picture that begins at position 10: time, height, width.
/// let place: Sections = [10, 11, 10, 0];
/// let mut batch = Batch::new();
/// batch.add_embedding_at(&[0.5, -0.5], place, &[SeqId(0)], false);
/// assert_eq!(batch.len(), 1);
/// ```
pub type Sections = [Pos; 4];

/// Entries to be processed together: each a token or an embedding, its position, its sequences, and whether
/// its output is wanted.
///
/// A batch grows as needed and may be longer than the context's `n_batch`; decoding splits it. Nothing is
/// checked while filling: [`Context::decode`](crate::Context::decode) checks everything and names the entry
/// that is wrong. Most models take tokens and embeddings in one batch.
///
/// ```
/// use llama::{Batch, SeqId, Token};
/// let mut batch = Batch::new();
/// batch.extend(SeqId(0), 0, &[Token(1), Token(5), Token(9)]).logits_for_last();
/// assert_eq!(batch.len(), 3);
/// ```
#[doc(alias = "llama_batch")]
#[doc(alias = "llama_batch_ext")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// One per entry.
    contents: Vec<Content>,
    positions: Vec<Pos>,
    /// End of each entry's ids in `seqs`.
    seq_ends: Vec<usize>,
    outputs: Vec<bool>,
    /// Of all entries together.
    tokens: Vec<Token>,
    embeddings: Vec<f32>,
    seqs: Vec<SeqId>,
}

/// What an entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Token(Token),
    /// A part of the embeddings; `sections` only where they were given.
    Embedding {
        start: usize,
        end: usize,
        sections: Option<Sections>,
    },
}

/// What an entry holds, as the checks and C need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Entry<'a> {
    Token(Token),
    Embedding { values: &'a [f32], sections: Option<Sections> },
}

impl Batch {
    /// An empty batch.
    #[doc(alias = "llama_batch_init")]
    #[doc(alias = "llama_batch_ext_init")]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty batch with room for `entries` tokens.
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self {
            contents: Vec::with_capacity(entries),
            positions: Vec::with_capacity(entries),
            seq_ends: Vec::with_capacity(entries),
            outputs: Vec::with_capacity(entries),
            tokens: Vec::with_capacity(entries),
            embeddings: Vec::new(),
            seqs: Vec::with_capacity(entries),
        }
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// True when there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Removes all entries and keeps the room.
    #[doc(alias = "llama_batch_ext_clear")]
    pub fn clear(&mut self) -> &mut Self {
        self.contents.clear();
        self.positions.clear();
        self.seq_ends.clear();
        self.outputs.clear();
        self.tokens.clear();
        self.embeddings.clear();
        self.seqs.clear();
        self
    }

    /// Adds one token that belongs to any number of sequences.
    #[doc(alias = "llama_batch_ext_add_token")]
    #[doc(alias = "llama_batch_ext_add_seq")]
    pub fn add(&mut self, token: Token, pos: Pos, seqs: &[SeqId], output: bool) -> &mut Self {
        self.tokens.push(token);
        self.place(Content::Token(token), pos, seqs, output)
    }

    /// Adds one embedding instead of a token, as wide as
    /// [`Model::n_embd_input`](crate::Model::n_embd_input).
    #[doc(alias = "llama_batch_ext_add_embd")]
    pub fn add_embedding(&mut self, embedding: &[f32], pos: Pos, seqs: &[SeqId], output: bool) -> &mut Self {
        let content = self.embedding(embedding, None);
        self.place(content, pos, seqs, output)
    }

    /// As [`add_embedding`](Self::add_embedding), with a position of several sections: the first one orders the
    /// sequence. Only for models whose [`rope_type`](crate::Model::rope_type) has sections.
    #[doc(alias = "llama_batch_ext_set_pos")]
    pub fn add_embedding_at(
        &mut self,
        embedding: &[f32],
        sections: Sections,
        seqs: &[SeqId],
        output: bool,
    ) -> &mut Self {
        let content = self.embedding(embedding, Some(sections));
        self.place(content, sections[0], seqs, output)
    }

    /// Adds the tokens of one sequence at consecutive positions from `start`, without output.
    pub fn extend(&mut self, seq: SeqId, start: Pos, tokens: &[Token]) -> &mut Self {
        for (&token, offset) in tokens.iter().zip(0..) {
            self.add(token, start.saturating_add(offset), &[seq], false);
        }
        self
    }

    fn embedding(&mut self, values: &[f32], sections: Option<Sections>) -> Content {
        let start = self.embeddings.len();
        self.embeddings.extend_from_slice(values);
        Content::Embedding { start, end: self.embeddings.len(), sections }
    }

    fn place(&mut self, content: Content, pos: Pos, seqs: &[SeqId], output: bool) -> &mut Self {
        self.contents.push(content);
        self.positions.push(pos);
        self.seqs.extend_from_slice(seqs);
        self.seq_ends.push(self.seqs.len());
        self.outputs.push(output);
        self
    }

    /// Asks for the output of the last entry. Does nothing on an empty batch.
    #[doc(alias = "llama_batch_ext_set_output_logits")]
    pub fn logits_for_last(&mut self) -> &mut Self {
        if let Some(last) = self.outputs.last_mut() {
            *last = true;
        }
        self
    }

    /// Asks for the output of one entry. An index out of range does nothing.
    #[doc(alias = "llama_batch_ext_set_output_embd")]
    pub fn logits_for(&mut self, index: usize) -> &mut Self {
        if let Some(output) = self.outputs.get_mut(index) {
            *output = true;
        }
        self
    }

    /// Asks for the output of every entry.
    pub fn logits_for_all(&mut self) -> &mut Self {
        self.outputs.fill(true);
        self
    }

    /// The tokens in their order, without the entries that hold embeddings.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The positions of the entries.
    #[must_use]
    pub fn positions(&self) -> &[Pos] {
        &self.positions
    }

    /// The sequences of one entry; empty for an index out of range.
    #[must_use]
    pub fn seq_ids(&self, index: usize) -> &[SeqId] {
        let end = self.seq_ends.get(index).copied().unwrap_or(0);
        let start = index.checked_sub(1).and_then(|before| self.seq_ends.get(before)).copied().unwrap_or(0);
        self.seqs.get(start..end).unwrap_or_default()
    }

    /// True when the output of the entry is wanted.
    #[must_use]
    pub fn wants_output(&self, index: usize) -> bool {
        self.outputs.get(index).copied().unwrap_or(false)
    }

    /// What one entry holds.
    pub(crate) fn entry(&self, index: usize) -> Option<Entry<'_>> {
        Some(match *self.contents.get(index)? {
            Content::Token(token) => Entry::Token(token),
            Content::Embedding { start, end, sections } => {
                Entry::Embedding { values: self.embeddings.get(start..end).unwrap_or_default(), sections }
            }
        })
    }

    /// True when there are both tokens and embeddings.
    pub(crate) fn is_mixed(&self) -> bool {
        self.has_embeddings() && !self.tokens.is_empty()
    }

    pub(crate) fn has_embeddings(&self) -> bool {
        self.tokens.len() < self.contents.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_their_sequences() {
        let mut batch = Batch::new();
        batch.add(Token(1), 0, &[SeqId(0), SeqId(3)], false).add(Token(2), 1, &[], true);
        batch.extend(SeqId(2), 5, &[Token(7), Token(8)]);
        assert_eq!(batch.seq_ids(0), [SeqId(0), SeqId(3)]);
        assert_eq!(batch.seq_ids(1), []);
        assert_eq!(batch.seq_ids(3), [SeqId(2)]);
        assert_eq!(batch.seq_ids(9), []);
        assert_eq!(batch.positions(), [0, 1, 5, 6]);
        assert!(batch.wants_output(1) && !batch.wants_output(3) && !batch.wants_output(9));
        batch.logits_for_last().logits_for(99);
        assert!(batch.wants_output(3));
        assert!(batch.clear().is_empty());
    }

    #[test]
    fn mixtures_are_noticed() {
        let mut batch = Batch::new();
        batch.add_embedding(&[0.5; 4], 0, &[SeqId(0)], false);
        assert!(batch.has_embeddings() && !batch.is_mixed());
        batch.add(Token(1), 1, &[SeqId(0)], false);
        assert!(batch.is_mixed());
        batch.add_embedding_at(&[0.25; 3], [2, 7, 8, 0], &[SeqId(0)], false);
        assert_eq!(batch.positions(), [0, 1, 2]);
        assert_eq!(batch.tokens(), [Token(1)]);
        assert_eq!(batch.entry(1), Some(Entry::Token(Token(1))));
        let placed = Entry::Embedding { values: &[0.25; 3], sections: Some([2, 7, 8, 0]) };
        assert_eq!(batch.entry(2), Some(placed));
        assert_eq!(batch.entry(3), None);
        assert!(!batch.clear().has_embeddings());
    }
}
