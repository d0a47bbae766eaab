// A back end for tests: GPUs that compute on the processor, and fail when they are told to.
//
// LLAMA_TEST_GPUS says how many there are, LLAMA_TEST_ORDERS names a file with words. Each is for all of them, or with a
// number behind it for one:
//   full     there is no memory left
//   choke    the same, and it is a failure to ask for some
//   once     there is memory for one buffer more
//   gone     every call fails, also those that free something
//   mute     the same, but it tells that it has no memory, as CUDA does
//   broken   computing fails
#include "ggml-backend-impl.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t total = std::size_t(1) << 30;
constexpr std::size_t alignment = 64;

struct gpu {
    std::size_t number;
    std::string name;
    std::atomic<std::size_t> taken{0};
    std::atomic<int> granted{0};
    ggml_backend_device device{};
    // Its own memory, and the host's that it is filled through.
    ggml_backend_buffer_type memory{};
    ggml_backend_buffer_type host{};
};

gpu & of(ggml_backend_dev_t device) { return *static_cast<gpu *>(device->context); }

bool told(const gpu & one, const std::string & word) {
    const char * path = std::getenv("LLAMA_TEST_ORDERS");
    std::ifstream orders(path ? path : "");
    for (std::string order; orders >> order;) {
        if (order == word || order == word + std::to_string(one.number)) {
            return true;
        }
    }
    return false;
}

void answer(const gpu & one) {
    if (told(one, "gone") || told(one, "mute")) {
        GGML_ABORT("%s is gone", one.name.c_str());
    }
}

struct memory {
    gpu & owner;
    std::size_t size;
    void * data;

    memory(gpu & owner, std::size_t size) : owner(owner), size(size), data(std::aligned_alloc(alignment, size)) {
        owner.taken += size;
    }

    // As in other back ends: a failure here ends the process.
    ~memory() {
        answer(owner);
        owner.taken -= size;
        std::free(data);
    }
};

memory & of(ggml_backend_buffer_t buffer) { return *static_cast<memory *>(buffer->context); }

const ggml_backend_buffer_i buffer_functions = [] {
    ggml_backend_buffer_i made{};
    made.free_buffer = [](ggml_backend_buffer_t buffer) { delete static_cast<memory *>(buffer->context); };
    made.get_base = [](ggml_backend_buffer_t buffer) { return of(buffer).data; };
    made.memset_tensor = [](ggml_backend_buffer_t buffer, ggml_tensor * tensor, std::uint8_t value, std::size_t offset,
                            std::size_t size) {
        answer(of(buffer).owner);
        std::memset(static_cast<char *>(tensor->data) + offset, value, size);
    };
    made.set_tensor = [](ggml_backend_buffer_t buffer, ggml_tensor * tensor, const void * data, std::size_t offset,
                         std::size_t size) {
        answer(of(buffer).owner);
        std::memcpy(static_cast<char *>(tensor->data) + offset, data, size);
    };
    made.get_tensor = [](ggml_backend_buffer_t buffer, const ggml_tensor * tensor, void * data, std::size_t offset,
                         std::size_t size) {
        answer(of(buffer).owner);
        std::memcpy(data, static_cast<const char *>(tensor->data) + offset, size);
    };
    made.clear = [](ggml_backend_buffer_t buffer, std::uint8_t value) {
        answer(of(buffer).owner);
        std::memset(of(buffer).data, value, of(buffer).size);
    };
    return made;
}();

ggml_backend_buffer_t alloc(ggml_backend_buffer_type_t type, std::size_t size) {
    gpu & owner = of(type->device);
    answer(owner);
    if (told(owner, "choke")) {
        GGML_ABORT("%s chokes", owner.name.c_str());
    }
    owner.granted = told(owner, "once") ? owner.granted + 1 : 0;
    if (told(owner, "full") || owner.granted > 1) {
        return nullptr;
    }
    const std::size_t whole = (size / alignment + 1) * alignment;
    return ggml_backend_buffer_init(type, buffer_functions, new memory(owner, whole), size);
}

ggml_backend_buffer_type kind_of_buffers(gpu & owner, bool host) {
    ggml_backend_buffer_type made{};
    made.iface.get_name = host ? +[](ggml_backend_buffer_type_t) { return "Fake_Host"; }
                               : +[](ggml_backend_buffer_type_t type) { return of(type->device).name.c_str(); };
    made.iface.alloc_buffer = alloc;
    made.iface.get_alignment = [](ggml_backend_buffer_type_t) { return alignment; };
    if (host) {
        made.iface.is_host = [](ggml_backend_buffer_type_t) { return true; };
    }
    made.device = &owner.device;
    return made;
}

// Its streams are the calls themselves.
const ggml_backend_i backend_functions = [] {
    ggml_backend_i made{};
    made.get_name = [](ggml_backend_t backend) { return of(backend->device).name.c_str(); };
    made.free = [](ggml_backend_t backend) {
        answer(of(backend->device));
        of(backend->device).taken -= alignment;
        ggml_backend_free(static_cast<ggml_backend_t>(backend->context));
        delete backend;
    };
    made.set_tensor_async = [](ggml_backend_t backend, ggml_tensor * tensor, const void * data, std::size_t offset,
                               std::size_t size) {
        answer(of(backend->device));
        std::memcpy(static_cast<char *>(tensor->data) + offset, data, size);
    };
    made.synchronize = [](ggml_backend_t backend) { answer(of(backend->device)); };
    made.graph_compute = [](ggml_backend_t backend, ggml_cgraph * graph) {
        answer(of(backend->device));
        if (told(of(backend->device), "broken")) {
            GGML_ABORT("%s computes no more", of(backend->device).name.c_str());
        }
        return ggml_backend_graph_compute(static_cast<ggml_backend_t>(backend->context), graph);
    };
    made.event_record = [](ggml_backend_t backend, ggml_backend_event_t) { answer(of(backend->device)); };
    made.event_wait = [](ggml_backend_t backend, ggml_backend_event_t) { answer(of(backend->device)); };
    return made;
}();

