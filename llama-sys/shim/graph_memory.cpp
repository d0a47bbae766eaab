// What graph_memory.h puts into the place of two functions of ggml.
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-impl.h"
#include "guard.h"

extern "C" {

// The allocator has already given up the old buffer and still points to it: with an exception it would be freed twice.
ggml_backend_buffer_t lrs_alloc_buffer(ggml_backend_buffer_type_t type, std::size_t size) {
    ggml_backend_buffer_t buffer = nullptr;
    lrs_fault fault;
    if (lrs::call(&fault, &buffer, [&] { return ggml_backend_buft_alloc_buffer(type, size); }) != lrs::OK) {
        GGML_LOG_ERROR("%s\n", fault.message);
        return nullptr;
    }
    return buffer;
}

bool lrs_reserve(ggml_gallocr_t allocator, ggml_cgraph * graph, const int * node_buffers, const int * leaf_buffers) {
    if (ggml_gallocr_reserve_n(allocator, graph, node_buffers, leaf_buffers)) {
        return true;
    }
    // A plan for nothing fits no other computation. It takes no memory, and back ends that share a buffer share it
    // again.
    ggml_cgraph nothing{};
    ggml_gallocr_reserve_n(allocator, &nothing, nullptr, nullptr);
    return false;
}

} // extern "C"
