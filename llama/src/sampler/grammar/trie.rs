//! All tokens of a vocabulary, sorted by their text.

use crate::error::Result;
use crate::model::Model;
use crate::token::Token;
use crate::vocab::Special;
use std::ops::Range;

/// One byte of some tokens' texts.
#[derive(Debug)]
struct Node {
    byte: u8,
    /// Number of bytes in front of this one.
    depth: u32,
    /// The first node that does not begin with the bytes up to here.
    skip: u32,
    /// The tokens that end here.
    tokens: Range<u32>,
}

/// The texts of a vocabulary's tokens as a tree of bytes, depth first.
///
/// Control tokens are not in it: they have no text, so no text of a grammar stands for them. Those that end a
/// generation are listed apart.
#[derive(Debug)]
pub(crate) struct TokenTrie {
    nodes: Vec<Node>,
    tokens: Vec<Token>,
    ending: Vec<Token>,
    /// Texts of all tokens by number, one behind the other.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// The tree of a model's vocabulary, made when first needed.
pub(crate) fn of_model(model: &Model) -> Result<&TokenTrie> {
    model.inner.token_trie.get_or_try_init(|| TokenTrie::new(model))
}

impl TokenTrie {
    fn new(model: &Model) -> Result<Self> {
        let vocab = model.vocab();
        let count = i32::try_from(vocab.len()).unwrap_or(i32::MAX);
        let (mut bytes, mut ends, mut ending) = (Vec::new(), Vec::new(), Vec::new());
        for token in (0..count).map(Token) {
            if vocab.is_eog(token)? {
                ending.push(token);
            } else {
                vocab.append_bytes(token, Special::AsText, &mut bytes)?;
            }
            ends.push(bytes.len());
        }
        let mut trie = Self { nodes: Vec::new(), tokens: Vec::new(), ending, bytes, ends };
        trie.grow(count);
        Ok(trie)
    }

    fn grow(&mut self, count: i32) {
        let mut sorted: Vec<Token> = (0..count).map(Token).filter(|&t| !self.text(t).is_empty()).collect();
        sorted.sort_unstable_by(|&a, &b| self.text(a).cmp(self.text(b)).then(a.0.cmp(&b.0)));
        let small = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let mut nodes: Vec<Node> = Vec::new();
        // The nodes of the newest text, by depth.
        let mut open: Vec<usize> = Vec::new();
        let mut last: &[u8] = &[];
        for (at, &token) in sorted.iter().enumerate() {
            let text = self.text(token);
            let common = text.iter().zip(last).take_while(|(a, b)| a == b).count();
            let end = small(nodes.len());
            for closed in open.drain(common.min(open.len())..) {
                nodes[closed].skip = end;
            }
            for (&byte, depth) in text[common..].iter().zip(common..) {
                open.push(nodes.len());
                nodes.push(Node { byte, depth: small(depth), skip: 0, tokens: small(at)..small(at) });
            }
            // Several tokens may have the same text.
            if let Some(&end) = open.last() {
                nodes[end].tokens.end = small(at + 1);
            }
            last = text;
        }
        let end = small(nodes.len());
        for closed in open {
            nodes[closed].skip = end;
        }
        self.nodes = nodes;
        self.tokens = sorted;
    }

    /// The bytes that a token stands for; none for control tokens and those that end a generation.
    pub(crate) fn text(&self, token: Token) -> &[u8] {
        let Some(index) = token.index() else { return &[] };
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(index).and_then(|&end| self.bytes.get(start..end)).unwrap_or_default()
    }

    /// Number of tokens of the vocabulary.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The tokens that end a generation.
    pub(crate) fn ending(&self) -> &[Token] {
        &self.ending
    }

    /// Goes through the tree, depth first. `visit` gets the number of bytes in front, a byte, and the tokens that
    /// end with it; where it returns false, nothing that begins so is visited.
    pub(super) fn walk(&self, mut visit: impl FnMut(usize, u8, &[Token]) -> Result<bool>) -> Result<()> {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let tokens = node.tokens.start as usize..node.tokens.end as usize;
            let goes_on = visit(node.depth as usize, node.byte, self.tokens.get(tokens).unwrap_or_default())?;
            at = if goes_on { at + 1 } else { node.skip as usize };
        }
        Ok(())
    }
}
