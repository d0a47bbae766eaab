//! Candidates belong to the call of a sampler.
use llama::{Candidates, CustomSampler};

struct Keeps(Option<&'static mut Candidates<'static>>);

impl CustomSampler for Keeps {
    fn name(&self) -> &str {
        "keeps"
    }

    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        self.0 = Some(candidates); //~ lifetime may not live long enough
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(Self(None))
    }
}

fn main() {}
