// Included in front of llama-kv-cache.cpp.
//
// After positions were moved, their keys are turned in front of the next computation. Where that fails, upstream goes
// on with keys of which none or some are turned. With this header the failure is kept for who asked for the computation.
#pragma once

#include "graph_checks.h"

// In front of the macros below, which are for this one file.
#include "llama-context.h"

// Defined in memory.cpp.
void lrs_shift_failed(ggml_status status) noexcept;

namespace lrs {

struct turning {};

inline ggml_status operator<<(ggml_status status, turning) {
    if (status != GGML_STATUS_SUCCESS) {
        lrs_shift_failed(status);
    }
    return status;
}

inline bool alloc_turning(ggml_backend_sched_t sched, ggml_cgraph * graph) {
    const bool done = ggml_backend_sched_alloc_graph(sched, graph);
    (done ? GGML_STATUS_SUCCESS : GGML_STATUS_ALLOC_FAILED) << turning{};
    return done;
}

} // namespace lrs

// Nothing else is computed in this file.
#undef ggml_backend_sched_alloc_graph
#define ggml_backend_sched_alloc_graph lrs::alloc_turning
#define graph_compute(...) graph_compute(__VA_ARGS__) << lrs::turning{}
