// Included in front of ggml-rpc.cpp.
//
// A lost connection is noticed by the thread that talks to the server, which nobody guards: upstream ends the process
// there. With this header that thread remembers the loss instead, and whoever waits for an answer gets
// the failure, on a guarded thread. Objects are freed without their server's help, and a server that is back is
// connected anew.
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
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ggml-backend-impl.h"
#include "ggml-cpp.h"
#include "ggml-impl.h"
#include "ggml-rpc.h"
#include "guard.h"
#include "rpc_server.h"
#include "rpc_thread.h"

class rpc_dispatcher;
struct rpc_msg_free_buffer_req;

namespace lrs {

// A connection to a server.
struct connection {
    explicit connection(const std::string & endpoint) : endpoint(endpoint) {}

    const std::string endpoint;
    std::atomic<bool> lost{false};
};

// The one that this thread is making, and the one that it talks over for others.
inline thread_local std::shared_ptr<connection> made;
inline thread_local std::shared_ptr<connection> served;

// The next wait of this thread is for the answer to a request to free memory.
inline thread_local bool frees_remote_memory = false;

struct lost {
    std::string message;
};

inline std::string loss(const std::string & endpoint, const std::string & reason) {
    return "the connection to the remote device is lost (" + endpoint + ": " + reason + ")";
}

// A server keeps the last graph of each device until any of its memory is freed, and computes it again when asked to.
// Upstream decides from the number of the device's last graph alone whether the server still has it: that says
// nothing about freed memory and other connections, and contexts of several threads share it. Here one thread decides
// and asks at a time.
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
    template <class F>
    auto next(const void * device, const std::shared_ptr<rpc_dispatcher> & dispatcher, F && send) {
        const std::lock_guard<std::mutex> lock(mutex);
        const auto last = sent.find(device);
        const bool kept = last != sent.end() && last->second.n_freed == n_freed && n_freeing == 0 &&
                          last->second.dispatcher.lock() == dispatcher;
        if (last != sent.end()) {
            sent.erase(last);
        }
        const auto status = send(kept);
        sent[device] = {n_freed, dispatcher};
        return status;
    }

private:
    struct graph {
        // How much had been freed when it was sent.
        std::uint64_t n_freed;
        std::weak_ptr<rpc_dispatcher> dispatcher;
    };

    std::mutex mutex;
    std::uint64_t n_freeing = 0;
    std::uint64_t n_freed = 0;
    // By device.
    std::unordered_map<const void *, graph> sent;
};

// What is asked of a server's device once, and decides how memory on it is laid out.
struct layout {
    std::uint64_t alignment;
    std::uint64_t max_size;
};

// Gives a server's list of devices.
template <class Device> std::vector<layout> layouts(std::uint32_t n_devices, Device && device) {
    const auto refuse = [](const std::string & what) {
        throw std::runtime_error("the server at " + made->endpoint + " claims " + what);
    };
    if (n_devices > 256) {
        refuse("to have " + std::to_string(n_devices) + " devices");
    }
    std::vector<layout> all;
    for (std::uint32_t i = 0; i < n_devices; ++i) {
        const layout one = device(i);
        if (one.alignment == 0 || (one.alignment & (one.alignment - 1)) != 0 || one.alignment > 1 << 24) {
            refuse("to align memory to " + std::to_string(one.alignment) + " bytes");
        }
        if (one.max_size == 0) {
            refuse("to have a device without memory");
        }
        all.push_back(one);
    }
    return all;
}

