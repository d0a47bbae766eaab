// A back end for tests: its only device does what it is told, through the functions of the program's ggml.
//
// REGISTRY  what the function does that hands out the registry; DEVICE  what it does when its device is asked for.
#include "ggml-backend-impl.h"
#include "ggml-impl.h"
#include "ggml.h"

#include <cstring>
#include <new>
#include <stdexcept>

namespace {

int unwound = 0;

// Counts the frames of this file that an exception has passed.
struct frame {
    ~frame() { ++unwound; }
};

ggml_backend_t start(ggml_backend_dev_t, const char * order) {
    const frame here;
    const auto is = [&](const char * word) { return std::strcmp(order, word) == 0; };
    if (is("abort")) {
        GGML_ABORT("device %d gives up after %.2f s", 7, 1.25);
    }
    if (is("assert")) {
        ggml_backend_buffer_get_size(nullptr);
    }
    if (is("catch and go on")) {
        try {
            GGML_ABORT("first");
        } catch (...) {
            GGML_ABORT("second");
        }
    }
    if (is("catch and rethrow")) {
        try {
            GGML_ABORT("passed on");
        } catch (...) {
            throw;
        }
    }
    if (is("throw")) {
        throw std::runtime_error("the device is gone");
    }
    if (is("memory")) {
        throw std::bad_alloc();
    }
    if (is("number")) {
        throw 42;
    }
    if (is("log")) {
        GGML_LOG_WARN("%s has %d units, %.3f of them free, %s\n", "test", 12, 0.375, ggml_type_name(GGML_TYPE_Q4_K));
    }
    return nullptr;
}

ggml_backend_reg_t registry();

ggml_backend_dev_t device() {
    static ggml_backend_device one = [] {
        ggml_backend_device made{};
        made.iface.get_name = [](ggml_backend_dev_t) { return "Test0"; };
        made.iface.init_backend = start;
        made.reg = registry();
        return made;
    }();
    return &one;
}

ggml_backend_reg_t registry() {
    static ggml_backend_reg one = [] {
        ggml_backend_reg made{};
        made.api_version = GGML_BACKEND_API_VERSION;
        made.iface.get_name = [](ggml_backend_reg_t) { return "Test"; };
        made.iface.get_device_count = [](ggml_backend_reg_t) -> std::size_t { return 1; };
        made.iface.get_device = [](ggml_backend_reg_t, std::size_t) -> ggml_backend_dev_t {
            DEVICE;
            return device();
        };
        made.iface.get_proc_address = [](ggml_backend_reg_t, const char * name) -> void * {
            if (std::strcmp(name, "unwound") == 0) {
                return &unwound;
            }
            return const_cast<char *>(ggml_type_name(GGML_TYPE_F16));
        };
        return made;
    }();
    return &one;
}

} // namespace

extern "C" ggml_backend_reg_t LRS_PLUGIN_REGISTRY() {
    REGISTRY;
    return registry();
}
