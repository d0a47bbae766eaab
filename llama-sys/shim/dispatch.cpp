// Chooses the CPU variant. Defines the functions of ggml-cpu.h by forwarding to the chosen one.
//
// variants.inc comes from the build script, slowest variant first:
//   with several variants  VARIANT(name)...  and LRS_MERGED is defined
//   with a single one      VARIANT(name)     and ggml-cpu's own symbols are linked as they are
#include "cpu_features.h"

#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "signature.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#ifdef LRS_MERGED

namespace {

// Function pointers of one variant.
struct api {
#define CPU_API(f, n) decltype(&f) f##_;
#include "cpu_api.inc"
#undef CPU_API
    decltype(&ggml_backend_cpu_reg) backend_reg;
};

using initializer = void (*)();

struct variant {
    const char * name;
    const std::uint64_t * needs;
    const api * functions;
    // Constructors of the variant's static objects, held back until it is chosen.
    initializer * first;
    initializer * last;
};

} // namespace

#include "variant_tables.inc"

namespace {

const variant variants[] = {
#define VARIANT(v) {#v, &lrv_##v##_needs, &v##_api, &lrv_##v##_init_first, &lrv_##v##_init_last},
#include "variants.inc"
#undef VARIANT
};

void start(const variant & v) {
    for (initializer * f = v.first + 1; f < v.last; ++f) {
        (*f)();
    }
}

} // namespace

#else

extern "C" const std::uint64_t lrv_needs;

namespace {

struct variant {
    const char * name;
    const std::uint64_t * needs;
};

const variant variants[] = {
#define VARIANT(v) {#v, &lrv_needs},
#include "variants.inc"
#undef VARIANT
};

void start(const variant &) {}

} // namespace

#endif

namespace {

constexpr std::size_t count = sizeof variants / sizeof variants[0];

struct choice {
    const variant * chosen = nullptr;
    char error[512] = "";
};

bool supported(const variant & v, std::uint64_t machine) { return (*v.needs & ~machine) == 0; }

void explain_missing(choice & out, const variant & v, std::uint64_t machine, const char * why) {
    char missing[256];
    lrs::feature_names(*v.needs & ~machine, missing, sizeof missing);
    std::snprintf(out.error, sizeof out.error, "%s \"%s\": this processor or operating system lacks %s", why, v.name,
                  missing);
}

choice choose() {
    choice out;
    const std::uint64_t machine = lrs::detect_cpu();
    if (const char * wanted = std::getenv("LLAMA_CPU_VARIANT")) {
        for (const variant & v : variants) {
            if (std::strcmp(v.name, wanted) == 0) {
                if (supported(v, machine)) {
                    out.chosen = &v;
                } else {
                    explain_missing(out, v, machine, "LLAMA_CPU_VARIANT names");
                }
                return out;
            }
        }
        int used = std::snprintf(out.error, sizeof out.error, "LLAMA_CPU_VARIANT names \"%.64s\", this build has:", wanted);
        for (const variant & v : variants) {
            if (used < int(sizeof out.error)) {
                used += std::snprintf(out.error + used, sizeof out.error - used, " %s", v.name);
            }
        }
        return out;
    }
    for (std::size_t i = count; i-- > 0;) {
        if (supported(variants[i], machine)) {
            out.chosen = &variants[i];
            return out;
        }
    }
    explain_missing(out, variants[0], machine, "the oldest processor of this build is");
    return out;
}

// Chosen once, when the first caller asks; C++ makes this thread-safe.
const choice & chosen() {
    static const choice once = [] {
        choice c = choose();
        if (c.chosen) {
            start(*c.chosen);
        }
        return c;
    }();
    return once;
}

} // namespace

extern "C" {

std::size_t lrs_cpu_variant_count() { return count; }
const char * lrs_cpu_variant_name(std::size_t i) { return variants[i].name; }
bool lrs_cpu_variant_supported(std::size_t i) { return supported(variants[i], lrs::detect_cpu()); }
const char * lrs_cpu_variant_chosen() { return chosen().chosen ? chosen().chosen->name : nullptr; }
const char * lrs_cpu_variant_error() { return chosen().chosen ? nullptr : chosen().error; }
}

#ifdef LRS_MERGED

namespace {

const api & functions() {
    const choice & c = chosen();
    if (!c.chosen) {
        throw std::runtime_error(c.error);
    }
    return *c.chosen->functions;
}

} // namespace

#define CPU_API(f, n)                                                                                      \
    extern "C" ret<decltype(&f)> f(PARAMS_##n(f)) { return functions().f##_(ARGS_##n); }
#include "cpu_api.inc"
#undef CPU_API

// The registry asks when it starts: without a usable variant there is no CPU back end, and no crash.
extern "C" ggml_backend_reg_t ggml_backend_cpu_reg() {
    return chosen().chosen ? functions().backend_reg() : nullptr;
}

#endif
