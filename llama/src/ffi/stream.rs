//! C streams, for the functions that read from a `FILE *`.

use std::ffi::{CStr, c_char, c_int};
use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::ptr::NonNull;

unsafe extern "C" {
    fn fclose(file: *mut llama_sys::FILE) -> c_int;
    #[cfg(unix)]
    fn fdopen(descriptor: c_int, mode: *const c_char) -> *mut llama_sys::FILE;
    #[cfg(unix)]
    fn fmemopen(buffer: *mut std::ffi::c_void, size: usize, mode: *const c_char) -> *mut llama_sys::FILE;
    #[cfg(windows)]
    fn _fdopen(descriptor: c_int, mode: *const c_char) -> *mut llama_sys::FILE;
    #[cfg(windows)]
    fn _open_osfhandle(handle: isize, flags: c_int) -> c_int;
    #[cfg(windows)]
    fn _close(descriptor: c_int) -> c_int;
}

/// A C stream for reading; closed when dropped. Borrows the bytes that it reads, where it reads from memory.
#[derive(Debug)]
pub(crate) struct CStream<'a> {
    file: NonNull<llama_sys::FILE>,
    source: PhantomData<&'a [u8]>,
}

impl CStream<'_> {
    /// A stream over the same open file, starting at the file's current position.
    #[cfg(unix)]
    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        use std::os::fd::{AsRawFd, IntoRawFd};
        let copy = std::os::fd::OwnedFd::from(file.try_clone()?);
        // SAFETY: the descriptor is open, the mode terminated.
        let stream = unsafe { fdopen(copy.as_raw_fd(), READ.as_ptr()) };
        let stream = Self::new(stream)?;
        // The stream owns the descriptor from here on.
        let _ = copy.into_raw_fd();
        Ok(stream)
    }

    /// A stream over the same open file, starting at the file's current position.
    #[cfg(windows)]
    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        use std::os::windows::io::{AsRawHandle, IntoRawHandle};
        let copy = std::os::windows::io::OwnedHandle::from(file.try_clone()?);
        // SAFETY: the handle is open; 0 asks for plain binary access.
        let descriptor = unsafe { _open_osfhandle(copy.as_raw_handle() as isize, 0) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // The descriptor owns the handle from here on.
        let _ = copy.into_raw_handle();
        // SAFETY: the descriptor is open, the mode terminated.
        let stream = unsafe { _fdopen(descriptor, READ.as_ptr()) };
        Self::new(stream).inspect_err(|_| {
            // SAFETY: the descriptor is open and nothing else owns it.
            let _ = unsafe { _close(descriptor) };
        })
    }

    fn new(file: *mut llama_sys::FILE) -> io::Result<Self> {
        let file = NonNull::new(file).ok_or_else(io::Error::last_os_error)?;
        Ok(Self { file, source: PhantomData })
    }

    pub(crate) fn as_ptr(&self) -> *mut llama_sys::FILE {
        self.file.as_ptr()
    }
}

#[cfg(unix)]
impl<'a> CStream<'a> {
    /// A stream over bytes in memory, which are not copied.
    pub(crate) fn of_bytes(bytes: &'a [u8]) -> io::Result<Self> {
        // SAFETY: the bytes stay for the life of the stream, which only reads them; the mode is terminated.
        let stream = unsafe { fmemopen(bytes.as_ptr().cast_mut().cast(), bytes.len(), READ_MEMORY.as_ptr()) };
        Self::new(stream)
    }
}

/// Binary reading.
const READ: &CStr = c"rb";
/// Reading; in memory there is no text mode, and old C libraries give the `b` another meaning.
#[cfg(unix)]
const READ_MEMORY: &CStr = c"r";

impl Drop for CStream<'_> {
    fn drop(&mut self) {
        // SAFETY: the stream is open, and C code that was given it keeps no copy.
        let _ = unsafe { fclose(self.file.as_ptr()) };
    }
}
