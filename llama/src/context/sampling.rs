//! Sampling on the device: the sampler runs in the graph, so that no logits travel.

use super::{Context, Output};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::sampler::SamplerBuilder;
use crate::token::{SeqId, Token};

/// What was sampled for one entry.
#[derive(Debug)]
pub(super) struct SampledRow {
    pub(super) index: usize,
    token: Option<Token>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    /// Number of a view of the last piece.
    Live(usize),
    /// Copies of what an earlier piece left.
    Copied { candidates: Vec<Token>, logits: Vec<f32>, probabilities: Vec<f32> },
}

/// What a sampler on the device left for one batch entry. The lists borrow the context and have one length each
/// where they are there: `candidates[i]` has `logits[i]` and `probabilities[i]`.
///
/// ```
/// use llama::{Batch, Sampler, SeqId, Special};
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut ctx = model.context_builder().n_ctx(256).build()?;
/// ctx.sample_on_device(SeqId(0), Sampler::builder().top_k(4).temperature(0.7).seed(1))?;
/// let mut batch = Batch::new();
/// batch.extend(SeqId(0), 0, &model.vocab().tokenize("Hello", Special::AsText)?).logits_for_last();
/// let sampled = ctx.decode(&batch)?.sampled_last()?;
/// assert!(sampled.candidates.contains(&sampled.token));
/// assert!(sampled.candidates.len() <= 4 && sampled.probabilities.len() == sampled.candidates.len());
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampled<'a> {
    /// The chosen token; penalties have seen it.
    pub token: Token,
    /// The tokens that were left to choose from, in the order of the device. Empty where all were.
    pub candidates: &'a [Token],
    /// Their logits after all steps; minus infinity for those that a step has removed. May be empty.
    pub logits: &'a [f32],
    /// Their probabilities. Empty for greedy sampling.
    pub probabilities: &'a [f32],
}

impl Context {
    /// Samples a sequence on the device that computes its logits, from the next decode on: with
    /// [`Output::sampled`] instead of [`Output::logits`], which saves copying the logits.
    ///
    /// Steps that a device knows: biases, penalties, `top_k`, `top_p`, `min_p`, temperatures; then drawing
    /// (`dist`) or `greedy`. Greedy sampling gives the token that a [`Sampler`](crate::Sampler) gives; drawing
    /// has the same distribution, but another token may come from the same seed. A batch may have one output per
    /// sequence that is sampled so. A sampler that was set before is replaced.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for steps that only the CPU has (grammars, samplers written in Rust, DRY, XTC,
    /// Mirostat and others), for values that cannot work, and where the device lacks an operation;
    /// [`Error::SeqIdOutOfRange`]; [`Error::NoMemory`] for models that give no logits; [`Error::Poisoned`].
    #[doc(alias = "llama_set_sampler")]
    pub fn sample_on_device(&mut self, seq: SeqId, sampler: SamplerBuilder) -> Result<()> {
        self.memory_ready(&[seq])?;
        if !self.model.has_decoder() {
            return Err(Error::NoDecoder);
        }
        let (chain, steps) = sampler.build_chain(self.model.n_vocab())?;
        self.attached.replan = true;
        let taken = self.ptr.set_sampler(seq, chain);
        if !self.guard(taken)? {
            return Err(Error::invalid("sampler", "the devices of this model do not sample"));
        }
        let names = self.ptr.sampler(seq).map_or(Ok(Vec::new()), |chain| chain.names())?;
        let missing = names.iter().zip(steps).find(|(name, _)| name.starts_with('-'));
        if let Some((_, step)) = missing {
            self.sample_on_host(seq)?;
            return Err(Error::invalid("sampler", format!("the device cannot compute the step {step}")));
        }
        Ok(())
    }

    /// Ends [`sample_on_device`](Self::sample_on_device) for a sequence: logits come back from the next decode on.
    /// Does nothing for other sequences.
    ///
    /// # Errors
    /// [`Error::SeqIdOutOfRange`]; [`Error::NoMemory`]; [`Error::Poisoned`].
    #[doc(alias = "llama_set_sampler")]
    pub fn sample_on_host(&mut self, seq: SeqId) -> Result<()> {
        self.memory_ready(&[seq])?;
        self.attached.replan = true;
        let removed = self.ptr.remove_sampler(seq);
        self.guard(removed)
    }

    /// True when a sequence is sampled on the device.
    #[must_use]
    pub fn samples_on_device(&self, seq: SeqId) -> bool {
        self.ptr.has_sampler(seq)
    }

