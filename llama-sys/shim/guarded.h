// Defines the guarded twin of a C function: lrsg_NAME(fault, result, arguments...) -> status.
#pragma once

#include "guard.h"
#include "signature.h"

// `lrsg_##f` takes the C name as written; `f` elsewhere is the prefixed symbol (symbol_prefix.h, mtmd_prefix.h).
#define GUARD(f, n)                                                                               \
    extern "C" int lrsg_##f(lrs_fault * fault, ret<decltype(&f)> * result MORE_##n(f)) {        \
        return lrs::call(fault, result, [&]() -> ret<decltype(&f)> { return f(ARGS_##n); });      \
    }
