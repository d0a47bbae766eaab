// Included in front of ggml-rpc.cpp.
//
// A lost connection is noticed by the thread that talks to the server, which nobody guards: upstream ends the process
// there. With this header that thread remembers the loss instead, and whoever waits for an answer gets
// the failure, on a guarded thread. Objects are freed without their server's help.
#pragma once

#include "to_log.h"

// What a server tells of itself and its clients is no failure.
extern "C" int lrs_printf(const char * format, ...);
#undef printf
#define printf lrs_printf

// Everything that ggml-rpc.cpp includes comes first, so that the macros below meet nothing but its own text.
#include <algorithm>
#include <array>
#include <atomic>
#include <cinttypes>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ggml-backend-impl.h"
#include "ggml-cpp.h"
#include "ggml-impl.h"
#include "ggml-rpc.h"
#include "guard.h"
#include "rpc_server.h"

struct rpc_msg_free_buffer_req;

namespace lrs {

// The next wait of this thread is for the answer to a request to free memory.
inline thread_local bool frees_remote_memory = false;

struct lost {};

// A server keeps the last graph of each device until any of its memory is freed, and computes it again when asked to.
// Upstream decides from the number of the device's last graph alone whether the server still has it: that says
// nothing about freed memory, and contexts of several threads share it. Here one thread decides and asks at a time.
class graphs {
public:
    // What is sent between these two frees memory.
    void free_begins() {
        const std::lock_guard<std::mutex> lock(mutex);
        n_freeing++;
    }

    void free_is_sent() {
        const std::lock_guard<std::mutex> lock(mutex);
        n_freeing--;
        n_freed++;
    }

    // Calls send(kept): whether the server has the last graph of the device.
    template <class F> auto next(const void * device, F && send) {
        const std::lock_guard<std::mutex> lock(mutex);
        const auto last = sent.find(device);
        const bool kept = last != sent.end() && last->second == n_freed && n_freeing == 0;
        if (last != sent.end()) {
            sent.erase(last);
        }
        const auto status = send(kept);
        sent[device] = n_freed;
        return status;
    }

private:
    std::mutex mutex;
    std::uint64_t n_freeing = 0;
    std::uint64_t n_freed = 0;
    // By device: how much had been freed when its last graph was sent.
    std::unordered_map<const void *, std::uint64_t> sent;
};

// Threads may still compute while the process ends: it stays until then.
inline graphs & remote_graphs = *new graphs;

template <class... A> void rpc_abort(const char * file, int line, const char * format, A... arguments) {
    if (!guarded() && std::strncmp(format, "Remote RPC server", 17) == 0) {
        connection_lost = true;
        return;
    }
    ggml_abort(file, line, format, arguments...);
}

// What a wait gives: the answer, or a failure where the caller can have one.
class answer {
public:
    answer() = default;
    explicit answer(std::shared_future<void> future) : future(std::move(future)) {}

    answer share() const { return *this; }

    void wait() const {
        const bool quiet = frees_remote_memory || freeing() || std::uncaught_exceptions() > 0;
        if (frees_remote_memory) {
            frees_remote_memory = false;
            remote_graphs.free_is_sent();
        }
        try {
            future.get();
        } catch (const lost &) {
            if (!quiet) {
                ggml_abort("ggml-rpc.cpp", __LINE__, "the connection to the remote device is lost");
            }
        }
    }

private:
    std::shared_future<void> future;
};

class question {
public:
    answer get_future() { return answer(promise.get_future().share()); }

    void set_value() {
        if (connection_lost) {
            promise.set_exception(std::make_exception_ptr(lost{}));
        } else {
            promise.set_value();
        }
    }

private:
    std::promise<void> promise;
};

} // namespace lrs

// ggml-rpc.cpp spells these names with `std::`.
namespace std {

template <class> using lrs_promise = lrs::question;
template <class> using lrs_shared_future = lrs::answer;

template <class T, class... A> shared_ptr<T> lrs_make_shared(A &&... arguments) {
    if (is_same<T, rpc_msg_free_buffer_req>::value) {
        lrs::frees_remote_memory = true;
        lrs::remote_graphs.free_begins();
    }
    return make_shared<T>(forward<A>(arguments)...);
}

} // namespace std

#define promise lrs_promise
#define shared_future lrs_shared_future
#define make_shared lrs_make_shared

#undef GGML_ABORT
#define GGML_ABORT(...) lrs::rpc_abort(__FILE__, __LINE__, __VA_ARGS__)

// In front of the definition of this function: what serves.
#define ggml_backend_rpc_buffer_free_buffer(...)                                                                       \
    ggml_backend_rpc_buffer_free_buffer(__VA_ARGS__);                                                                  \
    static void rpc_serve_client(const std::vector<ggml_backend_t> &, const char *, socket_ptr);                       \
    extern "C" int lrs_rpc_serve(lrs_fault * fault, const lrs::offer * offer) {                                        \
        char * none = nullptr;                                                                                         \
        return lrs::call<void>(fault, none, [&] { lrs::serve(*offer, rpc_serve_client); });                            \
    }                                                                                                                  \
    static void(ggml_backend_rpc_buffer_free_buffer)(__VA_ARGS__)

// In front of the definition of this function: the table of functions gets this one, which calls upstream's.
#define ggml_backend_rpc_graph_compute(...)                                                                    \
    lrs_rpc_graph_compute(__VA_ARGS__);                                                                        \
    static enum ggml_status(ggml_backend_rpc_graph_compute)(__VA_ARGS__) {                                     \
        auto * device = (ggml_backend_rpc_device_context *) ggml_backend_get_device(backend)->context;         \
        return lrs::remote_graphs.next(device, [&](bool kept) {                                                \
            if (!kept) {                                                                                       \
                device->last_graph_uid = 0;                                                                    \
            }                                                                                                  \
            return lrs_rpc_graph_compute(backend, cgraph);                                                     \
        });                                                                                                    \
    }                                                                                                          \
    static enum ggml_status lrs_rpc_graph_compute(__VA_ARGS__)

// The same way: upstream connects anew to free an event of a device that nothing else uses any more, and a failure
// there would end the process. An event belongs to no connection.
#define ggml_backend_rpc_device_event_free(...)                                                                \
    (ggml_backend_rpc_device_event_free)(__VA_ARGS__) {                                                        \
        GGML_UNUSED(dev);                                                                                      \
        rpc_dispatcher().event_free(event);                                                                    \
    }                                                                                                          \
    [[maybe_unused]] static void lrs_rpc_event_free(__VA_ARGS__)
