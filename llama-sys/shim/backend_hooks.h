// Included in front of ggml-backend.cpp, where all calls of back ends pass.
#pragma once

#include "ggml-backend-impl.h"
#include "graph_memory.h"
#include "guard.h"

#include <cstring>
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

// Whether memory of the device can be freed. Once a device has failed, back ends fail again when they free something of
// it, in destructors: that ends the process. A failed one tells nothing of its memory. What another host has is freed
// without it.
inline bool works(ggml_backend_dev_t device) {
    if (device == nullptr) {
        return true;
    }
    const auto kind = ggml_backend_dev_type(device);
    if (kind != GGML_BACKEND_DEVICE_TYPE_GPU && kind != GGML_BACKEND_DEVICE_TYPE_IGPU) {
        return true;
    }
    ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(device);
    if (registry && std::strcmp(ggml_backend_reg_name(registry), "RPC") == 0) {
        return true;
    }
    lrs_fault fault;
    std::size_t free = 0;
    std::size_t total = 0;
    void * none = nullptr;
    const int status = call<void>(&fault, none, [&] { ggml_backend_dev_memory(device, &free, &total); });
    return status == OK && total > 0;
}

// Calls f, which frees something of the device; where that fails, it stays. Destructors call this.
template <class F> void release(ggml_backend_dev_t device, F && f) noexcept {
    if (works(device)) {
        lrs_fault fault;
        void * none = nullptr;
        call<void>(&fault, none, f, true);
    }
}

inline void release(ggml_backend_buffer_t buffer) noexcept {
    release(buffer->buft ? buffer->buft->device : nullptr, [&] { buffer->iface.free_buffer(buffer); });
}

inline void release(ggml_backend_event_t event) noexcept {
    release(event->device, [&] { event->device->iface.event_free(event->device, event); });
}

// Also called when a context is freed.
inline void wait_for(ggml_backend_t backend) {
    const auto wait = [&] { backend->iface.synchronize(backend); };
    if (!freeing()) {
        wait();
        return;
    }
    lrs_fault fault;
    void * none = nullptr;
    call<void>(&fault, none, wait, true);
}

} // namespace lrs

// Upstream's function.
void lrs_backend_free(ggml_backend_t backend);

void ggml_backend_free(ggml_backend_t backend) {
    if (backend != nullptr) {
        lrs::release(backend->device, [&] { lrs_backend_free(backend); });
    }
}

#undef ggml_backend_free
#define ggml_backend_free(backend) lrs_backend_free(backend)

// The places where functions of back ends are called; each is the only one. An object stays until the call is over.
#define graph_compute(backend, graph) graph_compute(backend, lrs::computation(backend, graph))
#define free_buffer(buffer) free_buffer == nullptr ? void() : lrs::release(buffer)
#define event_free(device, event) event_free == nullptr ? void() : lrs::release(event)
#define synchronize(backend) synchronize == nullptr ? void() : lrs::wait_for(backend)
