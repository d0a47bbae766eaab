// Included in front of ggml-backend.cpp.
#pragma once

#include "ggml-backend-impl.h"
#include "graph_memory.h"
#include "guard.h"

#include <exception>

namespace lrs {

// A graph while it is computed. The processor shares the work with other threads: an exception leaves these in the
// middle of it, and then much of what they use must stay.
class computation {
public:
    computation(ggml_backend_t backend, ggml_cgraph * graph) :
        graph(graph), exceptions(std::uncaught_exceptions()),
        shared(backend->device && ggml_backend_dev_type(backend->device) == GGML_BACKEND_DEVICE_TYPE_CPU) {}

    ~computation() {
        if (shared && std::uncaught_exceptions() > exceptions) {
            leave_workers();
        }
    }

    operator ggml_cgraph *() const { return graph; }

private:
    ggml_cgraph * graph;
    int exceptions;
    bool shared;
};

} // namespace lrs

// The one place where a back end is told to compute: the object stays until it has.
#define graph_compute(backend, graph) graph_compute(backend, lrs::computation(backend, graph))