// Upstream makes one connection after the other, while everybody waits who needs one, and hands out those that are
// lost for as long as anything holds them.
class servers {
public:
    // The connection to this server. start() gives a new one, ask(dispatcher) the devices there.
    template <class Start, class Ask>
    std::shared_ptr<rpc_dispatcher> connection_to(const std::string & endpoint, Start && start, Ask && ask) {
        server & at = find(endpoint);
        const std::lock_guard<std::mutex> lock(at.mutex);
        std::shared_ptr<rpc_dispatcher> dispatcher = at.dispatcher.lock();
        if (dispatcher != nullptr && !at.last->lost) {
            return dispatcher;
        }
        const attempt now(endpoint, at.last != nullptr && !at.last->lost);
        try {
            dispatcher = start();
        } catch (const assertion &) {
            const std::string version = "it is no server of version " + std::to_string(RPC_PROTO_MAJOR_VERSION) + "." +
                                        std::to_string(RPC_PROTO_MINOR_VERSION);
            throw std::runtime_error("no connection to " + endpoint + ": " + why(connection_end, version.c_str()));
        }
        try {
            check(at, ask(dispatcher));
        } catch (const assertion & e) {
            throw std::runtime_error(e.message);
        }
        at.dispatcher = dispatcher;
        at.last = made;
        return dispatcher;
    }

private:
    struct server {
        std::mutex mutex;
        std::weak_ptr<rpc_dispatcher> dispatcher;
        std::shared_ptr<connection> last;
        std::vector<layout> devices;
    };

    // What this thread must know while it connects. A server that has had a connection of this process may still work
    // on what that one had asked for.
    struct attempt {
        attempt(const std::string & endpoint, bool again) {
            made = std::make_shared<connection>(endpoint);
            connection_end = NOT_KNOWN;
            patience = again ? std::chrono::minutes(2) : usual_patience;
        }
        ~attempt() {
            made.reset();
            patience = usual_patience;
        }
    };

    server & find(const std::string & endpoint) {
        const std::lock_guard<std::mutex> lock(mutex);
        return all[endpoint];
    }

    // Upstream never asks again.
    static void check(server & at, std::vector<layout> now) {
        const auto equal = [](const layout & a, const layout & b) {
            return a.alignment == b.alignment && a.max_size == b.max_size;
        };
        if (at.devices.empty()) {
            at.devices = std::move(now);
        } else if (!std::equal(now.begin(), now.end(), at.devices.begin(), at.devices.end(), equal)) {
            throw std::runtime_error("the server at " + made->endpoint +
                                     " has other devices than before: start this program again to use them");
        }
    }

    std::mutex mutex;
    // Places stay where they are.
    std::unordered_map<std::string, server> all;
};

// Threads may still compute while the process ends: these stay until then.
inline graphs & remote_graphs = *new graphs;
inline servers & remote_servers = *new servers;

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
        } catch (const lost & failure) {
            if (!quiet) {
                fail(failure.message.c_str());
            }
        }
    }

private:
    std::shared_future<void> future;
};

class question {
public:
    answer get_future() { return answer(promise.get_future().share()); }

    // The thread that talks to the server calls this. It learns which connection is its own from the first question,
    // which comes from the thread that has made the connection.
    void set_value() {
        if (about != nullptr) {
            served = about;
        }
        if (!connection_lost) {
            promise.set_value();
            return;
        }
        std::string endpoint = "unknown";
        if (served != nullptr) {
            served->lost = true;
            endpoint = served->endpoint;
        }
        const std::string reason = why(connection_end, "it did not answer what was asked");
        promise.set_exception(std::make_exception_ptr(lost{loss(endpoint, reason)}));
    }

private:
    std::promise<void> promise;
    std::shared_ptr<connection> about = made;
};

// The protocol has 32 bits for what lies between two elements.
inline bool fits_the_protocol(const ggml_tensor * tensor) {
    for (int i = 0; i < GGML_MAX_DIMS; ++i) {
        if (tensor->ne[i] > UINT32_MAX || (tensor->ne[i] > 1 && tensor->nb[i] > UINT32_MAX)) {
            GGML_LOG_ERROR("%s is too large for a remote device: a step of %zu bytes\n", tensor->name, tensor->nb[i]);
            return false;
        }
    }
    return true;
}

