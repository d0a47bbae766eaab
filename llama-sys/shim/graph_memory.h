// Included in front of ggml-alloc.c and ggml-backend.cpp, which give computations their memory.
//
// Where a buffer cannot be had, upstream keeps the plan of the computation, without a buffer behind it: the next
// computation of that shape follows null pointers. With this header the plan goes as well, and the next computation
// asks for memory again.
#pragma once

#include "ggml-alloc.h"
#include "ggml-backend.h"

#ifdef __cplusplus
extern "C" {
#endif

// As the functions of ggml that they stand for: the first one never throws.
ggml_backend_buffer_t lrs_alloc_buffer(ggml_backend_buffer_type_t type, size_t size);
bool lrs_reserve(ggml_gallocr_t allocator, struct ggml_cgraph * graph, const int * node_buffers,
                 const int * leaf_buffers);

#ifdef __cplusplus
}

#undef ggml_gallocr_reserve_n
#define ggml_gallocr_reserve_n lrs_reserve

#else

#undef ggml_backend_buft_alloc_buffer
#define ggml_backend_buft_alloc_buffer lrs_alloc_buffer

#endif
