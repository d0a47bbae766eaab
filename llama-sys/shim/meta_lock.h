// Included in front of ggml-backend-meta.cpp.
//
// Devices that act as one, and their kinds of buffers, are kept in tables. Upstream fills these without a lock while
// models are loaded and contexts created. With this header one thread at a time looks there.
#pragma once

#include "ggml-backend-impl.h"
#include "ggml-backend.h"

#include <mutex>

// Upstream's functions.
ggml_backend_dev_t lrs_meta_device(ggml_backend_dev_t * devices, size_t n_devices,
                                   ggml_backend_meta_get_split_state_t split, void * user);
static ggml_backend_buffer_type_t lrs_meta_buffer_type(ggml_backend_dev_t device);

static std::mutex lrs_meta_tables;

ggml_backend_dev_t ggml_backend_meta_device(ggml_backend_dev_t * devices, size_t n_devices,
                                            ggml_backend_meta_get_split_state_t split, void * user) {
    const std::lock_guard<std::mutex> lock(lrs_meta_tables);
    return lrs_meta_device(devices, n_devices, split, user);
}

// The table of a device's functions gets this one.
static ggml_backend_buffer_type_t ggml_backend_meta_device_get_buffer_type(ggml_backend_dev_t device) {
    const std::lock_guard<std::mutex> lock(lrs_meta_tables);
    return lrs_meta_buffer_type(device);
}

#undef ggml_backend_meta_device
#define ggml_backend_meta_device(...) lrs_meta_device(__VA_ARGS__)
#define ggml_backend_meta_device_get_buffer_type(...) lrs_meta_buffer_type(__VA_ARGS__)
