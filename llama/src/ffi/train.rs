//! Training: the optimizer that belongs to a context, and one step of it.

use super::context::ContextPtr;
use super::model::ModelPtr;
use super::panic::PanicSlot;
use super::text::owned;
use crate::error::Result;
use llama_sys::{Fault, guarded};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::NonNull;

/// What C reads at every step, at an address that does not change.
#[derive(Debug)]
struct Shared {
    rates: llama_sys::ggml_opt_optimizer_params,
    /// The optimizer inside the context; null until its first step is done.
    optimizer: llama_sys::ggml_opt_context_t,
    /// A contained failure in a callback.
    fault: Option<Fault>,
}

/// Numbers of the optimizer, and what its callbacks need to know.
#[derive(Debug)]
pub(crate) struct Rates(NonNull<Shared>);

// SAFETY: plain data on the heap, owned here; the optimizer belongs to a context that the holder owns too.
unsafe impl Send for Rates {}
// SAFETY: changed through `&mut self` only, and by callbacks of calls that borrow the holder exclusively.
unsafe impl Sync for Rates {}

impl Rates {
    pub(crate) fn new(rates: llama_sys::ggml_opt_optimizer_params) -> Self {
        let shared = Shared { rates, optimizer: std::ptr::null_mut(), fault: None };
        Self(NonNull::from(Box::leak(Box::new(shared))))
    }

    pub(crate) fn set(&mut self, rates: llama_sys::ggml_opt_optimizer_params) {
        self.shared().rates = rates;
    }

