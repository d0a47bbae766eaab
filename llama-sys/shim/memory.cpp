// What llama.cpp's C API leaves out about memory: what a model and its context take of each kind, real or planned, and
// whether keys were turned as they should have been.
#include "guard.h"
#include "planning.h"

#include "ggml-backend-impl.h"
#include "llama-context.h"
#include "llama-ext.h"
#include "llama-model.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace {

// True while this thread makes something to plan with.
thread_local bool planning = false;

// Null for memory of the host, which the CPU rearranges weights in and other back ends work on as well.
ggml_backend_dev_t owner(ggml_backend_buffer_type_t type) {
    ggml_backend_dev_t device = ggml_backend_buft_get_device(type);
    if (ggml_backend_buft_is_host(type) || device == nullptr) {
        return nullptr;
    }
    const auto kind = ggml_backend_dev_type(device);
    return kind == GGML_BACKEND_DEVICE_TYPE_CPU || kind == GGML_BACKEND_DEVICE_TYPE_ACCEL ? nullptr : device;
}

// How many back ends compute in buffers of this type.
std::size_t n_users(ggml_backend_sched_t sched, ggml_backend_buffer_type_t type) {
    std::size_t n = 0;
    for (int i = 0; i < ggml_backend_sched_get_n_backends(sched); i++) {
        n += ggml_backend_sched_get_buffer_type(sched, ggml_backend_sched_get_backend(sched, i)) == type;
    }
    return n;
}

thread_local int shift_failure = GGML_STATUS_SUCCESS;

} // namespace

extern "C" void lrs_plan(bool on) {
    planning = on;
}

ggml_backend_buffer_t lrs::alloc_tensors(ggml_context * ctx, ggml_backend_buffer_type_t type) {
    if (!planning) {
        return ggml_backend_alloc_ctx_tensors_from_buft(ctx, type);
    }
    ggml_backend_buffer_i nothing = {};
    nothing.clear = [](ggml_backend_buffer_t, std::uint8_t) {};
    const std::size_t size = ggml_backend_alloc_ctx_tensors_from_buft_size(ctx, type);
    ggml_backend_buffer_t buffer = ggml_backend_buffer_init(type, nothing, nullptr, size);
    for (ggml_tensor * t = ggml_get_first_tensor(ctx); t != nullptr; t = ggml_get_next_tensor(ctx, t)) {
        t->buffer = buffer;
    }
    return buffer;
}

// What each tensor of a model takes. `device` is null for memory of the host.
extern "C" int lrs_memory_tensors(lrs_fault * fault, const llama_model * model,
                                  void (*sink)(void *, const char * name, ggml_backend_dev_t device, std::size_t size),
                                  void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        for (const auto & [name, tensor] : model->tensors_by_name) {
            ggml_backend_buffer_type_t type = ggml_backend_buffer_get_type(tensor->buffer);
            const std::size_t size = ggml_backend_buft_get_alloc_size(type, tensor);
            sink(user, name.c_str(), owner(type), GGML_PAD(size, ggml_backend_buft_get_alignment(type)));
        }
    });
}

void lrs_shift_failed(ggml_status status) noexcept { shift_failure = status; }

// How turning keys on this thread has failed since the last call; zero where it has not.
extern "C" int lrs_take_shift_failure() { return std::exchange(shift_failure, GGML_STATUS_SUCCESS); }

// First each device of the model with nothing taken, then what is taken. `device` is null for memory of the host.
extern "C" int lrs_memory_breakdown(lrs_fault * fault, const llama_context * ctx,
                                    void (*sink)(void *, ggml_backend_dev_t device, std::size_t model,
                                                 std::size_t context, std::size_t compute),
                                    void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        const llama_model & model = ctx->get_model();
        for (int i = 0; i < llama_model_n_devices(&model); i++) {
            ggml_backend_dev_t device = llama_model_get_device(&model, i);
            sink(user, owner(ggml_backend_dev_buffer_type(device)), 0, 0, 0);
        }
        const bool planned = model.hparams.no_alloc;
        for (const auto & [type, taken] : llama_get_memory_breakdown(ctx)) {
            std::size_t compute = taken.compute;
            // Back ends that work on the same memory, as BLAS and the CPU do, share one buffer. A context with
            // buffers counts it once; one that is only planned counts it for each of them.
            if (planned) {
                compute /= std::max<std::size_t>(n_users(ctx->get_sched(), type), 1);
            }
            sink(user, owner(type), taken.model, taken.context, compute);
        }
    });
}
