//! Saving what a context remembers, and bringing it back.

use super::Context;
use crate::error::{Error, Result};
use crate::ffi::state::{ON_DEVICE, PARTIAL};
use crate::model::ModelInfo;
use crate::state::{
    Checksum, Content, Header, Layout, MediaSpan, Params, Spec, State, StateError, StateKind, check,
    text_tokens,
};
use crate::token::{Pos, SeqId, Token};
use llama_sys::FaultKind;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a context has to remember about states.
#[derive(Debug)]
pub(super) struct Book {
    /// Tells contexts apart.
    id: u64,
    /// The last state of each sequence that lies on the device.
    on_device: HashMap<SeqId, u64>,
    counter: u64,
    /// Positions were moved: keys are only turned with the next computation.
    pub(super) moved: bool,
    /// Sequences were copied between shares of the memory: data follows with the next computation.
    pub(super) copied: bool,
}

impl Book {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            on_device: HashMap::new(),
            counter: 0,
            moved: false,
            copied: false,
        }
    }

    /// A computation has applied all edits.
    pub(super) fn settle(&mut self) {
        self.moved = false;
        self.copied = false;
    }
}

/// The state of a sequence whose data lies in memory of the device, where it is saved and restored fastest.
///
/// Belongs to its context, and each sequence has room for one: a later one of the same sequence replaces it.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut ctx = model.context_builder().n_ctx(256).build()?;
/// # let mut batch = llama::Batch::new();
/// # batch.extend(llama::SeqId(0), 0, &[llama::Token(5), llama::Token(6)]).logits_for_last();
/// use llama::SeqId;
/// ctx.decode(&batch)?;
/// let state = ctx.save_sequence_on_device(SeqId(0), false)?;
/// ctx.memory().clear(false)?;
/// ctx.restore_sequence_from_device(&state, SeqId(0))?;
/// assert_eq!(ctx.memory().pos_max(SeqId(0))?, Some(1));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DeviceState {
    context: u64,
    number: u64,
    seq: SeqId,
    partial: bool,
    /// The largest position.
    end: Option<Pos>,
    description: Vec<u8>,
}

impl DeviceState {
    /// The sequence that was saved.
    #[must_use]
    pub fn sequence(&self) -> SeqId {
        self.seq
    }
}

impl Params {
    pub(super) fn of(raw: &llama_sys::llama_context_params) -> Self {
        let mut rope = Checksum::new().add(&raw.rope_scaling_type.to_le_bytes());
        for value in [
            raw.rope_freq_base,
            raw.rope_freq_scale,
            raw.yarn_ext_factor,
            raw.yarn_attn_factor,
            raw.yarn_beta_fast,
            raw.yarn_beta_slow,
        ] {
            rope = rope.add(&value.to_bits().to_le_bytes());
        }
        let flash_attention = match raw.flash_attn_type {
            llama_sys::LLAMA_FLASH_ATTN_TYPE_DISABLED => 1,
            llama_sys::LLAMA_FLASH_ATTN_TYPE_ENABLED => 2,
            _ => 0,
        };
        Self {
            type_k: raw.type_k,
            type_v: raw.type_v,
            flash_attention,
            unified: raw.kv_unified,
            swa_full: raw.swa_full,
            rope: rope.add(&raw.yarn_orig_ctx.to_le_bytes()).finish(),
            // The rest is settled once the context is there.
            n_ctx: 0,
            n_ctx_seq: 0,
            n_seq_max: 0,
        }
    }
}

impl Context {
    /// Size in bytes of the state of all sequences, without our header.
    ///
    /// # Errors
    /// As [`save_state`](Self::save_state).
    #[doc(alias = "llama_state_get_size")]
    pub fn state_size(&mut self) -> Result<usize> {
        self.memory_ready(&[])?;
        let size = self.ptr.state_size();
        self.guard(size)
    }

    /// Size in bytes of the state of one sequence, without our header.
    ///
    /// # Errors
    /// As [`save_sequence`](Self::save_sequence).
    #[doc(alias = "llama_state_seq_get_size")]
    #[doc(alias = "llama_state_seq_get_size_ext")]
    pub fn sequence_state_size(&mut self, seq: SeqId) -> Result<usize> {
        self.memory_ready(&[seq])?;
        let size = self.ptr.seq_state_size(seq, 0);
        self.guard(size)
    }

