// What processor and operating system can run. Compiled for the oldest processor that we support.
#include "cpu_features.h"

#include <cstdio>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(_M_X64) || defined(_M_IX86)
#include <intrin.h>
#endif

#if defined(__linux__)
#include <sys/auxv.h>
#if defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace lrs {

namespace {

#if defined(__x86_64__) || defined(_M_X64) || defined(__i386__) || defined(_M_IX86)

struct leaf {
    unsigned reg[4] = {0, 0, 0, 0};
};

leaf cpuid(unsigned number, unsigned sub) {
    leaf out;
#if defined(_MSC_VER) && !defined(__clang__)
    int regs[4];
    __cpuidex(regs, int(number & 0x80000000u), 0);
    if (unsigned(regs[0]) >= number) {
        __cpuidex(regs, int(number), int(sub));
        for (int i = 0; i < 4; ++i) {
            out.reg[i] = unsigned(regs[i]);
        }
    }
#else
    __get_cpuid_count(number, sub, &out.reg[0], &out.reg[1], &out.reg[2], &out.reg[3]);
#endif
    return out;
}

// Register state that the operating system saves on a task switch (XCR0).
std::uint64_t saved_state() {
    const bool osxsave = (cpuid(1, 0).reg[2] >> 27) & 1;
    if (!osxsave) {
        return 0;
    }
#if defined(_MSC_VER) && !defined(__clang__)
    return _xgetbv(0);
#else
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (std::uint64_t(high) << 32) | low;
#endif
}

// Linux hands out the AMX tiles only to processes that ask.
std::uint64_t without_forbidden_tiles(std::uint64_t state) {
    constexpr std::uint64_t tiles = 0x60000;
#if defined(__linux__) && defined(__x86_64__)
    constexpr long request_permission = 0x1023; // ARCH_REQ_XCOMP_PERM
    constexpr long tile_data = 18;              // XFEATURE_XTILEDATA
    if ((state & tiles) == tiles && syscall(SYS_arch_prctl, request_permission, tile_data) == 0) {
        return state;
    }
#endif
    return state & ~tiles;
}

struct probe {
    unsigned leaf, sub, reg, bit;
    std::uint64_t state;
};

constexpr probe probes[] = {
#define FEATURE(name, macro, leaf, sub, reg, bit, state) {leaf, sub, reg, bit, state},
#include "cpu_features.inc"
#undef FEATURE
};

bool has(const probe & p, std::uint64_t state) {
    return (cpuid(p.leaf, p.sub).reg[p.reg] >> p.bit & 1) && (state & p.state) == p.state;
}

std::uint64_t os_state() { return without_forbidden_tiles(saved_state()); }

#elif defined(__aarch64__) && defined(__linux__)

struct probe {
    unsigned word, bit;
};

constexpr probe probes[] = {
#define FEATURE(name, macro, word, bit) {word, bit},
#include "cpu_features.inc"
#undef FEATURE
};

bool has(const probe & p, std::uint64_t) {
    return getauxval(p.word == 1 ? AT_HWCAP : AT_HWCAP2) >> p.bit & 1;
}

std::uint64_t os_state() { return 0; }

#endif

} // namespace

std::uint64_t detect_cpu() {
#if defined(__x86_64__) || defined(_M_X64) || defined(__i386__) || defined(_M_IX86) ||                     \
    (defined(__aarch64__) && defined(__linux__))
    const std::uint64_t state = os_state();
    std::uint64_t found = 0;
    for (unsigned i = 0; i < FEATURE_COUNT; ++i) {
        found |= std::uint64_t(has(probes[i], state)) << i;
    }
    return found;
#else
    // One baseline is built for these targets and every processor of the target runs it.
    return ~std::uint64_t(0);
#endif
}

void feature_names(std::uint64_t mask, char * out, unsigned size) {
    static const char * const names[] = {
#define FEATURE(name, ...) #name,
#include "cpu_features.inc"
#undef FEATURE
        "",
    };
    unsigned used = 0;
    out[0] = 0;
    for (unsigned i = 0; i < FEATURE_COUNT && used < size; ++i) {
        if (mask >> i & 1) {
            const int n = std::snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[i]);
            used += n > 0 ? unsigned(n) : 0;
        }
    }
}

} // namespace lrs
