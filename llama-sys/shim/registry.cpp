// ggml's registry with a lock around it: back ends are added while other threads look for devices.
//
// llama.cpp's file is compiled inside a namespace, where its functions call each other without the lock. The
// functions that everybody else calls are defined below. Its headers come first, so that they are outside.
#include "ggml-backend-dl.h"
#include "ggml-backend-impl.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"
#ifdef GGML_USE_RPC
#    include "ggml-rpc.h"
#endif

#include "signature.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <type_traits>
#include <vector>

// Its argument would make a call inside the namespace find the function outside, too: it needs another name.
#pragma push_macro("ggml_backend_dev_by_type")
#undef ggml_backend_dev_by_type
#define ggml_backend_dev_by_type device_by_type

namespace unlocked {
#include "ggml-backend-reg.cpp"
} // namespace unlocked

#pragma pop_macro("ggml_backend_dev_by_type")

namespace {

std::shared_mutex registry_lock;

} // namespace

#define LOCKED(how, f, inner, n)                                                                  \
    extern "C" ret<decltype(&f)> f(PARAMS_##n(f)) {                                               \
        const std::how<std::shared_mutex> lock(registry_lock);                                    \
        return unlocked::inner(ARGS_##n);                                                         \
    }

#define READS(f, n) LOCKED(shared_lock, f, f, n)
#define WRITES(f, n) LOCKED(unique_lock, f, f, n)

READS(ggml_backend_reg_count, 0)
READS(ggml_backend_reg_get, 1)
READS(ggml_backend_reg_by_name, 1)
READS(ggml_backend_dev_count, 0)
READS(ggml_backend_dev_get, 1)
READS(ggml_backend_dev_by_name, 1)
LOCKED(shared_lock, ggml_backend_dev_by_type, device_by_type, 1)
READS(ggml_backend_init_by_name, 2)
READS(ggml_backend_init_by_type, 2)
READS(ggml_backend_init_best, 0)
WRITES(ggml_backend_register, 1)
WRITES(ggml_backend_device_register, 1)
WRITES(ggml_backend_load, 1)
WRITES(ggml_backend_unload, 1)
WRITES(ggml_backend_load_all, 0)
WRITES(ggml_backend_load_all_from_path, 1)
