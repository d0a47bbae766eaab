//! Devices that act as one are put together by several threads at once.

use llama_sys::guarded as g;
use llama_sys::{self as sys};
use std::collections::HashSet;
use std::ffi::c_void;
use std::sync::Barrier;

/// Only asked once something is computed.
unsafe extern "C" fn nowhere(
    _: *const sys::ggml_tensor,
    _: *mut c_void,
) -> sys::ggml_backend_meta_split_state {
    unreachable!("nothing is computed")
}

/// What combines the processor with itself for a user of this number, and its kind of buffers.
fn combined(user: usize) -> (usize, usize) {
    // SAFETY: the registry has a processor.
    let processor =
        unsafe { g::ggml_backend_dev_by_type(sys::GGML_BACKEND_DEVICE_TYPE_CPU) }.expect("a device");
    let mut devices = [processor; 2];
    let user = std::ptr::without_provenance_mut(user);
    // SAFETY: the list has two devices; the function and its user are never asked.
    let device = unsafe { g::ggml_backend_meta_device(devices.as_mut_ptr(), 2, Some(nowhere), user) };
    let device = device.expect("no failure");
    // SAFETY: devices that combine others live as long as the process.
    let buffers = unsafe { g::ggml_backend_dev_buffer_type(device) }.expect("no failure");
    (device.addr(), buffers.addr())
}

#[test]
fn each_user_has_one_device_and_it_has_one_kind_of_buffers() {
    const THREADS: usize = 4;
    const USERS: usize = 20_000;
    let together = Barrier::new(THREADS);
    let found: Vec<Vec<_>> = std::thread::scope(|scope| {
        let work = || {
            together.wait();
            (1..=USERS).map(combined).collect()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "all threads found the same");
    let devices: HashSet<usize> = found[0].iter().map(|(device, _)| *device).collect();
    let buffers: HashSet<usize> = found[0].iter().map(|(_, buffers)| *buffers).collect();
    assert_eq!((devices.len(), buffers.len()), (USERS, USERS));
}
