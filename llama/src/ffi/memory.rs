//! What the weights of a model take, of each memory, and the numbers of rows among them.

use super::backend::DevicePtr;
use super::model::ModelPtr;
use crate::error::Result;

/// What is taken of each memory; `None` for the host's.
pub(crate) type TakenOf = Vec<(Option<DevicePtr>, llama_sys::memory::Taken)>;

/// Bytes that a tensor takes, or would take.
#[derive(Debug)]
pub(crate) struct TensorMemory {
    pub(crate) name: String,
    /// `None` for the memory of the host.
    pub(crate) device: Option<DevicePtr>,
    pub(crate) bytes: u64,
}

impl ModelPtr {
    /// The tensors that were loaded or planned. Embeddings that serve as output are there twice if on two devices.
    pub(crate) fn tensors(&self) -> Result<Vec<TensorMemory>> {
        // SAFETY: the model is alive, and was made with its tensors.
        let list = unsafe { llama_sys::memory::tensors(self.as_ptr()) }?;
        let owned = |tensor: llama_sys::memory::TensorSize| TensorMemory {
            name: tensor.name,
            device: DevicePtr::new(tensor.device),
            bytes: tensor.size as u64,
        };
        Ok(list.into_iter().map(owned).collect())
    }

    /// The least and the greatest number in each tensor of integers.
    pub(crate) fn indices(&self) -> Result<Vec<llama_sys::weights::Indices>> {
        // SAFETY: the model is alive.
        Ok(unsafe { llama_sys::weights::indices(self.as_ptr()) }?)
    }
}
