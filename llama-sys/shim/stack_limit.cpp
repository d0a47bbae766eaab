// Runaway recursion in C++ becomes an exception before it overflows the stack.
//
// Parsers and interpreters in llama.cpp recurse as deep as their input is nested, and allocate on the
// way. Their calls of operator new come here first (build/merge.rs renames them): a look at how much stack is
// left, and an exception when there is little. The rest of the program is not touched. Where a limit is set
// (work_limit.h) the work is counted as well, so that a loop that does not end becomes an exception, too.
#ifdef LRS_MERGED

#include <pthread.h>

#include "work_limit.h"

#include <cstddef>
#include <cstdint>
#include <new>

namespace {

// Stack that must be left for whoever handles the exception, and for code that does not allocate.
constexpr std::uintptr_t reserve = 128 * 1024;

struct stack_exhausted : std::bad_alloc {
    const char * what() const noexcept override { return "the input is nested too deeply for the stack"; }
};

struct work_exhausted : std::bad_alloc {
    const char * what() const noexcept override { return "this takes too much work; a loop that does not end?"; }
};

// What allocations may still cost; 0 for no limit.
thread_local std::uint64_t work_left = 0;

// Cost of an allocation beside its bytes.
constexpr std::uint64_t each = 64;

// Left for whoever handles the exception. Some catch it and go on: they get another one soon.
constexpr std::uint64_t work_reserve = 1 << 20;

void spend(std::size_t size) {
    if (work_left == 0) {
        return;
    }
    const std::uint64_t cost = each + size;
    if (cost >= work_left) {
        work_left = work_reserve;
        throw work_exhausted();
    }
    work_left -= cost;
}

struct bounds {
    std::uintptr_t low = 0;
    std::uintptr_t high = 0;

    bounds() noexcept {
        pthread_attr_t attributes;
        if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
            return;
        }
        void * start = nullptr;
        std::size_t size = 0;
        if (pthread_attr_getstack(&attributes, &start, &size) == 0 && size > 4 * reserve) {
            low = reinterpret_cast<std::uintptr_t>(start);
            high = low + size;
        }
        pthread_attr_destroy(&attributes);
    }
};

// False on a stack that is not the thread's own (a coroutine's), about which nothing is known.
bool nearly_exhausted() {
    thread_local const bounds stack;
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    return here < stack.low + reserve && here >= stack.low;
}

void check(std::size_t size) {
    if (nearly_exhausted()) {
        throw stack_exhausted();
    }
    spend(size);
}

} // namespace

extern "C" std::uint64_t lrs_limit_work(std::uint64_t cost) {
    const std::uint64_t before = work_left;
    work_left = cost;
    return before;
}

// What operator new and operator new[] are called in the rest of the library.
extern "C" void * lrs_operator_new(std::size_t size) {
    check(size);
    return ::operator new(size);
}

extern "C" void * lrs_operator_new_array(std::size_t size) {
    check(size);
    return ::operator new[](size);
}

#endif
