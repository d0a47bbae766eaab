//! The options as a tree of tokens: what they have in common is computed once.

use crate::error::{Error, Result};
use crate::token::Token;

/// The place in front of all options.
pub(super) const ROOT: usize = 0;

#[derive(Debug)]
struct Node {
    /// The token that leads here; nothing at the root.
    token: Token,
    parent: usize,
    /// Number of tokens from the root.
    depth: usize,
    children: Vec<usize>,
    /// The option that ends here.
    option: Option<usize>,
}

/// A tree of tokens. Parents come before their children.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Where each option ends.
    ends: Vec<usize>,
}

impl Tree {
    /// Refuses options that are empty or spelled alike.
    pub(super) fn new(options: &[Vec<Token>]) -> Result<Self> {
        let root = Node { token: Token(0), parent: ROOT, depth: 0, children: Vec::new(), option: None };
        let mut tree = Self { nodes: vec![root], ends: Vec::new() };
        for (option, tokens) in options.iter().enumerate() {
            let end = tokens.iter().fold(ROOT, |at, &token| tree.child(at, token));
            if end == ROOT {
                return Err(Error::invalid("options", format!("number {option} has no text")));
            }
            if let Some(other) = tree.nodes[end].option {
                return Err(Error::invalid(
                    "options",
                    format!("numbers {other} and {option} are spelled alike"),
                ));
            }
            tree.nodes[end].option = Some(option);
            tree.ends.push(end);
        }
        Ok(tree)
    }

    fn child(&mut self, parent: usize, token: Token) -> usize {
        let known = self.nodes[parent].children.iter().copied().find(|&at| self.nodes[at].token == token);
        known.unwrap_or_else(|| {
            let at = self.nodes.len();
            let depth = self.nodes[parent].depth + 1;
            self.nodes.push(Node { token, parent, depth, children: Vec::new(), option: None });
            self.nodes[parent].children.push(at);
            at
        })
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn token(&self, at: usize) -> Token {
        self.nodes[at].token
    }

    pub(super) fn depth(&self, at: usize) -> usize {
        self.nodes[at].depth
    }

    pub(super) fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.nodes[at].children.iter().copied()
    }

    /// The places from below the root down to this one.
    pub(super) fn path(&self, mut at: usize) -> Vec<usize> {
        let mut path = Vec::with_capacity(self.nodes[at].depth);
        while at != ROOT {
            path.push(at);
            at = self.nodes[at].parent;
        }
        path.reverse();
        path
    }

    /// Places below the root that tokens follow on, depth first: their tokens have to be computed.
    pub(super) fn inner(&self) -> Vec<usize> {
        let mut inner = Vec::new();
        let mut todo: Vec<usize> = vec![ROOT];
        while let Some(at) = todo.pop() {
            if at != ROOT && !self.nodes[at].children.is_empty() {
                inner.push(at);
            }
            todo.extend(self.nodes[at].children.iter().rev());
        }
        inner
    }

    /// Those of [`inner`](Self::inner) on whose way down there is no other.
    pub(super) fn last_inner(&self) -> Vec<usize> {
        let is_inner = |at: usize| !self.nodes[at].children.is_empty();
        let mut inner = self.inner();
        inner.retain(|&at| !self.children(at).any(is_inner));
        inner
    }

    /// From the logarithm of the probability of each place, that of each option: that the text goes on as the
    /// option does and not as one that the option is the beginning of.
    pub(super) fn options(&self, logs: &[f64]) -> Vec<f64> {
        let option = |&end: &usize| {
            let mut longer = 0.0;
            let mut todo = self.nodes[end].children.clone();
            while let Some(at) = todo.pop() {
                if self.nodes[at].option.is_some() {
                    longer += (logs[at] - logs[end]).exp();
                } else {
                    todo.extend_from_slice(&self.nodes[at].children);
                }
            }
            // Rounding must not make a probability negative; an impossible option stays impossible.
            if logs[end] == f64::NEG_INFINITY { logs[end] } else { logs[end] + (1.0 - longer).max(0.0).ln() }
        };
        self.ends.iter().map(option).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(options: &[&[i32]]) -> Result<Tree> {
        let options: Vec<Vec<Token>> =
            options.iter().map(|tokens| tokens.iter().copied().map(Token).collect()).collect();
        Tree::new(&options)
    }

    #[test]
    fn shared_beginnings_are_one_place() {
        let tree = tree(&[&[1, 2, 3], &[1, 2], &[1, 4], &[5]]).unwrap();
        assert_eq!(tree.len(), 6);
        assert_eq!(tree.inner(), [1, 2]);
        assert_eq!(tree.last_inner(), [2]);
        assert_eq!(tree.path(3), [1, 2, 3]);
        assert_eq!((tree.depth(3), tree.token(4)), (3, Token(4)));
    }

    #[test]
    fn an_option_excludes_longer_ones() {
        let tree = tree(&[&[1], &[1, 2], &[1, 2, 3, 4], &[9]]).unwrap();
        let logs = [0.0, 0.8, 0.4, 0.2, 0.1, 0.2].map(|p: f64| if p > 0.0 { p.ln() } else { 0.0 });
        let options: Vec<f64> = tree.options(&logs).iter().map(|log| log.exp()).collect();
        for (found, expected) in options.iter().zip([0.4, 0.3, 0.1, 0.2]) {
            assert!((found - expected).abs() < 1e-12, "{options:?}");
        }
    }

    #[test]
    fn impossible_options_stay_impossible() {
        let tree = tree(&[&[1], &[1, 2]]).unwrap();
        let never = f64::NEG_INFINITY;
        assert_eq!(tree.options(&[0.0, never, never]), [never, never]);
        assert_eq!(tree.options(&[0.0, -1.0, -1.0]), [never, -1.0]);
    }

    #[test]
    fn alike_and_empty_options_are_refused() {
        assert!(matches!(tree(&[&[1], &[]]), Err(Error::InvalidParameter { .. })));
        let alike = tree(&[&[1, 2], &[3], &[1, 2]]).unwrap_err().to_string();
        assert!(alike.contains("0 and 2"), "{alike}");
    }
}
