//! llama.cpp's C API with as little around it as possible.

use llama::sys;
use llama::{Pooling, Token};
use std::ffi::CString;
use std::path::Path;

pub(super) struct Model(*mut sys::llama_model);

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: loaded by `load`; the contexts borrow the model, so they are gone.
        unsafe { sys::llama_model_free(self.0) }
    }
}

impl Model {
    pub(super) fn load(path: &Path) -> Self {
        llama::backend::init().unwrap();
        let path = CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: no arguments.
        let params = unsafe { sys::llama_model_default_params() };
        // SAFETY: the path is terminated, the parameters are the defaults.
        let model = unsafe { sys::llama_model_load_from_file(path.as_ptr(), params) };
        assert!(!model.is_null());
        Self(model)
    }

    pub(super) fn vocab(&self) -> *const sys::llama_vocab {
        // SAFETY: the model is alive.
        unsafe { sys::llama_model_get_vocab(self.0) }
    }

    pub(super) fn tokenize(&self, text: &str, parse: bool) -> Vec<Token> {
        let mut tokens = vec![Token(0); text.len() + 16];
        let (len, room) = (i32::try_from(text.len()).unwrap(), i32::try_from(tokens.len()).unwrap());
        // SAFETY: the text has `len` bytes, the list room for `room` tokens; `Token` is a transparent `i32`.
        let count = unsafe {
            sys::llama_tokenize(
                self.vocab(),
                text.as_ptr().cast(),
                len,
                tokens.as_mut_ptr().cast(),
                room,
                true,
                parse,
            )
        };
        tokens.truncate(usize::try_from(count).unwrap());
        tokens
    }

    pub(super) fn piece(&self, token: Token, special: bool) -> Vec<u8> {
        let mut bytes = vec![0_u8; 256];
        let buffer = bytes.as_mut_ptr().cast();
        // SAFETY: the buffer has 256 bytes, the vocabulary made the token.
        let len = unsafe { sys::llama_token_to_piece(self.vocab(), token.0, buffer, 256, 0, special) };
        bytes.truncate(usize::try_from(len).unwrap());
        bytes
    }

    pub(super) fn context(&self, n_batch: u32, embeddings: bool) -> Context<'_> {
        self.make(n_batch, embeddings, None)
    }

    pub(super) fn pooled_context(&self, pooling: Pooling) -> Context<'_> {
        self.make(512, true, Some(pooling))
    }

    fn make(&self, n_batch: u32, embeddings: bool, pooling: Option<Pooling>) -> Context<'_> {
        // SAFETY: no arguments.
        let mut params = unsafe { sys::llama_context_default_params() };
        params.n_ctx = 512;
        params.n_batch = n_batch;
        params.n_ubatch = n_batch;
        params.n_threads = 1;
        params.n_threads_batch = 1;
        params.embeddings = embeddings;
        params.pooling_type = match pooling {
            None => params.pooling_type,
            Some(Pooling::None) => sys::LLAMA_POOLING_TYPE_NONE,
            Some(Pooling::Mean) => sys::LLAMA_POOLING_TYPE_MEAN,
            Some(Pooling::Cls) => sys::LLAMA_POOLING_TYPE_CLS,
            Some(Pooling::Last) => sys::LLAMA_POOLING_TYPE_LAST,
            Some(other) => panic!("{other:?}"),
        };
        // SAFETY: the model is alive.
        let context = unsafe { sys::llama_init_from_model(self.0, params) };
        assert!(!context.is_null());
        Context { ptr: context, model: self }
    }
}

pub(super) struct Context<'m> {
    ptr: *mut sys::llama_context,
    model: &'m Model,
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: created by `make`, freed once.
        unsafe { sys::llama_free(self.ptr) }
    }
}

impl Context<'_> {
    fn run(&mut self, tokens: &[Token], start: usize, encode: bool) {
        let mut ids: Vec<i32> = tokens.iter().map(|token| token.0).collect();
        let mut positions: Vec<i32> =
            (start..).take(ids.len()).map(|pos| i32::try_from(pos).unwrap()).collect();
        let (mut lengths, mut outputs) = (vec![1; ids.len()], vec![1; ids.len()]);
        let mut sequence = 0;
        let mut sequences = vec![&raw mut sequence; ids.len()];
        let batch = sys::llama_batch {
            n_tokens: i32::try_from(ids.len()).unwrap(),
            token: ids.as_mut_ptr(),
            embd: std::ptr::null_mut(),
            pos: positions.as_mut_ptr(),
            n_seq_id: lengths.as_mut_ptr(),
            seq_id: sequences.as_mut_ptr(),
            logits: outputs.as_mut_ptr(),
        };
        let status = if encode {
            // SAFETY: the context is alive, every list of the batch has an entry per token.
            unsafe { sys::llama_encode(self.ptr, batch) }
        } else {
            // SAFETY: as above.
            unsafe { sys::llama_decode(self.ptr, batch) }
        };
        assert_eq!(status, 0);
    }

    /// Decodes tokens, all with output, as one batch.
    pub(super) fn decode(&mut self, tokens: &[Token], start: usize) {
        self.run(tokens, start, false);
    }

    pub(super) fn encode(&mut self, tokens: &[Token]) {
        self.run(tokens, 0, true);
    }

    pub(super) fn logits(&self, at: usize) -> &[f32] {
        // SAFETY: the model is alive.
        let n_vocab = unsafe { sys::llama_vocab_n_tokens(self.model.vocab()) };
        // SAFETY: the context is alive; an unknown place gives null.
        let row = unsafe { sys::llama_get_logits_ith(self.ptr, i32::try_from(at).unwrap()) };
        floats(row, n_vocab)
    }

    pub(super) fn embedding(&self, at: usize) -> &[f32] {
        // SAFETY: the context is alive; an unknown place gives null.
        floats(unsafe { sys::llama_get_embeddings_ith(self.ptr, i32::try_from(at).unwrap()) }, self.width())
    }

    pub(super) fn pooled(&self) -> &[f32] {
        // SAFETY: the context is alive; an unknown sequence gives null.
        floats(unsafe { sys::llama_get_embeddings_seq(self.ptr, 0) }, self.width())
    }

    fn width(&self) -> i32 {
        // SAFETY: the model is alive.
        unsafe { sys::llama_model_n_embd(self.model.0) }
    }

    /// The most likely continuation, until the model ends it or `max` tokens.
    pub(super) fn greedy(&mut self, prompt: &[Token], max: usize) -> Vec<Token> {
        let mut next = prompt.to_vec();
        let (mut pos, mut tokens) = (0, Vec::new());
        while tokens.len() < max {
            self.decode(&next, pos);
            let logits = self.logits(next.len() - 1);
            let best = (0..logits.len()).reduce(|a, b| if logits[b] > logits[a] { b } else { a }).unwrap();
            let token = Token(i32::try_from(best).unwrap());
            // SAFETY: the vocabulary has this token.
            if unsafe { sys::llama_vocab_is_eog(self.model.vocab(), token.0) } {
                break;
            }
            tokens.push(token);
            pos += next.len();
            next = vec![token];
        }
        tokens
    }
}

fn floats<'a>(row: *const f32, len: i32) -> &'a [f32] {
    assert!(!row.is_null());
    // SAFETY: llama.cpp keeps that many numbers there until the context computes again.
    unsafe { std::slice::from_raw_parts(row, usize::try_from(len).unwrap()) }
}