    fn shared(&mut self) -> &mut Shared {
        // SAFETY: the address is valid until drop, and no C call is running, since those borrow the holder.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for Rates {
    fn drop(&mut self) {
        // SAFETY: made by `Box::leak`; the holder drops the context, the only reader, first.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

thread_local! {
    /// The optimizer that made the last step on this thread: C hands it to a callback that has no user data.
    static LAST: Cell<llama_sys::ggml_opt_context_t> = const { Cell::new(std::ptr::null_mut()) };
}

/// Called by C after each step.
unsafe extern "C" fn on_step(
    _train: bool,
    optimizer: llama_sys::ggml_opt_context_t,
    _dataset: llama_sys::ggml_opt_dataset_t,
    _result: llama_sys::ggml_opt_result_t,
    _done: i64,
    _total: i64,
    _start: i64,
) {
    let _ = LAST.try_with(|last| last.set(optimizer));
}

/// Called by C when the backward pass of a step is laid out and not computed yet.
///
/// Gradients are added up over the steps that make one update. llama.cpp never starts the sum anew when its
/// graphs are built for each step, as those of a context are: every update would see all earlier gradients.
unsafe extern "C" fn on_update(user: *mut c_void) -> llama_sys::ggml_opt_optimizer_params {
    // SAFETY: `user` is the shared state, which lives as long as the context; nothing else uses it meanwhile.
    let shared = unsafe { &mut *user.cast::<Shared>() };
    if !shared.optimizer.is_null() {
        // SAFETY: the optimizer belongs to the context whose step is running; its graphs exist at this point.
        // The moments are kept.
        if let Err(fault) = unsafe { guarded::ggml_opt_reset(shared.optimizer, false) } {
            shared.fault.get_or_insert(fault);
        }
    }
    shared.rates
}

/// The optimizer's numbers as ggml recommends them.
pub(crate) fn default_rates() -> Result<llama_sys::ggml_opt_optimizer_params> {
    // SAFETY: the argument is not used.
    Ok(unsafe { guarded::ggml_opt_get_default_optimizer_params(std::ptr::null_mut()) }?)
}

type Filter<'a> = dyn FnMut(&str) -> bool + 'a;

struct FilterState<'a, 'b> {
    callback: &'a mut Filter<'b>,
    panic: PanicSlot,
}

unsafe extern "C" fn on_filter(tensor: *const llama_sys::ggml_tensor, user: *mut c_void) -> bool {
    // SAFETY: `user` is the state on the stack of `opt_init`, which is not touched while C runs.
    let state = unsafe { &mut *user.cast::<FilterState<'_, '_>>() };
    // SAFETY: C passes a tensor of the model.
    let Ok(name) = (unsafe { guarded::ggml_get_name(tensor) }) else { return false };
    // SAFETY: the name is a terminated text inside the tensor.
    let name = unsafe { owned(name) }.unwrap_or_default();
    let callback = &mut *state.callback;
    state.panic.run(false, || callback(&name))
}

impl ContextPtr {
    /// Makes the context ready for training. A panic of `filter` continues once C has returned. `rates` must
    /// live as long as the context; the caller owns the model exclusively.
    pub(crate) fn opt_init(
        &mut self,
        model: &ModelPtr,
        n_ctx: u32,
        rates: &Rates,
        optimizer: llama_sys::ggml_opt_optimizer_type,
        filter: &mut Filter<'_>,
    ) -> Result<(), Fault> {
        let mut state = FilterState { callback: filter, panic: PanicSlot::default() };
        let params = llama_sys::llama_opt_params {
            n_ctx_train: n_ctx,
            param_filter: Some(on_filter),
            param_filter_ud: (&raw mut state).cast(),
            get_opt_pars: Some(on_update),
            get_opt_pars_ud: rates.0.as_ptr().cast(),
            optimizer_type: optimizer,
        };
        // SAFETY: context and model are alive and belong together; the filter's state outlives the call, the
        // optimizer's numbers outlive the context.
        let result = unsafe { guarded::llama_opt_init(self.as_ptr(), model.as_ptr(), params) };
        state.panic.resume();
        result
    }

    /// Computes the loss of one example and adds it to `result`; then changes the weights, if `train`. The
    /// caller has checked that tokens and labels are as many as the context has places, and known.
    pub(crate) fn opt_step(
        &mut self,
        tokens: &[i32],
        labels: &[i32],
        train: bool,
        rates: &mut Rates,
        result: &mut LossPtr,
    ) -> Result<(), Fault> {
        let Some(data) = DatasetPtr::new(tokens, labels)? else { return Ok(()) };
        let (trained, evaluated, split) = if train {
            (result.0.as_ptr(), std::ptr::null_mut(), 1)
        } else {
            (std::ptr::null_mut(), result.0.as_ptr(), 0)
        };
        LAST.set(std::ptr::null_mut());
        let context = self.as_ptr();
        // SAFETY: the context was made ready by `opt_init` with these rates; data and result are alive.
        let done = unsafe {
            guarded::llama_opt_epoch(
                context,
                data.0.as_ptr(),
                trained,
                evaluated,
                split,
                Some(on_step),
                Some(on_step),
            )
        };
        let shared = rates.shared();
        let last = LAST.replace(std::ptr::null_mut());
        if !last.is_null() {
            shared.optimizer = last;
        }
        done?;
        shared.fault.take().map_or(Ok(()), Err)
    }
}

/// Owns a data set with one example.
struct DatasetPtr(NonNull<llama_sys::ggml_opt_dataset>);

impl DatasetPtr {
    fn new(tokens: &[i32], labels: &[i32]) -> Result<Option<Self>, Fault> {
        let kind = llama_sys::GGML_TYPE_I32;
        let len = i64::try_from(tokens.len()).unwrap_or(0);
        let n_labels = i64::try_from(labels.len()).unwrap_or(0);
        // SAFETY: plain numbers; a size of zero is an assertion, which is contained.
        let ptr = unsafe { guarded::ggml_opt_dataset_init(kind, kind, len, n_labels, 1, 1) }?;
        let Some(ptr) = NonNull::new(ptr) else { return Ok(None) };
        let dataset = Self(ptr);
        // SAFETY: the data set is alive.
        let target = unsafe { guarded::ggml_opt_dataset_data(ptr.as_ptr()) }?;
        fill(target, tokens)?;
        // SAFETY: as above.
        let target = unsafe { guarded::ggml_opt_dataset_labels(ptr.as_ptr()) }?;
        fill(target, labels)?;
        Ok(Some(dataset))
    }
}

/// Copies numbers into a tensor that was made for as many.
fn fill(tensor: *mut llama_sys::ggml_tensor, values: &[i32]) -> Result<(), Fault> {
    // SAFETY: the tensor belongs to a living data set and has the size of `values`, which ggml checks again.
    unsafe { guarded::ggml_backend_tensor_set(tensor, values.as_ptr().cast(), 0, size_of_val(values)) }
}

impl Drop for DatasetPtr {
    fn drop(&mut self) {
        // SAFETY: made by `ggml_opt_dataset_init`, freed once.
        let _ = unsafe { guarded::ggml_opt_dataset_free(self.0.as_ptr()) };
    }
}

/// Owns the sums of losses.
#[derive(Debug)]
pub(crate) struct LossPtr(NonNull<llama_sys::ggml_opt_result>);

/// What the sums say; uncertainties are standard errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sums {
    pub(crate) n_tokens: i64,
    pub(crate) loss: f64,
    pub(crate) loss_error: f64,
    pub(crate) accuracy: f64,
    pub(crate) accuracy_error: f64,
}

impl LossPtr {
    pub(crate) fn new() -> Result<Option<Self>> {
        // SAFETY: no arguments.
        let ptr = unsafe { guarded::ggml_opt_result_init() }?;
        Ok(NonNull::new(ptr).map(Self))
    }

    pub(crate) fn n_tokens(&self) -> Result<i64> {
        let mut count = 0;
        // SAFETY: the result is alive, the out pointer valid.
        unsafe { guarded::ggml_opt_result_ndata(self.0.as_ptr(), &raw mut count) }?;
        Ok(count)
    }

    pub(crate) fn read(&self) -> Result<Sums> {
        let n_tokens = self.n_tokens()?;
        let (mut loss, mut loss_error, mut accuracy, mut accuracy_error) = (0.0, 0.0, 0.0, 0.0);
        // SAFETY: the result is alive, the out pointers valid.
        unsafe { guarded::ggml_opt_result_loss(self.0.as_ptr(), &raw mut loss, &raw mut loss_error) }?;
        // SAFETY: as above.
        unsafe {
            guarded::ggml_opt_result_accuracy(self.0.as_ptr(), &raw mut accuracy, &raw mut accuracy_error)
        }?;
        Ok(Sums { n_tokens, loss, loss_error, accuracy, accuracy_error })
    }
}

impl Drop for LossPtr {
    fn drop(&mut self) {
        // SAFETY: made by `ggml_opt_result_init`, freed once.
        let _ = unsafe { guarded::ggml_opt_result_free(self.0.as_ptr()) };
    }
}
