// Devices of other hosts.
#include "guard.h"

#include "ggml-rpc.h"

#include <memory>

namespace lrs {

// A connection to this server, for as long as somebody has it (rpc_client.h).
std::shared_ptr<void> connection_to(const char * endpoint);

} // namespace lrs

extern "C" {

// Version of the protocol: major, minor, patch.
void lrs_rpc_version(int version[3]) {
    version[0] = RPC_PROTO_MAJOR_VERSION;
    version[1] = RPC_PROTO_MINOR_VERSION;
    version[2] = RPC_PROTO_PATCH_VERSION;
}

// Upstream asks a server while users of all others wait, the first time for its devices and for the memory of each:
// it is done here, over a connection that is there.
int lrs_rpc_connect(lrs_fault * fault, ggml_backend_reg_t * registry, const char * endpoint) {
    return lrs::call(fault, registry, [&] {
        const std::shared_ptr<void> connection = lrs::connection_to(endpoint);
        ggml_backend_reg_t found = ggml_backend_rpc_add_server(endpoint);
        for (std::size_t i = 0; found != nullptr && i < ggml_backend_reg_dev_count(found); ++i) {
            ggml_backend_dev_buffer_type(ggml_backend_reg_dev_get(found, i));
        }
        return found;
    });
}

} // extern "C"
