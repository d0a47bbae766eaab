// The server's half of what is included in front of ggml-rpc.cpp: files of the cache are whole or not there, and a
// request that fails ends the client's connection, not the server.
#pragma once

#include "guard.h"
#include "rpc_thread.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "ggml-backend-impl.h"
#include "ggml-cpp.h"
#include "ggml-impl.h"
#include "ggml-rpc/transport.h"

namespace lrs {

// To the log, from a handler of exceptions.
inline void log_failure(const char * what) noexcept {
    lrs_fault fault;
    report(&fault);
    GGML_LOG_ERROR("%s: %s\n", what, fault.message);
}

// Stands in for the stream that writes a file of the cache. A file has all its bytes or does not exist.
class new_file {
public:
    new_file(const std::filesystem::path & path, std::ios::openmode mode) : path(path), mode(mode) {}

    void write(const char * data, std::size_t size) {
        std::filesystem::path part = path;
        part += "." + std::to_string(std::random_device()()) + ".part";
        std::ofstream file(part, mode);
        file.write(data, static_cast<std::streamsize>(size));
        file.close();
        std::error_code failure;
        if (file) {
            std::filesystem::rename(part, path, failure);
        }
        if (!file || failure) {
            GGML_LOG_ERROR("cannot write %s\n", path.string().c_str());
            std::filesystem::remove(part, failure);
        }
    }

private:
    std::filesystem::path path;
    std::ios::openmode mode;
};

// Stands in for the one that reads it: bytes that do not come are a failure.
struct kept_file : std::ifstream {
    kept_file(const std::filesystem::path & path, std::ios::openmode mode) : std::ifstream(path, mode) {
        exceptions(failbit | badbit);
    }
};

// Upstream's hash (FNV-1a), which is the name of a file.
inline std::string hash_name(std::ifstream & file) {
    std::uint64_t hash = 0xcbf29ce484222325;
    std::vector<char> piece(1 << 20);
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())), file.gcount() > 0) {
        for (std::streamsize i = 0; i < file.gcount(); ++i) {
            hash = (hash ^ static_cast<unsigned char>(piece[static_cast<std::size_t>(i)])) * 0x100000001b3;
        }
    }
    char name[17];
    std::snprintf(name, sizeof name, "%016" PRIx64, hash);
    return name;
}

// Whether the cache has the file. One that cannot be read is not there; one that is damaged is removed.
inline bool is_kept(const std::filesystem::path & path) {
    std::ifstream file(path, std::ios::binary);
    const bool sound = file.is_open() && hash_name(file) == path.filename().string();
    if (!file.is_open() || file.bad()) {
        return false;
    }
    file.close();
    if (!sound) {
        std::error_code failure;
        std::filesystem::remove(path, failure);
        GGML_LOG_ERROR("%s is damaged and was removed\n", path.string().c_str());
    }
    return sound;
}

// The processor computes for a client, with other threads: where that fails they stay at work.
inline thread_local bool computing = false;

inline enum ggml_status compute(ggml_backend_t backend, ggml_cgraph * graph) {
    computing = ggml_backend_dev_type(ggml_backend_get_device(backend)) == GGML_BACKEND_DEVICE_TYPE_CPU;
    const enum ggml_status status = ggml_backend_graph_compute(backend, graph);
    computing = false;
    return status;
}

// What a server lends, and where.
struct offer {
    const char * endpoint;
    const char * cache;
    std::size_t n_threads;
    std::size_t n_devices;
    ggml_backend_dev_t * devices;
    bool (*stop)(void *);
    void * stop_user;
};

// This thread stops waiting when it is told to.
struct stop_by {
    explicit stop_by(const offer & all) {
        stops_user = all.stop_user;
        stops = all.stop;
    }
    ~stop_by() { stops = nullptr; }
};

inline ggml_backend_ptr started(ggml_backend_dev_t device, std::size_t n_threads) {
    ggml_backend_ptr backend(ggml_backend_dev_init(device, nullptr));
    if (backend == nullptr) {
        throw std::runtime_error(std::string("the device ") + ggml_backend_dev_name(device) + " does not start");
    }
    ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(device);
    void * set = registry ? ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads") : nullptr;
    if (set != nullptr) {
        reinterpret_cast<ggml_backend_set_n_threads_t>(set)(backend.get(), static_cast<int>(n_threads));
    }
    return backend;
}

// Takes the place of upstream's server. Returns when it was told to stop.
template <class Serve> void serve(const offer & all, Serve && serve_client) {
    std::vector<ggml_backend_ptr> owned;
    std::vector<ggml_backend_t> backends;
    for (std::size_t i = 0; i < all.n_devices; ++i) {
        owned.push_back(started(all.devices[i], all.n_threads));
        backends.push_back(owned.back().get());
    }
    const std::string endpoint = all.endpoint;
    const std::size_t colon = endpoint.rfind(':');
    const socket_ptr listener =
        colon != std::string::npos && rpc_transport_init()
            ? socket_t::create_server(endpoint.substr(0, colon).c_str(), std::atoi(endpoint.c_str() + colon + 1))
            : nullptr;
    if (listener == nullptr) {
        throw std::runtime_error("cannot listen at " + endpoint + ": " + why(connection_end, "it is no address"));
    }
    GGML_LOG_INFO("Serving %zu devices at %s\n", backends.size(), endpoint.c_str());

    const stop_by stop(all);
    while (!stopping()) {
        const socket_ptr client = listener->accept();
        if (client == nullptr) {
            if (stopping()) {
                break;
            }
            throw std::runtime_error("cannot accept clients: " + why(connection_end, "no reason"));
        }
        GGML_LOG_INFO("Accepted client connection\n");
        try {
            serve_client(backends, all.cache, client);
        } catch (...) {
            if (std::exchange(computing, false) && all.n_threads > 1) {
                // Those threads go on.
                std::for_each(owned.begin(), owned.end(), [](ggml_backend_ptr & backend) { backend.release(); });
                throw;
            }
            log_failure("a client is sent away, its request has failed");
        }
        GGML_LOG_INFO("Client connection closed\n");
    }
}

} // namespace lrs

// ggml-rpc.cpp spells these names with `std::` and `std::filesystem::`.
namespace std {
using lrs_ofstream = lrs::new_file;
using lrs_ifstream = lrs::kept_file;
} // namespace std
namespace std::filesystem {
inline bool lrs_exists(const path & file, const std::error_code &) { return lrs::is_kept(file); }
} // namespace std::filesystem

#define ofstream lrs_ofstream
#define ifstream lrs_ifstream
#define exists lrs_exists

#undef ggml_backend_graph_compute
#define ggml_backend_graph_compute(backend, graph) lrs::compute(backend, graph)
