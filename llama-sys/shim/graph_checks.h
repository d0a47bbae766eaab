// Included in front of files that describe computations: what a file lacks is an error, not a null pointer.
//
// llama.cpp treats most weights as optional while it loads a file, and hands them to ggml without a look when it
// describes the computation. ggml follows the pointer. Harmless in front of any other file.
//
// Recurrent states are allocated in contexts that are only planned, too, so this is looked at as well.
#pragma once

#ifdef __cplusplus

#include "ggml.h"
#include "planning.h"

#include <cstddef>
#include <cstdint>

namespace lrs {

// Throws: the argument with this index is missing in the call of an operation with these arguments, as written.
[[noreturn]] void missing_tensor(const char * operation, const char * arguments, std::size_t index);

template <class T> constexpr bool is_missing(const T &) { return false; }
inline bool is_missing(ggml_tensor * tensor) { return tensor == nullptr; }
inline bool is_missing(const ggml_tensor * tensor) { return tensor == nullptr; }

template <class T> struct same {
    using type = T;
};

// Calls f. The bits of `optional` are the arguments that may be null.
template <std::uint32_t optional, class R, class... P>
inline R checked(const char * operation, const char * arguments, R (*f)(P...), typename same<P>::type... values) {
    std::size_t index = 0;
    const auto check = [&](bool missing) {
        if (missing && (optional >> index & 1) == 0) {
            missing_tensor(operation, arguments, index);
        }
        ++index;
    };
    (check(is_missing(values)), ...);
    return f(values...);
}

} // namespace lrs

#include "graph_ops.inc"

#undef ggml_backend_alloc_ctx_tensors_from_buft
#define ggml_backend_alloc_ctx_tensors_from_buft(ctx, buft) lrs::alloc_tensors(ctx, buft)

#endif
