//! Computing how likely each place of a tree of options is.

use super::tree::{ROOT, Tree};
use crate::batch::Batch;
use crate::context::Logits;
use crate::error::{DecodeError, Error, Result};
use crate::generate::{Content, Session};
use crate::token::{Pos, SeqId, Token};

/// Natural logarithms of the probabilities of a tree's places.
struct Logs<'t> {
    tree: &'t Tree,
    values: Vec<f64>,
}

impl Logs<'_> {
    /// Notes what the logits behind a place say about the places that follow on it.
    fn record(&mut self, at: usize, logits: Logits<'_>) -> Result<()> {
        let sum = logits.log_sum_exp()?;
        for child in self.tree.children(at) {
            let token = self.tree.token(child);
            let logit = token.index().and_then(|index| logits.as_slice().get(index));
            let logit = logit.ok_or(Error::TokenOutOfRange { token, n_vocab: logits.as_slice().len() })?;
            self.values[child] = self.values[at] + f64::from(logit - sum).min(0.0);
        }
        Ok(())
    }
}

/// The logarithm of the probability of each place of the tree behind the prompt. The session keeps the prompt in
/// memory.
pub(super) fn log_probabilities(session: &mut Session, prompt: &Content, tree: &Tree) -> Result<Vec<f64>> {
    let inner = tree.inner();
    let deepest = inner.iter().map(|&at| tree.depth(at)).max().unwrap_or(0);
    let mut logs = Logs { tree, values: vec![f64::NEG_INFINITY; tree.len()] };
    logs.values[ROOT] = 0.0;
    session.check_fits(prompt.len() + deepest)?;
    session.compute_text(prompt, |logits| logs.record(ROOT, logits))?;
    let sequences = session.spare_sequences();
    if sequences > 0 && prompt.len() + inner.len() <= session.capacity() {
        for group in tree.last_inner().chunks(sequences) {
            at_once(session, prompt, group, &mut logs)?;
        }
    } else {
        for at in inner {
            one(session, prompt, at, &mut logs)?;
        }
    }
    Ok(logs.values)
}

/// Computes one place; depth first, the place above is in memory already.
fn one(session: &mut Session, prompt: &Content, at: usize, logs: &mut Logs<'_>) -> Result<()> {
    let way: Vec<Token> = logs.tree.path(at).into_iter().map(|place| logs.tree.token(place)).collect();
    let mut text = prompt.clone();
    text.extend(&way);
    session.compute_text(&text, |logits| logs.record(at, logits))
}

/// Computes the ways down to all these places in one batch, each way in a sequence of its own behind the prompt.
fn at_once(session: &mut Session, prompt: &Content, ends: &[usize], logs: &mut Logs<'_>) -> Result<()> {
    let start = prompt.pos(prompt.len());
    let context = session.context_mut();
    let sequences = || (1..).map(SeqId).zip(ends);
    let mut places: Vec<(usize, Vec<SeqId>)> = Vec::new();
    for (seq, &end) in sequences() {
        for place in logs.tree.path(end) {
            match places.iter_mut().find(|(other, _)| *other == place) {
                Some((_, seqs)) => seqs.push(seq),
                None => places.push((place, vec![seq])),
            }
        }
    }
    let mut batch = Batch::with_capacity(places.len());
    for (place, seqs) in &places {
        let depth = Pos::try_from(logs.tree.depth(*place)).unwrap_or(Pos::MAX);
        let pos = start.saturating_add(depth - 1);
        batch.add(logs.tree.token(*place), pos, seqs, true);
    }
    let mut compute = || -> Result<()> {
        for (seq, _) in sequences() {
            context.memory().seq_copy(SeqId(0), seq, ..)?;
        }
        let output = context.decode(&batch).map_err(|DecodeError { error, .. }| error)?;
        for (index, (place, _)) in places.iter().enumerate() {
            logs.record(*place, output.logits(index)?)?;
        }
        Ok(())
    };
    let computed = compute();
    for (seq, _) in sequences() {
        // After a contained failure the context is unusable, which the first error says.
        if let Err(error) = context.memory().seq_remove(seq, ..) {
            return computed.and(Err(error));
        }
    }
    computed
}
