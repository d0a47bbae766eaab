//! Samplers travel with their sampler chain, so a part of it cannot stay behind.
use llama::{Candidates, CustomSampler};
use std::cell::Cell;

struct Local(Cell<u32>);

impl CustomSampler for Local { //~ E0277
    fn name(&self) -> &str {
        "local"
    }

    fn apply(&mut self, _candidates: &mut Candidates<'_>) {}

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(Self(self.0.clone())) 
    }
}

fn main() {}