// Calls check(tensor) for all that a graph reads and writes.
template <class Check> void each_tensor(const ggml_cgraph * graph, Check && check) {
    for (int i = 0; i < graph->n_nodes; ++i) {
        check(graph->nodes[i]);
        for (const ggml_tensor * source : graph->nodes[i]->src) {
            if (source != nullptr) {
                check(source);
            }
        }
    }
}

// A connection to this server, for as long as somebody has it; for rpc.cpp.
std::shared_ptr<void> connection_to(const char * endpoint);

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

// In front of the definition of this function, the first one behind upstream's get_dispatcher: functions of the same
// name that fit all callers better, who have a std::string that is not const, or none.
#define ggml_backend_rpc_buffer_free_buffer(...)                                                                       \
    ggml_backend_rpc_buffer_free_buffer(__VA_ARGS__);                                                                  \
    static size_t get_alignment(const std::shared_ptr<rpc_dispatcher> & dispatcher, uint32_t device);                  \
    static size_t get_max_size(const std::shared_ptr<rpc_dispatcher> & dispatcher, uint32_t device);                   \
    static std::shared_ptr<rpc_dispatcher> get_dispatcher(const char * endpoint) {                                     \
        const auto start = [endpoint] {                                                                                \
            auto dispatcher = std::make_shared<rpc_dispatcher>();                                                      \
            dispatcher->start(endpoint);                                                                               \
            return dispatcher;                                                                                         \
        };                                                                                                             \
        const auto ask = [](const std::shared_ptr<rpc_dispatcher> & dispatcher) {                                      \
            rpc_msg_device_count_rsp count = {};                                                                       \
            dispatcher->send(RPC_CMD_DEVICE_COUNT, nullptr, 0, &count, sizeof(count));                                 \
            return lrs::layouts(count.device_count, [&](uint32_t i) {                                                  \
                return lrs::layout{get_alignment(dispatcher, i), get_max_size(dispatcher, i)};                         \
            });                                                                                                        \
        };                                                                                                             \
        return lrs::remote_servers.connection_to(endpoint, start, ask);                                                \
    }                                                                                                                  \
    static std::shared_ptr<rpc_dispatcher> get_dispatcher(std::string & endpoint) {                                    \
        return get_dispatcher(endpoint.c_str());                                                                       \
    }                                                                                                                  \
    std::shared_ptr<void> lrs::connection_to(const char * endpoint) { return get_dispatcher(endpoint); }               \
    static void rpc_serve_client(const std::vector<ggml_backend_t> &, const char *, socket_ptr);                       \
    extern "C" int lrs_rpc_serve(lrs_fault * fault, const lrs::offer * offer) {                                        \
        char * none = nullptr;                                                                                         \
        return lrs::call<void>(fault, none, [&] { lrs::serve(*offer, rpc_serve_client); });                            \
    }                                                                                                                  \
    static void(ggml_backend_rpc_buffer_free_buffer)(__VA_ARGS__)

// In front of the definition of a function: the table of functions gets the one that is defined here, which calls
// upstream's by another name. What is allocated can be used or is not there, whatever happens to the connection:
// callers hold memory that they do not free when something is thrown.
#define ggml_backend_rpc_buffer_init_tensor(...)                                                                       \
    lrs_rpc_init_tensor(__VA_ARGS__);                                                                                  \
    static enum ggml_status(ggml_backend_rpc_buffer_init_tensor)(__VA_ARGS__) {                                        \
        try {                                                                                                          \
            return lrs::fits_the_protocol(tensor) ? lrs_rpc_init_tensor(buffer, tensor) : GGML_STATUS_FAILED;          \
        } catch (...) {                                                                                                \
            lrs::log_failure(tensor->name);                                                                            \
            return GGML_STATUS_FAILED;                                                                                 \
        }                                                                                                              \
    }                                                                                                                  \
    static enum ggml_status lrs_rpc_init_tensor(__VA_ARGS__)

