// Included in front of files that describe computations: what a file lacks is an error, not a null pointer, and so are
// types of weights that nothing computes with.
//
// llama.cpp treats most weights as optional while it loads a file, and hands them to ggml without a look when it
// describes the computation. ggml follows the pointer. Harmless in front of any other file.
//
// The CPU looks at types while it computes, on threads where a failure ends the process, or calls functions that are not
// there. Each new node of a graph is looked at before.
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

// Throws where the CPU cannot compute one of the nodes from this index on.
void check_nodes(ggml_cgraph * graph, int first);

inline void expand_graph(ggml_cgraph * graph, ggml_tensor * tensor) {
    const int first = ggml_graph_n_nodes(graph);
    ggml_build_forward_expand(graph, tensor);
    check_nodes(graph, first);
}

inline ggml_tensor * select_in_graph(ggml_cgraph * graph, ggml_tensor ** tensors, int count, int index) {
    const int first = ggml_graph_n_nodes(graph);
    ggml_tensor * selected = ggml_build_forward_select(graph, tensors, count, index);
    check_nodes(graph, first);
    return selected;
}

inline void order_graph(ggml_cgraph * graph, ggml_tensor * tensor) {
    const int first = ggml_graph_n_nodes(graph);
    ggml_build_forward_order(graph, tensor);
    check_nodes(graph, first);
}

} // namespace lrs

#include "graph_ops.inc"

#undef ggml_build_forward_expand
#define ggml_build_forward_expand(...)                                                                                 \
    lrs::checked<0x0>("ggml_build_forward_expand", #__VA_ARGS__, lrs::expand_graph, __VA_ARGS__)
#undef ggml_build_forward_order
#define ggml_build_forward_order(...)                                                                                  \
    lrs::checked<0x0>("ggml_build_forward_order", #__VA_ARGS__, lrs::order_graph, __VA_ARGS__)
#undef ggml_build_forward_select
#define ggml_build_forward_select lrs::select_in_graph

#undef ggml_backend_alloc_ctx_tensors_from_buft
#define ggml_backend_alloc_ctx_tensors_from_buft(ctx, buft) lrs::alloc_tensors(ctx, buft)

#endif
