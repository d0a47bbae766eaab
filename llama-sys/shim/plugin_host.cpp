// In the program: gives plugins the functions of ggml, and their back ends to ggml's registry.
#include "ggml-alloc.h"
#include "ggml-backend-impl.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"
#include "ggml-opt.h"
#include "ggml.h"
#include "gguf.h"

#include "guard.h"
#include "plugin.h"
#include "plugin_stamp.h"

#include <string_view>
#include <unordered_map>

#define QUOTED(text) #text
#define SYMBOL(f) QUOTED(f)

namespace {

void * find(const char * name) {
    static const std::unordered_map<std::string_view, void *> all = {
#define PLUGIN_API(f) {SYMBOL(f), reinterpret_cast<void *>(&f)},
#include "plugin_api.inc"
#undef PLUGIN_API
    };
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second;
}

} // namespace

extern "C" {

const char * lrs_plugin_stamp() { return LRS_PLUGIN_STAMP; }

int lrs_plugin_connect(lrs_fault * fault, ggml_backend_reg_t * registry, lrs_plugin_attach_t attach, char * why,
                       std::size_t size) {
    return lrs::call(fault, registry, [&] { return attach(LRS_PLUGIN_STAMP, find, why, size); });
}

// The devices are asked for in front: ggml's registry does it while it is locked, and some back ends log and start
// drivers when they are asked for the first time.
int lrs_plugin_register(lrs_fault * fault, ggml_backend_reg_t registry) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        for (std::size_t i = 0; i < ggml_backend_reg_dev_count(registry); ++i) {
            ggml_backend_reg_dev_get(registry, i);
        }
        ggml_backend_register(registry);
    });
}

} // extern "C"
