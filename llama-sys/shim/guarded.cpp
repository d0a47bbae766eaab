// One guarded twin per C function: lrsg_NAME(fault, result, arguments...) -> status.
#include "guard.h"

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml-opt.h"
#include "ggml.h"
#include "gguf.h"
#include "llama.h"

#include "signature.h"

#include <string_view>

namespace {

// `llama_free`, `ggml_backend_sched_free`, ...: what they run must not throw.
constexpr bool frees(std::string_view name) {
    return name.size() > 5 && name.substr(name.size() - 5) == "_free";
}

} // namespace

// `lrsg_##f` and `#f` take the C name as written; `f` elsewhere is the prefixed symbol (symbol_prefix.h).
#define GUARD(f, n)                                                                               \
    extern "C" int lrsg_##f(lrs_fault * fault, ret<decltype(&f)> * result MORE_##n(f)) {        \
        return lrs::call(fault, result, [&]() -> ret<decltype(&f)> { return f(ARGS_##n); },       \
                         frees(#f));                                                              \
    }

#include "guarded.inc"
