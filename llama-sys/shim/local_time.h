// Included in front of llama.cpp's files that tell templates the time: std::localtime keeps its answer in one place
// for all threads.
#pragma once

#include <ctime>
#include <memory>
#include <stdexcept>

namespace lrs {

// The local time, valid until this thread asks again.
inline std::tm & local_time(const std::time_t * time) {
    static thread_local std::tm parts;
#ifdef _WIN32
    const bool known = localtime_s(&parts, time) == 0;
#else
    const bool known = localtime_r(time, &parts) != nullptr;
#endif
    if (!known) {
        throw std::runtime_error("the local time is not known");
    }
    return parts;
}

} // namespace lrs

// Upstream writes std::localtime(...), and wants a pointer.
#define localtime(time) addressof(::lrs::local_time(time))
