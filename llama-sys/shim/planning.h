// Planning without memory.
#pragma once

#include "ggml-alloc.h"

// Begins or ends planning on this thread.
extern "C" void lrs_plan(bool on);

namespace lrs {

// As ggml_backend_alloc_ctx_tensors_from_buft. While this thread plans, the buffer says how large it would be, and
// takes nothing.
ggml_backend_buffer_t alloc_tensors(ggml_context * ctx, ggml_backend_buffer_type_t type);

} // namespace lrs
