// Devices of other hosts, and this host's devices for others.
#include "guard.h"

#include "ggml-rpc.h"

extern "C" {

// Version of the protocol: major, minor, patch.
void lrs_rpc_version(int version[3]) {
    version[0] = RPC_PROTO_MAJOR_VERSION;
    version[1] = RPC_PROTO_MINOR_VERSION;
    version[2] = RPC_PROTO_PATCH_VERSION;
}

int lrs_rpc_connect(lrs_fault * fault, ggml_backend_reg_t * registry, const char * endpoint) {
    return lrs::call(fault, registry, [&] { return ggml_backend_rpc_add_server(endpoint); });
}

// Returns when the server cannot go on; why is in the log.
int lrs_rpc_serve(lrs_fault * fault, const char * endpoint, const char * cache, std::size_t n_threads,
                  std::size_t n_devices, ggml_backend_dev_t * devices) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        ggml_backend_rpc_start_server(endpoint, cache, n_threads, n_devices, devices);
    });
}

} // extern "C"
