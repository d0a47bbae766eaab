// The guard: C++ exceptions and failed ggml assertions become a status and a message.
#pragma once

#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

// Layout shared with src/fault.rs.
struct lrs_fault {
    char message[1024];
    // The call left worker threads in the middle of a computation.
    bool left_workers;
};

namespace lrs {

enum status : int { OK = 0, ASSERTION = 1, EXCEPTION = 2, OUT_OF_MEMORY = 3, UNKNOWN = 4 };

// Thrown by the abort callback when a ggml assertion fails on a guarded thread.
struct assertion {
    std::string message;
};

// True where a guard waits further up the stack of this thread.
bool guarded() noexcept;

// True while this thread frees an object: destructors must not throw.
bool freeing() noexcept;

// What a failed assertion does, for a failure that has no place in llama.cpp's sources.
[[noreturn]] void fail(const char * message);

// Runs f() in a destructor, which must not throw: the guard of this thread reports the failure once the call that
// destroyed the object has returned. Where the call has failed already, f() is left out.
void postpone(void (*f)(void *), void * object) noexcept;

// Called when an exception ends a computation that this thread shares with others.
void leave_workers() noexcept;

// Marks the current thread as guarded for the lifetime of the object.
class scope {
public:
    explicit scope(bool frees) noexcept;
    ~scope();
    scope(const scope &) = delete;
    scope & operator=(const scope &) = delete;

    // Throws what was postponed.
    void finish();

private:
    bool frees;
};

// Translates the exception in flight. Call it inside a catch block only.
int report(lrs_fault * fault) noexcept;

// Calls f(); its result goes to *result unless it is void.
template <class R, class F> int call(lrs_fault * fault, R * result, F && f, bool frees = false) noexcept {
    try {
        scope guarded(frees);
        if constexpr (std::is_void_v<R>) {
            f();
        } else {
            *result = f();
        }
        guarded.finish();
        return OK;
    } catch (...) {
        return report(fault);
    }
}

} // namespace lrs