ggml_backend_t start(ggml_backend_dev_t device, const char *) {
    answer(of(device));
    of(device).taken += alignment;
    static ggml_guid guid = {0x66, 0x61, 0x6b, 0x65};
    ggml_backend_t processor = ggml_backend_cpu_init();
    ggml_backend_cpu_set_n_threads(processor, 1);
    return new ggml_backend{&guid, backend_functions, device, processor};
}

// Not what the processor has rearranged for itself.
bool can_read(const ggml_tensor * tensor) {
    const ggml_tensor * owner = tensor->view_src ? tensor->view_src : tensor;
    if (!owner->buffer || ggml_backend_buffer_is_host(owner->buffer)) {
        return true;
    }
    ggml_backend_dev_t device = ggml_backend_buft_get_device(owner->buffer->buft);
    return !device || ggml_backend_dev_type(device) != GGML_BACKEND_DEVICE_TYPE_CPU;
}

ggml_backend_device_i device_functions() {
    ggml_backend_device_i made{};
    made.get_name = [](ggml_backend_dev_t device) { return of(device).name.c_str(); };
    made.get_description = [](ggml_backend_dev_t) { return "a GPU for tests"; };
    made.get_type = [](ggml_backend_dev_t) { return GGML_BACKEND_DEVICE_TYPE_GPU; };
    made.get_memory = [](ggml_backend_dev_t device, std::size_t * free, std::size_t * all) {
        const bool mute = told(of(device), "mute");
        if (!mute) {
            answer(of(device));
        }
        *all = mute ? 0 : total;
        *free = mute ? 0 : total - of(device).taken;
    };
    made.get_props = [](ggml_backend_dev_t device, ggml_backend_dev_props * props) {
        props->name = device->iface.get_name(device);
        props->description = device->iface.get_description(device);
        props->type = device->iface.get_type(device);
        device->iface.get_memory(device, &props->memory_free, &props->memory_total);
        props->caps.async = true;
        props->caps.host_buffer = true;
        props->caps.events = true;
        props->caps.mmap_support = true;
    };
    made.init_backend = start;
    made.get_buffer_type = [](ggml_backend_dev_t device) {
        if (!told(of(device), "mute")) {
            answer(of(device));
        }
        return &of(device).memory;
    };
    made.get_host_buffer_type = [](ggml_backend_dev_t device) { return &of(device).host; };
    made.supports_op = [](ggml_backend_dev_t, const ggml_tensor * op) {
        for (const ggml_tensor * source : op->src) {
            if (source && !can_read(source)) {
                return false;
            }
        }
        ggml_backend_dev_t processor = ggml_backend_reg_dev_get(ggml_backend_cpu_reg(), 0);
        return ggml_backend_dev_supports_op(processor, op);
    };
    made.supports_buft = [](ggml_backend_dev_t device, ggml_backend_buffer_type_t type) {
        return type == &of(device).memory;
    };
    made.event_new = [](ggml_backend_dev_t device) {
        of(device).taken += alignment;
        return new ggml_backend_event{device, nullptr};
    };
    made.event_free = [](ggml_backend_dev_t device, ggml_backend_event_t event) {
        of(device).taken -= alignment;
        delete event;
    };
    made.event_synchronize = [](ggml_backend_dev_t device, ggml_backend_event_t) { answer(of(device)); };
    return made;
}

ggml_backend_reg_t registry();

std::vector<gpu *> & gpus() {
    static std::vector<gpu *> all = [] {
        const char * count = std::getenv("LLAMA_TEST_GPUS");
        std::vector<gpu *> made;
        for (std::size_t i = 0; i < std::strtoul(count ? count : "1", nullptr, 10); ++i) {
            gpu * one = new gpu{i, "Fake" + std::to_string(i)};
            one->device = {device_functions(), registry(), one};
            one->memory = kind_of_buffers(*one, false);
            one->host = kind_of_buffers(*one, true);
            made.push_back(one);
        }
        return made;
    }();
    return all;
}

ggml_backend_reg_t registry() {
    static ggml_backend_reg one = [] {
        ggml_backend_reg made{};
        made.api_version = GGML_BACKEND_API_VERSION;
        made.iface.get_name = [](ggml_backend_reg_t) { return "Fake"; };
        made.iface.get_device_count = [](ggml_backend_reg_t) { return gpus().size(); };
        made.iface.get_device = [](ggml_backend_reg_t, std::size_t i) { return &gpus()[i]->device; };
        made.iface.get_proc_address = [](ggml_backend_reg_t, const char *) -> void * { return nullptr; };
        return made;
    }();
    return &one;
}

} // namespace

extern "C" ggml_backend_reg_t LRS_PLUGIN_REGISTRY() { return registry(); }
