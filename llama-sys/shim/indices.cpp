// Weights that are numbers of rows: the CPU looks at them while it computes, on threads where a failure ends the process.
#include "guard.h"

#include "ggml-backend.h"
#include "llama-model.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

template <class T> void range(const ggml_tensor * tensor, std::int64_t & least, std::int64_t & most) {
    std::vector<T> numbers(ggml_nelements(tensor));
    ggml_backend_tensor_get(tensor, numbers.data(), 0, numbers.size() * sizeof(T));
    const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
    least = *low;
    most = *high;
}

} // namespace

// The least and the greatest number in each tensor of integers of a model that has its weights.
extern "C" int lrs_model_indices(lrs_fault * fault, const llama_model * model,
                                 void (*sink)(void *, const char * name, std::int64_t least, std::int64_t most),
                                 void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        for (const auto & [name, tensor] : model->tensors_by_name) {
            if (tensor->buffer == nullptr || tensor->data == nullptr || ggml_nelements(tensor) == 0) {
                continue;
            }
            std::int64_t least = 0;
            std::int64_t most = 0;
            if (tensor->type == GGML_TYPE_I32) {
                range<std::int32_t>(tensor, least, most);
            } else if (tensor->type == GGML_TYPE_I64) {
                range<std::int64_t>(tensor, least, most);
            } else {
                continue;
            }
            sink(user, name.c_str(), least, most);
        }
    });
}
