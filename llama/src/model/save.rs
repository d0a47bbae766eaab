//! Writing a model to a file.

use super::Model;
use super::source::path_string;
use crate::error::{Error, Result};
use crate::gguf::Gguf;
use crate::part_file::PartFile;
use std::path::Path;

/// Architectures that llama.cpp cannot write. It looks for the embeddings of tokens in each model with an output;
/// drafts (`dflash`, `eagle3`) may have none.
const NOT_SAVED: [&str; 8] = ["gemma3n", "bitnet", "t5", "apertus", "step35", "clef", "dflash", "eagle3"];

impl Model {
    /// Writes the model to a GGUF file, for example after training.
    ///
    /// llama.cpp writes what it knows: weights, vocabulary and the numbers that describe the model. Other
    /// metadata, like authors and the chat template, is not kept. The file appears under its name only when it
    /// is complete, so the file that the model came from may be replaced; on Windows
    /// not while it is mapped into memory.
    ///
    /// The model must have been loaded without rearranged weights:
    /// [`trainable`](super::ModelBuilder::trainable) or
    /// [`extra_buffer_types(false)`](super::ModelBuilder::extra_buffer_types).
    ///
    /// # Errors
    /// [`Error::SaveModel`] when the model cannot be written, or when llama.cpp left weights out;
    /// [`Error::VocabOnly`].
    #[doc(alias = "llama_model_save_to_file")]
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let info = &self.inner.info;
        let refuse = |detail: String| Error::SaveModel { path: path.to_owned(), detail };
        if info.vocab_only {
            return Err(Error::VocabOnly);
        }
        if info.rearranged {
            return Err(refuse(
                "its weights may have been rearranged; load it with trainable() or extra_buffer_types(false)"
                    .to_owned(),
            ));
        }
        if NOT_SAVED.contains(&info.architecture.as_str()) {
            return Err(refuse(format!("llama.cpp cannot write the architecture '{}'", info.architecture)));
        }
        if path.file_name().is_none() || path.is_dir() {
            return Err(refuse("this is no name of a file".to_owned()));
        }
        let _lock = self.inner.mutate.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let part = PartFile::beside(path);
        crate::log::clear_detail();
        self.inner.ptr.save(&path_string(part.path())?).map_err(|fault| refuse(fault.to_string()))?;
        let written = Gguf::open(part.path()).map_err(|error| {
            let detail = crate::log::take_detail();
            refuse(if detail.is_empty() { error.to_string() } else { detail })
        })?;
        let saved: u64 = written.tensors().iter().map(crate::gguf::TensorInfo::elements).sum();
        if saved != info.n_params {
            return Err(refuse(format!(
                "llama.cpp wrote {saved} of {} parameters of this architecture",
                info.n_params
            )));
        }
        part.publish(path).map_err(|error| refuse(error.to_string()))
    }
}