    /// Shows the sampler of a sequence a token that it did not sample, such as one of the prompt: penalties
    /// count it.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the sequence is not sampled on the device;
    /// [`Error::TokenOutOfRange`]; [`Error::Poisoned`].
    #[doc(alias = "llama_sampler_accept")]
    pub fn accept_on_device(&mut self, seq: SeqId, token: Token) -> Result<()> {
        self.memory_ready(&[seq])?;
        self.model.vocab().check(token)?;
        let accepted = match self.ptr.sampler(seq) {
            Some(chain) => chain.accept(token),
            None => return Err(not_sampled(seq)),
        };
        self.guard(accepted)
    }

    /// Lets the sampler of a sequence forget what it has seen and start its random numbers again.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the sequence is not sampled on the device; [`Error::Poisoned`].
    #[doc(alias = "llama_sampler_reset")]
    pub fn reset_on_device(&mut self, seq: SeqId) -> Result<()> {
        self.memory_ready(&[seq])?;
        let reset = match self.ptr.sampler(seq) {
            Some(chain) => chain.reset(),
            None => return Err(not_sampled(seq)),
        };
        self.guard(reset)
    }

    /// One output per sequence that is sampled on the device, and none that it shares with another.
    pub(super) fn check_sampled(&self, batch: &Batch) -> Result<()> {
        let wants = |index: &usize| self.facts.embeddings || batch.wants_output(*index);
        for index in (0..batch.len()).filter(wants) {
            let seqs = batch.seq_ids(index);
            let Some(&seq) = seqs.iter().find(|&&seq| self.ptr.has_sampler(seq)) else { continue };
            let bad = |reason| Err(Error::InvalidBatch { index, reason });
            if seqs.iter().any(|&other| other != seq) {
                return bad(format!("sequence {seq} is sampled on the device and shares an output"));
            }
            if (0..index).filter(wants).any(|before| batch.seq_ids(before).contains(&seq)) {
                return bad(format!(
                    "sequence {seq} is sampled on the device, it can have one output per batch"
                ));
            }
        }
        Ok(())
    }

    /// Notes what was sampled for entry `index`, which is number `within` of its piece.
    pub(super) fn collect_sampled(
        &mut self,
        batch: &Batch,
        index: usize,
        within: usize,
        last: bool,
    ) -> Result<(), llama_sys::Fault> {
        let token = self.ptr.fetch_sampled(within)?;
        let number = self.ptr.sampled().len() - 1;
        let values = match self.ptr.sampled().get(number) {
            Some(view) if !last => Values::Copied {
                candidates: view.candidates().to_vec(),
                logits: view.logits().to_vec(),
                probabilities: view.probabilities().to_vec(),
            },
            _ => Values::Live(number),
        };
        self.kept.sampled.push(SampledRow { index, token, values });
        let seq = batch.seq_ids(index).first().copied();
        match (token, seq.and_then(|seq| self.ptr.sampler(seq))) {
            (Some(token), Some(chain)) => chain.accept(token),
            _ => Ok(()),
        }
    }
}

#[cold]
fn not_sampled(seq: SeqId) -> Error {
    Error::invalid("seq", format!("sequence {seq} is not sampled on the device"))
}

impl<'a> Output<'a> {
    /// What the sampler on the device left for a batch entry; see [`Context::sample_on_device`].
    ///
    /// # Errors
    /// [`Error::NoLogits`] for an entry without output; [`Error::NoOutput`] for a sequence that is not sampled on
    /// the device; [`Error::NoCandidates`] when no token was left.
    #[doc(alias = "llama_get_sampled_token_ith")]
    #[doc(alias = "llama_get_sampled_candidates_ith")]
    #[doc(alias = "llama_get_sampled_logits_ith")]
    #[doc(alias = "llama_get_sampled_probs_ith")]
    pub fn sampled(&self, index: usize) -> Result<Sampled<'a>> {
        self.row(index)?;
        let row = self.kept.sampled.iter().find(|row| row.index == index).ok_or(Error::NoOutput {
            reason: "its sequence is not sampled on the device; see Context::sample_on_device",
        })?;
        let token = row.token.ok_or(Error::NoCandidates { reason: "the device selected none" })?;
        let (candidates, logits, probabilities): (&'a [Token], &'a [f32], &'a [f32]) = match &row.values {
            Values::Copied { candidates, logits, probabilities } => (candidates, logits, probabilities),
            Values::Live(number) => match self.live_sampled.get(*number) {
                Some(view) => (view.candidates(), view.logits(), view.probabilities()),
                None => (&[], &[], &[]),
            },
        };
        Ok(Sampled { token, candidates, logits, probabilities })
    }

    /// What the sampler on the device left for the last entry that has an output.
    ///
    /// # Errors
    /// [`Error::NoOutput`] when no entry has one; otherwise as [`sampled`](Self::sampled).
    pub fn sampled_last(&self) -> Result<Sampled<'a>> {
        self.sampled(self.last_index()?)
    }
}
