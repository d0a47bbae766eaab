//! Which layer the weights of a model belong to.

use crate::error::Result;
use crate::model::builder::Planned;
use std::collections::BTreeSet;

/// Bytes of each layer; those of no layer, like embeddings and output, are at the end.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    /// In the file, of what is loaded of it.
    pub(super) file: Vec<u64>,
    /// On devices.
    device: Vec<u64>,
    /// Of these, the experts'.
    experts: Vec<u64>,
}

impl Weights {
    pub(super) fn new(planned: &Planned) -> Result<Self> {
        let model = &planned.model;
        // Layers that predict several tokens at once follow the others.
        let n_layer = (model.n_layer() + model.n_layer_nextn()) as usize;
        let none = vec![0; n_layer + 1];
        let mut weights = Self { file: none.clone(), device: none.clone(), experts: none };
        let tensors = model.inner.ptr.tensors()?;
        for tensor in tensors.iter().filter(|tensor| tensor.device.is_some()) {
            let layer = layer_of(&tensor.name, n_layer);
            weights.device[layer] += tensor.bytes;
            if is_expert(&tensor.name) {
                weights.experts[layer] += tensor.bytes;
            }
        }
        let loaded: BTreeSet<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
        for tensor in planned.header.tensors().iter().filter(|tensor| loaded.contains(tensor.name())) {
            weights.file[layer_of(tensor.name(), n_layer)] += tensor.bytes().unwrap_or(0);
        }
        Ok(weights)
    }

    pub(super) fn n_layer(&self) -> u32 {
        u32::try_from(self.file.len() - 1).unwrap_or(u32::MAX)
    }

    /// True when devices hold experts.
    pub(super) fn has_experts(&self) -> bool {
        self.experts.iter().any(|bytes| *bytes > 0)
    }

    /// What devices hold once the experts of the first layers stay with the host.
    pub(super) fn on_devices(&self, cpu_moe: u32) -> Vec<u64> {
        let mut bytes = self.device.clone();
        for (bytes, experts) in bytes.iter_mut().zip(&self.experts).take(cpu_moe as usize) {
            *bytes -= experts;
        }
        bytes
    }
}

/// `n_layer` for a tensor of no layer.
fn layer_of(name: &str, n_layer: usize) -> usize {
    let number = name.split_once("blk.").and_then(|(_, rest)| rest.split('.').next());
    number.and_then(|number| number.parse().ok()).filter(|layer| *layer < n_layer).unwrap_or(n_layer)
}

/// Those that [`ModelBuilder::cpu_moe`](crate::ModelBuilder::cpu_moe) keeps.
fn is_expert(name: &str) -> bool {
    let Some((_, part)) = name.split_once(".ffn_") else { return false };
    let rest = ["up_", "down_", "gate_up_", "gate_"].iter().find_map(|kind| part.strip_prefix(kind));
    rest.is_some_and(|rest| rest.starts_with("exps") || rest.starts_with("chexps"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_tensors_are() {
        for (name, layer, expert) in [
            ("blk.0.ffn_up_exps.weight", 0, true),
            ("blk.11.ffn_gate_up_exps.weight", 11, true),
            ("blk.3.ffn_down_chexps.weight", 3, true),
            ("blk.3.ffn_gate_inp.weight", 3, false),
            ("blk.3.ffn_up_shexp.weight", 3, false),
            ("blk.3.ffn_gate.weight", 3, false),
            ("dec.blk.2.attn_q.weight", 2, false),
            ("blk.12.attn_q.weight", 12, false),
            ("token_embd.weight", 12, false),
        ] {
            assert_eq!((layer_of(name, 12), is_expert(name)), (layer, expert), "{name}");
        }
    }

    #[test]
    fn experts_of_the_first_layers_stay_behind() {
        let weights = Weights { file: vec![0; 4], device: vec![10, 20, 30, 7], experts: vec![0, 15, 25, 0] };
        assert!(weights.has_experts());
        assert_eq!(weights.n_layer(), 3);
        assert_eq!(weights.on_devices(0), [10, 20, 30, 7]);
        assert_eq!(weights.on_devices(2), [10, 5, 30, 7]);
        assert_eq!(weights.on_devices(u32::MAX), [10, 5, 5, 7]);
    }
}
