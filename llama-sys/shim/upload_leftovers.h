// Included in front of llama-model-loader.cpp.
//
// Weights go to some devices through buffers in the host's memory, which are freed once all is there. Upstream forgets
// them where that is stopped or fails. With this header each thread keeps a list of them until they are freed.
#pragma once

#include "graph_checks.h"

#include "ggml-backend.h"
#include "guard.h"

// In front of the macros below, which are for one file and not for what headers define.
#include "ggml-cpp.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace lrs {

struct uploads {
    std::vector<ggml_backend_buffer_t> buffers;
    std::vector<ggml_backend_event_t> events;
    std::vector<ggml_backend_t> backends;
};

inline thread_local uploads unfinished;

template <class T> T keep(std::vector<T> & list, T made) {
    if (made != nullptr) {
        list.push_back(made);
    }
    return made;
}

template <class T> T forget(std::vector<T> & list, T gone) {
    list.erase(std::remove(list.begin(), list.end(), gone), list.end());
    return gone;
}

inline ggml_backend_buffer_t upload_buffer(ggml_backend_buffer_type_t type, std::size_t size) {
    return keep(unfinished.buffers, ggml_backend_buft_alloc_buffer(type, size));
}
inline void free_upload_buffer(ggml_backend_buffer_t buffer) {
    ggml_backend_buffer_free(forget(unfinished.buffers, buffer));
}
inline ggml_backend_event_t upload_event(ggml_backend_dev_t device) {
    return keep(unfinished.events, ggml_backend_event_new(device));
}
inline void free_upload_event(ggml_backend_event_t event) {
    ggml_backend_event_free(forget(unfinished.events, event));
}
inline ggml_backend_t upload_backend(ggml_backend_dev_t device, const char * params) {
    return keep(unfinished.backends, ggml_backend_dev_init(device, params));
}
inline void free_upload_backend(ggml_backend_t backend) {
    ggml_backend_free(forget(unfinished.backends, backend));
}

} // namespace lrs

// Frees what the last load on this thread has left.
extern "C" void lrs_free_uploads() {
    const lrs::uploads left = std::exchange(lrs::unfinished, {});
    lrs_fault fault;
    void * none = nullptr;
    lrs::call<void>(
        &fault, none,
        [&] {
            std::for_each(left.backends.begin(), left.backends.end(), ggml_backend_synchronize);
            std::for_each(left.events.begin(), left.events.end(), ggml_backend_event_free);
            std::for_each(left.buffers.begin(), left.buffers.end(), ggml_backend_buffer_free);
            std::for_each(left.backends.begin(), left.backends.end(), ggml_backend_free);
        },
        true);
}

#undef ggml_backend_buft_alloc_buffer
#define ggml_backend_buft_alloc_buffer lrs::upload_buffer
#undef ggml_backend_buffer_free
#define ggml_backend_buffer_free lrs::free_upload_buffer
#undef ggml_backend_event_new
#define ggml_backend_event_new lrs::upload_event
#undef ggml_backend_event_free
#define ggml_backend_event_free lrs::free_upload_event
#undef ggml_backend_dev_init
#define ggml_backend_dev_init lrs::upload_backend
#undef ggml_backend_free
#define ggml_backend_free lrs::free_upload_backend