    /// Saves all sequences. `tokens` are kept along, for you to know what the state holds; they may be empty.
    ///
    /// # Errors
    /// [`Error::NoMemory`]; [`StateError::EditPending`] after positions were moved or sequences copied;
    /// [`Error::TokenOutOfRange`]; [`Error::Poisoned`].
    #[doc(alias = "llama_state_get_data")]
    pub fn save_state(&mut self, tokens: &[Token]) -> Result<State> {
        self.memory_ready(&[])?;
        let header = self.header(StateKind::Whole, SeqId(-1), tokens, &[])?;
        self.settled()?;
        let size = self.ptr.state_size();
        let mut payload = vec![0; self.guard(size)?];
        let written = self.ptr.state_get(&mut payload);
        let written = self.guard(written)?;
        saved(header, payload, written)
    }

    /// Saves one sequence, which can be restored as any sequence.
    ///
    /// # Errors
    /// [`Error::SeqIdOutOfRange`]; otherwise as [`save_state`](Self::save_state).
    #[doc(alias = "llama_state_seq_get_data")]
    #[doc(alias = "llama_state_seq_get_data_ext")]
    pub fn save_sequence(&mut self, seq: SeqId, tokens: &[Token]) -> Result<State> {
        self.save_seq(seq, tokens, &[], StateKind::Sequence)
    }

    /// As [`save_sequence`](Self::save_sequence), for tokens with placeholders where images and recordings are.
    pub(crate) fn save_sequence_with_media(
        &mut self,
        seq: SeqId,
        tokens: &[Token],
        media: &[MediaSpan],
    ) -> Result<State> {
        self.save_seq(seq, tokens, media, StateKind::Sequence)
    }

    /// Saves only those parts of a sequence that are overwritten as it grows: the sliding window and recurrent
    /// states. Small, and enough to go back to this point later while the rest is still there.
    ///
    /// # Errors
    /// [`StateError::Unsupported`] for models that keep their whole past; otherwise as
    /// [`save_sequence`](Self::save_sequence).
    #[doc(alias = "LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY")]
    #[doc(alias = "LLAMA_STATE_SEQ_FLAGS_SWA_ONLY")]
    pub fn save_sequence_partial(&mut self, seq: SeqId, tokens: &[Token]) -> Result<State> {
        self.save_seq(seq, tokens, &[], StateKind::Partial)
    }

    fn save_seq(
        &mut self,
        seq: SeqId,
        tokens: &[Token],
        media: &[MediaSpan],
        kind: StateKind,
    ) -> Result<State> {
        self.memory_ready(&[seq])?;
        let header = self.header(kind, seq, tokens, media)?;
        self.settled()?;
        let flags = self.flags(kind)?;
        let size = self.ptr.seq_state_size(seq, flags);
        let mut payload = vec![0; self.guard(size)?];
        let written = self.ptr.seq_state_get(seq, flags, &mut payload);
        let written = self.guard(written)?;
        saved(header, payload, written)
    }

    /// Replaces everything that the context remembers by a state of all sequences.
    ///
    /// # Errors
    /// [`Error::State`] says why the state does not fit; the context is unchanged then, except after
    /// [`StateError::Refused`], which leaves it empty. [`Error::NoMemory`], [`Error::Poisoned`].
    #[doc(alias = "llama_state_set_data")]
    pub fn restore_state(&mut self, state: &State) -> Result<()> {
        self.memory_ready(&[])?;
        if state.kind() != StateKind::Whole {
            return Err(kind_error(StateKind::Whole, state));
        }
        self.check_state(state)?;
        self.kept.clear();
        crate::log::clear_detail();
        let read = self.ptr.state_set(&state.payload);
        if self.guard(read)? == state.payload.len() {
            self.book.moved = false;
            return Ok(());
        }
        let detail = refusal();
        let cleared = self.ptr.memory_clear(true);
        self.guard(cleared)?;
        Err(StateError::Refused { detail }.into())
    }

