// llama.cpp's common library has a log of its own, with a thread that prints: here it is ggml's log, which is ours.
#include "log.h"

#include <cstdarg>
#include <cstdio>

// ggml's way into its log; declared in a header that is private to ggml.
extern "C" void ggml_log_internal(enum ggml_log_level level, const char * format, ...);

int common_log_get_verbosity_thold() { return LOG_LEVEL_WARN; }

common_log * common_log_main() { return nullptr; }

void common_log_add(common_log *, ggml_log_level level, const char * format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    std::vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ggml_log_internal(level, "%s", text);
}
