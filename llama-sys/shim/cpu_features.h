// Instruction sets that a CPU variant may need, as bits of one mask.
//
// The same list serves twice: compiled with a variant's own flags it says what the compiler was
// allowed to emit (needs.cpp), and at run time it is compared with what processor and operating
// system support (cpu_detect.cpp).
#pragma once

#include <cstdint>

namespace lrs {

enum cpu_feature : unsigned {
#define FEATURE(name, macro, ...) name,
#include "cpu_features.inc"
#undef FEATURE
    FEATURE_COUNT,
};

// What this machine can run.
std::uint64_t detect_cpu();

// Comma-separated names of the features in `mask`, in a buffer of the caller.
void feature_names(std::uint64_t mask, char * out, unsigned size);

} // namespace lrs