    /// Replaces what sequence `seq` remembers by a saved sequence.
    ///
    /// A partial state goes on top of the sequence as it is: it must still have the past up to the position
    /// that was saved, and what comes behind it is forgotten.
    ///
    /// # Errors
    /// [`Error::State`] says why the state does not fit; the sequence is unchanged then, except after
    /// [`StateError::Refused`], which leaves it empty. [`Error::SeqIdOutOfRange`], [`Error::NoMemory`],
    /// [`Error::Poisoned`].
    #[doc(alias = "llama_state_seq_set_data")]
    #[doc(alias = "llama_state_seq_set_data_ext")]
    pub fn restore_sequence(&mut self, state: &State, seq: SeqId) -> Result<()> {
        self.memory_ready(&[seq])?;
        if state.kind() == StateKind::Whole {
            return Err(kind_error(StateKind::Sequence, state));
        }
        let content = self.check_state(state)?;
        let partial = state.kind() == StateKind::Partial;
        let flags = self.flags(state.kind())?;
        self.set_sequence(&state.payload, seq, flags, partial, content.ends.get(&0).copied())
    }

    /// True when the state of a sequence has positions, as far as can be known without restoring it.
    pub(crate) fn finds_positions(&self, state: &State) -> Result<bool> {
        Ok(!self.check_state(state)?.ends.is_empty())
    }

    /// Saves one sequence into memory of the device, replacing what was saved there of the same sequence.
    /// With `partial` as [`save_sequence_partial`](Self::save_sequence_partial).
    ///
    /// # Errors
    /// [`StateError::Unsupported`] where the memory has quantized numbers, or `partial` makes no sense;
    /// [`Error::Fault`] where the device has no memory left, which leaves the context as it was but for an earlier
    /// state of the same sequence; otherwise as [`save_sequence`](Self::save_sequence).
    #[doc(alias = "LLAMA_STATE_SEQ_FLAGS_ON_DEVICE")]
    pub fn save_sequence_on_device(&mut self, seq: SeqId, partial: bool) -> Result<DeviceState> {
        self.memory_ready(&[seq])?;
        self.settled()?;
        let kind = if partial { StateKind::Partial } else { StateKind::Sequence };
        let flags = self.flags(kind)? | ON_DEVICE;
        // llama.cpp counts such tensors in elements where it means blocks.
        let blocks = |kind| {
            !matches!(kind, llama_sys::GGML_TYPE_F32 | llama_sys::GGML_TYPE_F16 | llama_sys::GGML_TYPE_BF16)
        };
        let params = &self.facts.params;
        if !self.model.inner.info.recurrent && (blocks(params.type_k) || blocks(params.type_v)) {
            return Err(unsupported("a memory of quantized numbers cannot be saved on the device"));
        }
        let layout = self.layout();
        if layout == Layout::Opaque {
            return Err(unsupported("the memory of this model cannot be saved on the device"));
        }
        let size = self.ptr.seq_state_size(seq, flags);
        let mut description = vec![0; self.guard(size)?];
        // Whatever happens now, an earlier one of this sequence is gone.
        self.book.counter += 1;
        self.book.on_device.insert(seq, self.book.counter);
        crate::log::clear_detail();
        let written = self.ptr.seq_state_get(seq, flags, &mut description);
        if let Err(fault) = &written
            && fault.kind() == FaultKind::OutOfMemory
        {
            return Err(Error::fault(fault.clone()));
        }
        if self.guard(written)? != description.len() {
            return Err(Error::Failed { operation: "saving the state", detail: crate::log::take_detail() });
        }
        let end = self.ptr.pos_max(seq)?;
        Ok(DeviceState { context: self.book.id, number: self.book.counter, seq, partial, end, description })
    }

    /// Replaces what sequence `seq` remembers by a sequence saved on the device.
    ///
    /// # Errors
    /// [`StateError::OtherContext`], [`StateError::Replaced`]; otherwise as
    /// [`restore_sequence`](Self::restore_sequence).
    pub fn restore_sequence_from_device(&mut self, state: &DeviceState, seq: SeqId) -> Result<()> {
        self.memory_ready(&[seq])?;
        if state.context != self.book.id {
            return Err(StateError::OtherContext.into());
        }
        if self.book.on_device.get(&state.seq) != Some(&state.number) {
            return Err(StateError::Replaced { seq: state.seq }.into());
        }
        if self.book.copied {
            return Err(StateError::EditPending.into());
        }
        let flags = ON_DEVICE | if state.partial { PARTIAL } else { 0 };
        self.set_sequence(&state.description, seq, flags, state.partial, state.end)
    }

