//! The macro behind [`guarded`](crate::guarded): declares a C++ twin and wraps its status in `Result`.

/// One line per function: `"symbol" fn name(arg: Type, ...) -> Result;`.
macro_rules! guarded {
    ($($symbol:literal fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        mod raw {
            use super::*;
            unsafe extern "C" {
                $(
                    #[link_name = $symbol]
                    pub(super) fn $name(
                        fault: *mut crate::fault::RawFault,
                        result: *mut $ret
                        $(, $arg: $ty)*
                    ) -> ::std::ffi::c_int;
                )*
            }
        }
        $(
            #[doc = concat!("`", stringify!($name), "`, with failures as errors.")]
            #[doc = ""]
            #[doc = "# Safety"]
            #[doc = "The contract of the C function of the same name."]
            #[inline]
            pub unsafe fn $name($($arg: $ty),*) -> ::std::result::Result<$ret, crate::Fault> {
                let mut fault = ::std::mem::MaybeUninit::<crate::fault::RawFault>::uninit();
                let mut result = ::std::mem::MaybeUninit::<$ret>::uninit();
                // SAFETY: both out pointers are valid for writes; the caller vouches for the arguments.
                let status = unsafe { raw::$name(fault.as_mut_ptr(), result.as_mut_ptr() $(, $arg)*) };
                if status == 0 {
                    // SAFETY: the guard writes the result before it returns 0 (and `()` has no bytes).
                    Ok(unsafe { result.assume_init() })
                } else {
                    // SAFETY: the guard writes a zero-terminated message before it returns non-zero.
                    Err(unsafe { fault.assume_init() }.into_fault(status))
                }
            }
        )*
    };
}
