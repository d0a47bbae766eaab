//! What Apple's kernel says about the host's memory.

use std::ffi::c_int;
use std::sync::OnceLock;

unsafe extern "C" {
    fn getpagesize() -> c_int;
    fn mach_host_self() -> u32;
    fn host_statistics64(host: u32, flavor: c_int, info: *mut c_int, count: *mut u32) -> c_int;
}

/// Asks for the numbers of pages.
const HOST_VM_INFO64: c_int = 4;
/// The kernel never writes more numbers than that.
const HOST_INFO64_MAX: usize = 256;
/// Places of the pages that nobody uses, and of those that nobody has used for some time.
const FREE: usize = 0;
const INACTIVE: usize = 2;

/// Bytes that can be taken without anything being compressed or swapped for it.
pub(crate) fn available() -> Option<u64> {
    // Each call would take one more reference to the same port.
    static HOST: OnceLock<u32> = OnceLock::new();
    // SAFETY: no arguments, always succeeds.
    let host = *HOST.get_or_init(|| unsafe { mach_host_self() });
    let (mut numbers, mut count) = ([0; HOST_INFO64_MAX], 256);
    // SAFETY: the kernel writes at most `count` numbers, and into `count` how many they are.
    let status = unsafe { host_statistics64(host, HOST_VM_INFO64, numbers.as_mut_ptr(), &raw mut count) };
    // SAFETY: no arguments, returns a constant.
    let page = unsafe { getpagesize() };
    let pages = |at: usize| u64::from(numbers[at].cast_unsigned());
    (status == 0).then(|| (pages(FREE) + pages(INACTIVE)) * u64::from(page.cast_unsigned()))
}