    /// Hands checked bytes to llama.cpp. `end` is the largest position in them.
    fn set_sequence(
        &mut self,
        bytes: &[u8],
        seq: SeqId,
        flags: u32,
        partial: bool,
        end: Option<Pos>,
    ) -> Result<()> {
        if partial {
            let have = self.ptr.pos_max(seq)?;
            if end.is_none() || have < end {
                return Err(StateError::MissingPast { seq }.into());
            }
        } else {
            // The state of an empty sequence would leave the present one as it is.
            let removed = self.ptr.seq_remove(seq, -1, -1);
            self.guard(removed)?;
        }
        self.kept.clear();
        crate::log::clear_detail();
        let read = self.ptr.seq_state_set(seq, flags, bytes);
        if self.guard(read)? != bytes.len() {
            let detail = refusal();
            let removed = self.ptr.seq_remove(seq, -1, -1);
            self.guard(removed)?;
            return Err(StateError::Refused { detail }.into());
        }
        if let (true, Some(end)) = (partial, end) {
            // The other parts of the memory forget what came after the saved point.
            let removed = self.ptr.seq_remove(seq, end + 1, -1);
            if !self.guard(removed)? {
                let removed = self.ptr.seq_remove(seq, -1, -1);
                self.guard(removed)?;
                return Err(StateError::Refused { detail: "the rest cannot go back".to_owned() }.into());
            }
        }
        Ok(())
    }

    fn settled(&self) -> Result<()> {
        if self.book.moved || self.book.copied { Err(StateError::EditPending.into()) } else { Ok(()) }
    }

    fn header(&self, kind: StateKind, seq: SeqId, tokens: &[Token], media: &[MediaSpan]) -> Result<Header> {
        let info = &self.model.inner.info;
        if let Some(token) = text_tokens(tokens, media).find(|token| !known(*token, info)) {
            return Err(Error::TokenOutOfRange { token, n_vocab: info.n_vocab });
        }
        Ok(Header {
            kind,
            seq,
            llama_cpp: crate::backend::llama_cpp_version().to_owned(),
            architecture: info.architecture.clone(),
            model_text: info.description.clone(),
            model: self.model.fingerprint()?,
            params: self.params(),
            tokens: tokens.to_vec(),
            media: media.to_vec(),
        })
    }

    fn params(&self) -> Params {
        let facts = &self.facts;
        Params { n_ctx: facts.n_ctx, n_ctx_seq: facts.n_ctx_seq, n_seq_max: facts.n_seq_max, ..facts.params }
    }

    fn flags(&self, kind: StateKind) -> Result<u32> {
        if kind != StateKind::Partial {
            return Ok(0);
        }
        let info = &self.model.inner.info;
        let keeps_all = !info.recurrent && !info.hybrid && info.n_swa == 0;
        if keeps_all || self.layout() == Layout::Opaque {
            return Err(unsupported("the memory of this model has no parts that are overwritten"));
        }
        Ok(PARTIAL)
    }

    fn layout(&self) -> Layout {
        layout_of(&self.model.inner.info)
    }

    /// Everything that can be known before llama.cpp sees the state.
    fn check_state(&self, state: &State) -> Result<Content> {
        let here = self.params();
        let info = &self.model.inner.info;
        let header = &state.header;
        let saved = &header.params;
        let version = crate::backend::llama_cpp_version();
        if header.llama_cpp != version {
            let saved = header.llama_cpp.clone();
            return Err(StateError::Version { saved, here: version.to_owned() }.into());
        }
        if header.architecture != info.architecture || header.model != self.model.fingerprint()? {
            let (saved, here) = (header.model_text.clone(), info.description.clone());
            return Err(StateError::OtherModel { saved, here }.into());
        }
        if !info.recurrent {
            same_parameters(saved, &here, info)?;
        }
        if let Some(token) = text_tokens(&header.tokens, &header.media).find(|token| !known(*token, info)) {
            return Err(StateError::Token { token, n_vocab: info.n_vocab }.into());
        }
        if self.book.copied {
            return Err(StateError::EditPending.into());
        }
        let layout = self.layout();
        if layout == Layout::Opaque && !state.native {
            return Err(unsupported(
                "states of this architecture cannot be checked, so they are only accepted from the same process",
            ));
        }
        let spec = Spec {
            layout,
            whole: header.kind == StateKind::Whole,
            partial: header.kind == StateKind::Partial,
            architecture: &info.architecture,
            n_stream: if here.unified { 1 } else { here.n_seq_max },
            n_seq_max: here.n_seq_max,
            n_cells: here.n_ctx_seq,
            n_vocab: info.n_vocab,
            extended: info.has_sections(),
            has_values: self.has_values()?,
        };
        Ok(check(&state.payload, &spec)?)
    }

