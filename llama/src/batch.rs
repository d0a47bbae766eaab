//! What a context processes: tokens or embeddings with their places.

use crate::token::{Pos, SeqId, Token};

/// Entries to be processed together: each a token (or an embedding), its position, its sequences, and whether
/// its output is wanted.
///
/// A batch grows as needed and may be longer than the context's `n_batch`; decoding splits it. Nothing is
/// checked while filling: [`Context::decode`](crate::Context::decode) checks everything and names the entry
/// that is wrong.
///
/// ```
/// use llama::{Batch, SeqId, Token};
/// let mut batch = Batch::new();
/// batch.extend(SeqId(0), 0, &[Token(1), Token(5), Token(9)]).logits_for_last();
/// assert_eq!(batch.len(), 3);
/// ```
#[doc(alias = "llama_batch")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    tokens: Vec<Token>,
    embeddings: Vec<f32>,
    embedding_width: usize,
    positions: Vec<Pos>,
    seqs: Vec<SeqId>,
    /// End of each entry's ids in `seqs`.
    seq_ends: Vec<usize>,
    outputs: Vec<bool>,
    mixed: bool,
    /// The further positions of each entry, for embeddings of media in models with several position sections;
    /// empty otherwise.
    sections: Vec<[Pos; 3]>,
}

impl Batch {
    /// An empty batch.
    #[doc(alias = "llama_batch_init")]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty batch with room for `entries` tokens.
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self {
            tokens: Vec::with_capacity(entries),
            positions: Vec::with_capacity(entries),
            seqs: Vec::with_capacity(entries),
            seq_ends: Vec::with_capacity(entries),
            outputs: Vec::with_capacity(entries),
            ..Self::default()
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
    pub fn clear(&mut self) -> &mut Self {
        self.tokens.clear();
        self.embeddings.clear();
        self.embedding_width = 0;
        self.positions.clear();
        self.seqs.clear();
        self.seq_ends.clear();
        self.outputs.clear();
        self.mixed = false;
        self.sections.clear();
        self
    }

    /// Adds one token that belongs to any number of sequences.
    pub fn add(&mut self, token: Token, pos: Pos, seqs: &[SeqId], output: bool) -> &mut Self {
        self.mixed |= self.embedding_width > 0;
        self.tokens.push(token);
        self.place(pos, seqs, output)
    }

    /// Adds one embedding instead of a token. A batch holds either tokens or embeddings, all of one width.
    pub fn add_embedding(&mut self, embedding: &[f32], pos: Pos, seqs: &[SeqId], output: bool) -> &mut Self {
        self.mixed |= !self.tokens.is_empty()
            || embedding.is_empty()
            || (self.embedding_width > 0 && self.embedding_width != embedding.len());
        self.embedding_width = self.embedding_width.max(embedding.len());
        self.embeddings.extend_from_slice(embedding);
        self.place(pos, seqs, output)
    }

    /// Adds the tokens of one sequence at consecutive positions from `start`, without output.
    pub fn extend(&mut self, seq: SeqId, start: Pos, tokens: &[Token]) -> &mut Self {
        for (&token, offset) in tokens.iter().zip(0..) {
            self.add(token, start.saturating_add(offset), &[seq], false);
        }
        self
    }

    fn place(&mut self, pos: Pos, seqs: &[SeqId], output: bool) -> &mut Self {
        self.positions.push(pos);
        self.seqs.extend_from_slice(seqs);
        self.seq_ends.push(self.seqs.len());
        self.outputs.push(output);
        self
    }

    /// Asks for the output of the last entry. Does nothing on an empty batch.
    pub fn logits_for_last(&mut self) -> &mut Self {
        if let Some(last) = self.outputs.last_mut() {
            *last = true;
        }
        self
    }

    /// Asks for the output of one entry. An index out of range does nothing.
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

    /// The tokens; empty when the batch holds embeddings.
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

    /// Adds an embedding with one position per section. All entries of a batch are added so, or none.
    #[cfg(feature = "multimodal")]
    pub(crate) fn add_placed(&mut self, embedding: &[f32], pos: [Pos; 4], seq: SeqId) -> &mut Self {
        let [first, rest @ ..] = pos;
        self.sections.push(rest);
        self.add_embedding(embedding, first, &[seq], false)
    }

    /// The positions of each entry beyond the first section, where they were given.
    pub(crate) fn sections(&self) -> &[[Pos; 3]] {
        &self.sections
    }

    pub(crate) fn embeddings(&self) -> &[f32] {
        &self.embeddings
    }

    /// Width of the embeddings, 0 for tokens.
    pub(crate) fn embedding_width(&self) -> usize {
        self.embedding_width
    }

    /// True when tokens and embeddings, or embeddings of several widths, were added.
    pub(crate) fn is_mixed(&self) -> bool {
        self.mixed
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
        batch.add_embedding(&[0.0; 4], 0, &[SeqId(0)], false);
        assert!(!batch.is_mixed());
        batch.add(Token(1), 1, &[SeqId(0)], false);
        assert!(batch.is_mixed());
        batch.clear().add_embedding(&[0.0; 4], 0, &[SeqId(0)], false);
        batch.add_embedding(&[0.0; 3], 1, &[SeqId(0)], false);
        assert!(batch.is_mixed());
    }
}
