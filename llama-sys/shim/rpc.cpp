// Devices of other hosts.
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

} // extern "C"
