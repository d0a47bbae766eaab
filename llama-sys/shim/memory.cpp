// Says what a context and its model take of each kind of memory. llama.cpp has this as C++ only.
#include "guard.h"

#include "llama-ext.h"

// `device` is null for memory of the host.
extern "C" int lrs_memory_breakdown(lrs_fault * fault, const llama_context * ctx,
                                    void (*sink)(void *, ggml_backend_dev_t device, std::size_t model,
                                                 std::size_t context, std::size_t compute),
                                    void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        for (const auto & [type, taken] : llama_get_memory_breakdown(ctx)) {
            ggml_backend_dev_t device =
                ggml_backend_buft_is_host(type) ? nullptr : ggml_backend_buft_get_device(type);
            sink(user, device, taken.model, taken.context, taken.compute);
        }
    });
}