#define ggml_backend_rpc_buffer_type_alloc_buffer(...)                                                                 \
    lrs_rpc_alloc_buffer(__VA_ARGS__);                                                                                 \
    static ggml_backend_buffer_t(ggml_backend_rpc_buffer_type_alloc_buffer)(__VA_ARGS__) {                             \
        ggml_backend_buffer_t buffer = nullptr;                                                                        \
        try {                                                                                                          \
            buffer = lrs_rpc_alloc_buffer(buft, size);                                                                 \
            if (buffer != nullptr) {                                                                                   \
                ggml_backend_rpc_buffer_get_base(buffer);                                                              \
            }                                                                                                          \
            return buffer;                                                                                             \
        } catch (...) {                                                                                                \
            lrs::log_failure("no memory on a remote device");                                                          \
            ggml_backend_buffer_free(buffer);                                                                          \
            return nullptr;                                                                                            \
        }                                                                                                              \
    }                                                                                                                  \
    static ggml_backend_buffer_t lrs_rpc_alloc_buffer(__VA_ARGS__)

// The same way: the server would take what belongs to an earlier connection, or does not fit, for something else.
#define ggml_backend_rpc_graph_compute(...)                                                                            \
    lrs_rpc_graph_compute(__VA_ARGS__);                                                                                \
    static enum ggml_status(ggml_backend_rpc_graph_compute)(__VA_ARGS__) {                                             \
        auto * device = (ggml_backend_rpc_device_context *) ggml_backend_get_device(backend)->context;                 \
        const auto & dispatcher = ((ggml_backend_rpc_context *) backend->context)->dispatcher;                         \
        lrs::each_tensor(cgraph, [&](const ggml_tensor * tensor) {                                                     \
            if (!lrs::fits_the_protocol(tensor)) {                                                                     \
                lrs::fail("a tensor is too large for a remote device");                                                \
            }                                                                                                          \
            if (tensor->buffer == nullptr || !ggml_backend_buffer_is_rpc(tensor->buffer)) {                            \
                return;                                                                                                \
            }                                                                                                          \
            const auto * type = (ggml_backend_rpc_buffer_type_context *) tensor->buffer->buft->context;                \
            const auto * held = (ggml_backend_rpc_buffer_context *) tensor->buffer->context;                           \
            if (held->dispatcher != dispatcher && type->endpoint == device->endpoint) {                                \
                lrs::fail(lrs::loss(type->endpoint, "it was another one, load the model again").c_str());              \
            }                                                                                                          \
        });                                                                                                            \
        return lrs::remote_graphs.next(device, dispatcher, [&](bool kept) {                                            \
            if (!kept) {                                                                                               \
                device->last_graph_uid = 0;                                                                            \
            }                                                                                                          \
            return lrs_rpc_graph_compute(backend, cgraph);                                                             \
        });                                                                                                            \
    }                                                                                                                  \
    static enum ggml_status lrs_rpc_graph_compute(__VA_ARGS__)

// The same way: upstream asks for the connection of an event's device, which may be gone, to do what needs none.
#define ggml_backend_rpc_device_event_free(...)                                                                        \
    (ggml_backend_rpc_device_event_free)(__VA_ARGS__) {                                                                \
        GGML_UNUSED(dev);                                                                                              \
        rpc_dispatcher().event_free(event);                                                                            \
    }                                                                                                                  \
    [[maybe_unused]] static void lrs_rpc_event_free(__VA_ARGS__)

#define ggml_backend_rpc_device_event_synchronize(...)                                                                 \
    (ggml_backend_rpc_device_event_synchronize)(__VA_ARGS__) {                                                         \
        GGML_UNUSED(dev);                                                                                              \
        rpc_dispatcher().event_synchronize(event);                                                                     \
    }                                                                                                                  \
    [[maybe_unused]] static void lrs_rpc_event_synchronize(__VA_ARGS__)
