#include "guard.h"

#include "ggml.h"

#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>
#include <utility>

// ggml's way into its log; declared in a header that is private to ggml.
extern "C" void ggml_log_internal(enum ggml_log_level level, const char * format, ...);

namespace {

thread_local int depth = 0;
thread_local int frees_depth = 0;
// What destructors could not throw.
thread_local std::exception_ptr * postponed = nullptr;
thread_local bool left_workers = false;

void write(lrs_fault * fault, const char * text) noexcept {
    std::snprintf(fault->message, sizeof fault->message, "%s", text);
    fault->left_workers = left_workers;
}

// ggml calls this in front of abort(). Where a guard waits further up the stack the failure
// travels there as an exception. On ggml's worker threads none does: last words to the log and,
// since the process ends now, to standard error.
void on_abort(const char * message) {
    if (depth > 0) {
        // The plan of a computation lies on this thread's stack. Workers that were woken for it just now get the
        // time to take from it what they need; after that they only touch what the owner of the context keeps.
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        throw lrs::assertion{message};
    }
    ggml_log_internal(GGML_LOG_LEVEL_ERROR, "%s\n", message);
    std::fprintf(stderr, "llama.cpp failed on a thread without a guard: %s\n", message);
}

int log_text(ggml_log_level level, const char * format, va_list args) {
    char text[1024];
    const int written = std::vsnprintf(text, sizeof text, format, args);
    ggml_log_internal(level, "%s", text);
    return written;
}

// Runs when the library is loaded, before any call can fail.
const bool installed = [] {
    ggml_set_abort_callback(on_abort);
    return true;
}();

} // namespace

// Takes the place of fprintf in files of llama.cpp that write to standard error (plan.rs, PRELUDES).
extern "C" int lrs_fprintf(std::FILE * stream, const char * format, ...) {
    va_list args;
    va_start(args, format);
    int written;
    if (stream == stderr) {
        written = log_text(GGML_LOG_LEVEL_ERROR, format, args);
    } else {
        written = std::vfprintf(stream, format, args);
    }
    va_end(args);
    return written;
}

// Takes the place of printf in ggml-rpc.cpp.
extern "C" int lrs_printf(const char * format, ...) {
    va_list args;
    va_start(args, format);
    const int written = log_text(GGML_LOG_LEVEL_INFO, format, args);
    va_end(args);
    return written;
}

namespace lrs {

bool guarded() noexcept { return depth > 0; }
bool freeing() noexcept { return frees_depth > 0; }
void leave_workers() noexcept { left_workers = true; }

scope::scope(bool frees) noexcept : frees(frees) {
    if (depth++ == 0) {
        left_workers = false;
    }
    frees_depth += frees;
}

scope::~scope() {
    --depth;
    frees_depth -= frees;
    delete std::exchange(postponed, nullptr);
}

void fail(const char * message) {
    on_abort(message);
    std::abort();
}

void scope::finish() {
    if (postponed) {
        std::rethrow_exception(*postponed);
    }
}

void postpone(void (*f)(void *), void * object) noexcept {
    if (postponed || std::uncaught_exceptions() > 0) {
        return;
    }
    try {
        f(object);
    } catch (...) {
        if (!guarded()) {
            std::terminate();
        }
        postponed = new std::exception_ptr(std::current_exception());
    }
}

int report(lrs_fault * fault) noexcept {
    try {
        throw;
    } catch (const assertion & e) {
        write(fault, e.message.c_str());
        return ASSERTION;
    } catch (const std::bad_alloc & e) {
        write(fault, e.what());
        return OUT_OF_MEMORY;
    } catch (const std::exception & e) {
        write(fault, e.what());
        return EXCEPTION;
    } catch (...) {
        write(fault, "");
        return UNKNOWN;
    }
}

} // namespace lrs
