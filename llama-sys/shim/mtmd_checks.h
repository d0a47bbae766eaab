// Included in front of the files of the multimodal library: what a file lacks is an error, so is memory that a projector
// cannot have while it is loaded, and what is printed goes to the log.
#pragma once

#include "to_log.h"

#include "graph_checks.h"

#ifdef __cplusplus

#include "ggml-alloc.h"
#include "ggml-backend.h"

#include <stdexcept>
#include <string>

namespace lrs {

// Upstream goes on without the memory.
inline bool reserve(ggml_backend_sched_t sched, ggml_cgraph * graph) {
    if (!ggml_backend_sched_reserve(sched, graph)) {
        throw std::runtime_error("there is not enough memory to compute");
    }
    return true;
}

// Upstream asserts here, and keeps what it has so far.
inline ggml_backend_buffer_t alloc_weights(ggml_context * weights, ggml_backend_buffer_type_t type) {
    ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors_from_buft(weights, type);
    if (buffer == nullptr) {
        throw std::runtime_error(std::string("there is not enough memory for the weights on ") +
                                 ggml_backend_buft_name(type));
    }
    return buffer;
}

} // namespace lrs

#undef ggml_backend_sched_reserve
#define ggml_backend_sched_reserve lrs::reserve
#undef ggml_backend_alloc_ctx_tensors_from_buft
#define ggml_backend_alloc_ctx_tensors_from_buft lrs::alloc_weights

#endif
