// What a thread of the RPC back end knows of its connection. Shared by the headers in front of both of its files.
#pragma once

#include <chrono>
#include <string>
#include <system_error>

namespace lrs {

// How the last call on this thread's connection ended: a number of the system, or one of these.
enum ending : int { WELL = 0, HUNG_UP = -1, SILENT = -2, NOT_KNOWN = -3 };
inline thread_local int connection_end = NOT_KNOWN;

// Nothing goes over this thread's connection any more.
inline thread_local bool connection_lost = false;

// How long this thread waits for the first words of the other side.
constexpr std::chrono::milliseconds usual_patience(10 * 1000);
inline thread_local std::chrono::milliseconds patience = usual_patience;

// Whether this thread is to stop waiting.
inline thread_local bool (*stops)(void *) = nullptr;
inline thread_local void * stops_user = nullptr;
inline bool stopping() { return stops != nullptr && stops(stops_user); }

// Why a call failed; `nonsense` is said where all bytes came and do not fit.
inline std::string why(int end, const char * nonsense) {
    switch (end) {
        case WELL:
            return nonsense;
        case HUNG_UP:
            return "the other side has hung up";
        case SILENT:
            return "it says nothing: it may be working for another process, or still on what an earlier connection "
                   "has asked for";
        case NOT_KNOWN:
            return "the system's reason is not known";
        default:
            return std::generic_category().message(end);
    }
}

} // namespace lrs
