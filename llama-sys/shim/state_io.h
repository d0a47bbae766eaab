// Included in front of llama-context.cpp: what fails while a state is saved or restored is an error.
//
// llama.cpp copies the tensors of a state in destructors, which must not throw: a device that is lost or has no memory
// left would end the process there. With this header such a destructor calls a function that has upstream's text as
// its body, and the guard reports what it throws.
#pragma once

#include "graph_checks.h"
#include "guard.h"

#include "ggml-alloc.h"

namespace lrs {

struct no_room : std::bad_alloc {
    const char * what() const noexcept override { return "the device has no memory for this state"; }
};

// Upstream copies to the new buffer without a look at it.
inline ggml_backend_buffer_t room_for_state(ggml_context * ctx, ggml_backend_buffer_type_t type) {
    ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors_from_buft(ctx, type);
    if (buffer == nullptr) {
        throw no_room();
    }
    return buffer;
}

} // namespace lrs

#undef ggml_backend_alloc_ctx_tensors_from_buft
#define ggml_backend_alloc_ctx_tensors_from_buft(ctx, type) lrs::room_for_state(ctx, type)

// A constructor has two or three parameters, a destructor none.
#define LRS_FOURTH(a, b, c, d, ...) d
#define LRS_EXPAND(x) x
#define LRS_CONSTRUCTOR(type, ...) type(__VA_ARGS__)
#define LRS_DESTRUCTOR(type, ...)                                                                                   \
    type() {                                                                                                        \
        lrs::postpone([](void * object) { static_cast<type *>(object)->lrs_copy(); }, this);                        \
    }                                                                                                               \
    void lrs_copy()
#define LRS_STATE_IO(type, ...)                                                                                     \
    LRS_EXPAND(LRS_FOURTH(__VA_ARGS__, LRS_CONSTRUCTOR, LRS_CONSTRUCTOR, LRS_DESTRUCTOR, )(type, __VA_ARGS__))

#define llama_io_write_host(...) LRS_STATE_IO(llama_io_write_host, __VA_ARGS__)
#define llama_io_read_host(...) LRS_STATE_IO(llama_io_read_host, __VA_ARGS__)
#define llama_io_write_device(...) LRS_STATE_IO(llama_io_write_device, __VA_ARGS__)
#define llama_io_read_device(...) LRS_STATE_IO(llama_io_read_device, __VA_ARGS__)
