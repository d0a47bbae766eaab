//! Which changes to the model a context computes with.

use super::Context;
use crate::adapter::LoraAdapter;
use crate::error::{Error, Result};
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

/// What is attached to a context.
#[derive(Debug, Default)]
pub(super) struct Attached {
    pub(super) adapters: Vec<(LoraAdapter, f32)>,
    /// The control vector as llama.cpp got it.
    pub(super) control: Option<Control>,
    /// llama.cpp will plan its computation again, and for that reads the model's list of adapters.
    pub(super) replan: bool,
}

/// Directions for all layers, and the first and last layer that they are added to.
#[derive(Debug, Clone)]
pub(super) struct Control {
    directions: Vec<f32>,
    n_embd: i32,
    layers: (i32, i32),
}

impl Context {
    /// Computes with these adapters and no others from the next decode on, each with its scale: 0 is no change,
    /// 1 the adapter as trained. The memory keeps what was computed before.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for an adapter of another model, the same one twice, or a scale that is not
    /// finite, and nothing is changed then; [`Error::Poisoned`].
    #[doc(alias = "llama_set_adapters_lora")]
    pub fn set_adapters(&mut self, adapters: &[(LoraAdapter, f32)]) -> Result<()> {
        self.alive()?;
        let mut list = Vec::with_capacity(adapters.len());
        for (index, (adapter, scale)) in adapters.iter().enumerate() {
            if !Arc::ptr_eq(&adapter.model().inner, &self.model.inner) {
                return Err(Error::invalid("adapters", format!("number {index} belongs to another model")));
            }
            if adapters[..index].iter().any(|(other, _)| other.same(adapter)) {
                return Err(Error::invalid("adapters", format!("number {index} is there already")));
            }
            if !scale.is_finite() {
                return Err(Error::invalid("adapters", format!("the scale of number {index} is {scale}")));
            }
            list.extend(adapter.ptr().map(|ptr| (ptr, *scale)));
        }
        // A device may still be reading the matrices of those that go.
        let waited = self.ptr.synchronize();
        self.guard(waited)?;
        let set = self.ptr.set_adapters(&list);
        self.attached.replan = true;
        self.guard(set)?;
        self.attached.adapters = adapters.to_vec();
        Ok(())
    }

    /// Computes with the model as it is from the next decode on.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn clear_adapters(&mut self) -> Result<()> {
        self.set_adapters(&[])
    }

    /// The adapters in use and their scales.
    #[must_use]
    pub fn adapters(&self) -> &[(LoraAdapter, f32)] {
        &self.attached.adapters
    }

    /// Adds directions to the hidden states from the next decode on: a control vector.
    ///
    /// `data` holds [`n_embd`](crate::Model::n_embd) numbers for layer 1, then for layer 2 and so on; layer 0
    /// cannot be steered. Missing layers at the end count as zero. Only the layers in the range are steered.
    /// A few architectures ignore control vectors.
    ///
    /// ```no_run
    /// # let model = llama::Model::load("model.gguf")?;
    /// # let mut ctx = model.context_builder().build()?;
    /// let directions = vec![0.01; model.n_embd() * (model.n_layer() as usize - 1)];
    /// ctx.set_control_vector(&directions, 4..=8)?;
    /// ctx.clear_control_vector()?;
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when `data` is empty, is no multiple of `n_embd`, has too many layers or a
    /// number that is not finite, or when no layer that can be steered lies in the range; [`Error::Poisoned`].
    #[doc(alias = "llama_set_adapter_cvec")]
    pub fn set_control_vector(&mut self, data: &[f32], layers: impl RangeBounds<u32>) -> Result<()> {
        const NAME: &str = "control vector";
        self.alive()?;
        let info = &self.model.inner.info;
        let (width, steerable) = (info.n_embd, info.n_layer.saturating_sub(1));
        if data.is_empty() || width == 0 || !data.len().is_multiple_of(width) {
            let reason = format!("{} numbers are no multiple of n_embd = {width}", data.len());
            return Err(Error::invalid(NAME, reason));
        }
        let given = data.len() / width;
        if given > steerable as usize {
            return Err(Error::invalid(NAME, format!("{given} layers, {steerable} can be steered")));
        }
        if let Some(at) = data.iter().position(|number| !number.is_finite()) {
            return Err(Error::invalid(NAME, format!("number {at} is not finite")));
        }
        let (first, last) = bounds(&layers, steerable)
            .ok_or_else(|| Error::invalid(NAME, format!("the range has no layer of 1..={steerable}")))?;
        let mut padded = data.to_vec();
        padded.resize(width * steerable as usize, 0.0);
        let n_embd = crate::ffi::context::as_i32("n_embd", u32::try_from(width).unwrap_or(u32::MAX))?;
        self.control(Some(Control { directions: padded, n_embd, layers: (first, last) }))
    }

    /// Stops steering.
    ///
    /// # Errors
    /// [`Error::Poisoned`].
    pub fn clear_control_vector(&mut self) -> Result<()> {
        self.alive()?;
        self.control(None)
    }

    /// Gives a new context the adapters and the control vector of this one.
    pub(super) fn attach_to(&self, other: &mut Self) -> Result<()> {
        if !self.attached.adapters.is_empty() {
            other.set_adapters(&self.attached.adapters)?;
        }
        if self.attached.control.is_some() {
            other.control(self.attached.control.clone())?;
        }
        Ok(())
    }

    fn control(&mut self, control: Option<Control>) -> Result<()> {
        let waited = self.ptr.synchronize();
        self.guard(waited)?;
        crate::log::clear_detail();
        let (data, n_embd, (first, last)) = match &control {
            Some(control) => (Some(&control.directions[..]), control.n_embd, control.layers),
            None => (None, 0, (-1, -1)),
        };
        let set = self.ptr.set_control_vector(data, n_embd, first, last);
        self.attached.replan = true;
        if self.guard(set)? == 0 {
            self.attached.control = control;
            return Ok(());
        }
        Err(Error::Failed { operation: "setting a control vector", detail: crate::log::take_detail() })
    }
}

/// The first and last layer of the range that lie in `1..=steerable`.
fn bounds(layers: &impl RangeBounds<u32>, steerable: u32) -> Option<(i32, i32)> {
    let first = match layers.start_bound() {
        Bound::Included(&layer) => layer.max(1),
        Bound::Excluded(&layer) => layer.checked_add(1)?,
        Bound::Unbounded => 1,
    };
    let last = match layers.end_bound() {
        Bound::Included(&layer) => layer,
        Bound::Excluded(&layer) => layer.checked_sub(1)?,
        Bound::Unbounded => steerable,
    };
    let last = last.min(steerable);
    if first > last {
        return None;
    }
    Some((i32::try_from(first).ok()?, i32::try_from(last).ok()?))
}

#[cfg(test)]
mod tests {
    use super::bounds;

    #[test]
    fn ranges_of_layers() {
        assert_eq!(bounds(&(..), 5), Some((1, 5)));
        assert_eq!(bounds(&(0..=2), 5), Some((1, 2)));
        assert_eq!(bounds(&(3..), 5), Some((3, 5)));
        assert_eq!(bounds(&(2..100), 5), Some((2, 5)));
        assert_eq!(bounds(&(0..1), 5), None);
        assert_eq!(bounds(&(0..0), 5), None);
        assert_eq!(bounds(&(6..), 5), None);
        assert_eq!(bounds(&(u32::MAX..), 5), None);
        assert_eq!(bounds(&(..), 0), None);
    }
}