    /// Multi-head latent attention keeps keys only.
    fn has_values(&self) -> Result<bool> {
        let key = format!("{}.attention.key_length_mla", self.model.inner.info.architecture);
        Ok(self.model.metadata().get(&key)?.is_none())
    }
}

fn saved(header: Header, payload: Vec<u8>, written: usize) -> Result<State> {
    if written != payload.len() || written == 0 {
        return Err(Error::Failed { operation: "saving the state", detail: crate::log::take_detail() });
    }
    Ok(State { header, payload, native: true })
}

fn layout_of(info: &ModelInfo) -> Layout {
    // Memories of several kinds at once, which are not taken apart here.
    const SPECIAL: [&str; 10] = [
        "minimax-m3",
        "glm-dsa",
        "deepseek32",
        "deepseek4",
        "glm5-next",
        "hy_v4",
        "dots3note",
        "dflash",
        "qwen4exp",
        "gemma4-assistant",
    ];
    if SPECIAL.contains(&info.architecture.as_str()) || info.hybrid && info.n_swa > 0 {
        Layout::Opaque
    } else if info.recurrent {
        Layout::Recurrent
    } else if info.hybrid {
        Layout::Hybrid
    } else {
        Layout::Attention
    }
}

fn known(token: Token, info: &ModelInfo) -> bool {
    token.index().is_some_and(|index| index < info.n_vocab)
}

/// Parameters that change what the bytes mean.
fn same_parameters(saved: &Params, here: &Params, info: &ModelInfo) -> Result<(), StateError> {
    let flash = |value: u8| ["Auto", "Off", "On"].get(usize::from(value)).copied().unwrap_or("unknown");
    let cache = |value: u32| crate::gguf::TensorType::from_number(value).to_string();
    let streams = |params: &Params| if params.unified { 1 } else { params.n_seq_max };
    let differ = |name, saved: String, here: String| {
        if saved == here { Ok(()) } else { Err(StateError::OtherParameter { name, saved, here }) }
    };
    differ("type_k", cache(saved.type_k), cache(here.type_k))?;
    differ("type_v", cache(saved.type_v), cache(here.type_v))?;
    if streams(saved) != streams(here) {
        differ("kv_unified", saved.unified.to_string(), here.unified.to_string())?;
        differ("n_seq_max", saved.n_seq_max.to_string(), here.n_seq_max.to_string())?;
    }
    if info.n_swa > 0 {
        differ("swa_full", saved.swa_full.to_string(), here.swa_full.to_string())?;
    }
    if saved.flash_attention != 0 && here.flash_attention != 0 {
        differ(
            "flash_attention",
            flash(saved.flash_attention).to_owned(),
            flash(here.flash_attention).to_owned(),
        )?;
    }
    if saved.rope != here.rope {
        return Err(StateError::OtherParameter {
            name: "rope and yarn parameters",
            saved: format!("{:016x}", saved.rope),
            here: format!("{:016x}", here.rope),
        });
    }
    Ok(())
}

#[cold]
fn kind_error(expected: StateKind, state: &State) -> Error {
    StateError::OtherKind { expected: expected.text(), found: state.kind().text() }.into()
}

#[cold]
fn unsupported(reason: &'static str) -> Error {
    StateError::Unsupported { reason }.into()
}

#[cold]
fn refusal() -> String {
    match crate::log::take_detail() {
        detail if detail.is_empty() => "it gave no reason".to_owned(),
        detail => detail,
    }
}
