//! Back ends in files of their own (feature `dynamic-backends`).
//!
//! [`load`] opens one and connects it with this library, [`register`] gives its devices to ggml's registry. The
//! build puts plugins into the folder [`PLUGINS`](crate::build_info::PLUGINS), which the build scripts of packages that
//! depend on this one find in `DEP_LLAMA_SYS_PLUGINS`.

mod elf;

use crate::fault::RawFault;
use crate::{Fault, ggml_backend_reg_t};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::fs::File;
use std::mem::MaybeUninit;
use std::path::Path;

/// Name of a plugin's only function.
const ENTRY: &[u8] = b"lrs_plugin_attach\0";

type Find = unsafe extern "C" fn(*const c_char) -> *mut c_void;
type Attach = unsafe extern "C" fn(*const c_char, Find, *mut c_char, usize) -> ggml_backend_reg_t;

unsafe extern "C" {
    fn lrs_plugin_stamp() -> *const c_char;
    fn lrs_plugin_connect(
        fault: *mut RawFault,
        registry: *mut ggml_backend_reg_t,
        attach: Attach,
        why: *mut c_char,
        size: usize,
    ) -> c_int;
    fn lrs_plugin_register(fault: *mut RawFault, registry: ggml_backend_reg_t) -> c_int;
    fn getauxval(kind: c_ulong) -> c_ulong;
}

/// What a plugin must have been built for to fit: versions and a fingerprint of what both sides share.
#[must_use]
pub fn stamp() -> &'static str {
    // SAFETY: no arguments; returns a literal.
    let stamp = unsafe { lrs_plugin_stamp() };
    // SAFETY: a terminated string that lives as long as the program.
    unsafe { CStr::from_ptr(stamp) }.to_str().unwrap_or_default()
}

/// Opens a plugin and returns the registry of its back end, which lives as long as the process: plugins are never
/// closed. ggml does not know it yet, see [`register`]. The same file gives the same registry again.
///
/// # Errors
/// Why the file cannot be used, on one line: not a plugin, cut off, a library that it needs is missing, of another
/// build.
///
/// # Safety
/// The code in the file runs if it carries the [`stamp`]; it must come from a build of this library then. One call at a
/// time.
pub unsafe fn load(file: &Path) -> Result<ggml_backend_reg_t, String> {
    // The system's loader would look for a name without a folder elsewhere, and replaces `$ORIGIN` and others.
    if !file.is_absolute() {
        return Err("the path is not absolute".to_owned());
    }
    if file.as_os_str().as_encoded_bytes().contains(&b'$') {
        return Err("its path contains `$`, to which the system's loader gives a meaning".to_owned());
    }
    let kind = std::fs::metadata(file).map_err(|e| e.to_string())?;
    if !kind.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut open = File::open(file).map_err(|e| e.to_string())?;
    let built_for = elf::stamp(&mut open, kind.len())?;
    if built_for != stamp() {
        return Err(format!("it was built for {built_for}, and this program is {}", stamp()));
    }

    // SAFETY: the caller vouches for the code in the file.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }.map_err(|e| e.to_string())?;
    // SAFETY: the function of this name has this type in every file with this stamp.
    let attach = unsafe { library.get::<Attach>(ENTRY) }.map(|symbol| *symbol);
    // Never closed, refused or not: what its constructors started may run on.
    let _ = library.into_raw();
    let attach = attach.map_err(|e| e.to_string())?;

    let mut fault = MaybeUninit::<RawFault>::uninit();
    let mut registry: ggml_backend_reg_t = std::ptr::null_mut();
    let mut why = [0_u8; 1024];
    let text = why.as_mut_ptr().cast();
    // SAFETY: all out pointers are valid for writes, of the size given; the library is never closed.
    let status =
        unsafe { lrs_plugin_connect(fault.as_mut_ptr(), &raw mut registry, attach, text, why.len()) };
    if status != 0 {
        // SAFETY: the shim writes the message before it returns non-zero.
        return Err(unsafe { fault.assume_init() }.into_fault(status).to_string());
    }
    if registry.is_null() {
        let why = CStr::from_bytes_until_nul(&why).unwrap_or_default();
        return Err(why.to_string_lossy().into_owned());
    }
    Ok(registry)
}

/// `ggml_backend_register`: from now on the devices of `registry` are among those of ggml. Harmless when repeated,
/// and while other threads use ggml.
///
/// # Errors
/// When the back end fails while it looks for its devices; it is not registered then.
///
/// # Safety
/// The registry comes from [`load`].
pub unsafe fn register(registry: ggml_backend_reg_t) -> Result<(), Fault> {
    let mut fault = MaybeUninit::<RawFault>::uninit();
    // SAFETY: the out pointer is valid for writes; the caller vouches for the registry.
    let status = unsafe { lrs_plugin_register(fault.as_mut_ptr(), registry) };
    if status == 0 {
        return Ok(());
    }
    // SAFETY: the shim writes the message before it returns non-zero.
    Err(unsafe { fault.assume_init() }.into_fault(status))
}

/// True where the process has rights that its user does not have (set-user-ID and the like). Such a program must not
/// load what lies beside it: its user chooses the folder, with a link.
#[must_use]
pub fn is_privileged() -> bool {
    const AT_SECURE: c_ulong = 23;
    // SAFETY: reads a number that the kernel gave to the process.
    unsafe { getauxval(AT_SECURE) != 0 }
}
