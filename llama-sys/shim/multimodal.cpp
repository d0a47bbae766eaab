// The multimodal library: decoders of image and audio files with limits, and the guarded twin of each function.
//
// mtmd-helper.cpp is compiled as a part of this file, for the decoders in it: they are called directly here,
// since its own functions allocate whatever size a file claims to have.
#include "guard.h"
#include "planning.h"

#include "ggml-backend.h"
#include "ggml.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

namespace {

// No single allocation of the image decoder is larger: a file decompresses to no more than its picture needs.
thread_local std::size_t decoder_limit = 0;

void * decoder_realloc(void * old, std::size_t size) {
    return size <= decoder_limit ? std::realloc(old, size) : nullptr;
}

} // namespace

#define STBI_MALLOC(size) decoder_realloc(nullptr, size)
#define STBI_REALLOC(old, size) decoder_realloc(old, size)
#define STBI_FREE(old) std::free(old)
// A failed assertion is an error of the guard, as everywhere in ggml.
#define STBI_ASSERT(condition) GGML_ASSERT(condition)
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
// Formats without a signature, and those that nobody sends: less code that reads hostile files.
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_NO_PIC
#define STBI_NO_PSD
#define STBI_NO_TGA
#include "mtmd-helper.cpp"

#include "clip.h"
#include "guarded.h"
#include "mtmd_guarded.inc"

namespace {

// Bytes of the decoder's buffers per pixel (16-bit RGBA, and a buffer that doubles), and beside the picture.
constexpr std::size_t bytes_per_pixel = 16;
constexpr std::size_t bytes_beside = 4 << 20;

int checked_len(std::size_t len) {
    if (len > INT32_MAX) {
        throw std::runtime_error("the file is larger than 2 GiB");
    }
    return static_cast<int>(len);
}

[[noreturn]] void cannot_decode() {
    const char * reason = stbi_failure_reason();
    throw std::runtime_error(reason ? reason : "unknown image format");
}

} // namespace

// Decodes JPEG, PNG, BMP, GIF (the first picture) and PNM to rows of RGB.
extern "C" int lrs_media_image(lrs_fault * fault, const unsigned char * bytes, std::size_t len, std::uint64_t max_pixels,
                               void (*sink)(void *, const unsigned char *, std::uint32_t, std::uint32_t),
                               void * user) {
    void * none = nullptr;
    return lrs::call<void>(fault, none, [&] {
        const int size = checked_len(len);
        int nx = 0, ny = 0, channels = 0;
        decoder_limit = bytes_beside;
        if (!stbi_info_from_memory(bytes, size, &nx, &ny, &channels)) {
            cannot_decode();
        }
        const std::uint64_t pixels = std::uint64_t(nx) * std::uint64_t(ny);
        if (nx <= 0 || ny <= 0 || pixels > max_pixels) {
            throw std::runtime_error("an image of " + std::to_string(nx) + " x " + std::to_string(ny) +
                                     " pixels, at most " + std::to_string(max_pixels) + " are decoded");
        }
        decoder_limit = pixels * bytes_per_pixel + bytes_beside;
        int x = 0, y = 0;
        const std::unique_ptr<unsigned char, void (*)(void *)> rgb(
            stbi_load_from_memory(bytes, size, &x, &y, &channels, 3), std::free);
        if (!rgb) {
            cannot_decode();
        }
        if (x != nx || y != ny) {
            throw std::runtime_error("the file gives two sizes for one image");
        }
        sink(user, rgb.get(), std::uint32_t(nx), std::uint32_t(ny));
    });
}

// Decodes WAV, MP3 and FLAC to one channel of the given rate, piece by piece.
extern "C" int lrs_media_audio(lrs_fault * fault, const unsigned char * bytes, std::size_t len, std::uint32_t rate,
                               std::uint64_t max_samples, void (*sink)(void *, const float *, std::size_t),
                               void * user) {
    void * none = nullptr;
    return lrs::call<void>(fault, none, [&] {
        checked_len(len);
        const ma_decoder_config config = ma_decoder_config_init(ma_format_f32, 1, rate);
        ma_decoder decoder;
        ma_result result = ma_decoder_init_memory(bytes, len, &config, &decoder);
        if (result != MA_SUCCESS) {
            throw std::runtime_error(ma_result_description(result));
        }
        const std::unique_ptr<ma_decoder, ma_result (*)(ma_decoder *)> owner(&decoder, ma_decoder_uninit);
        float piece[4096];
        std::uint64_t total = 0;
        for (;;) {
            ma_uint64 read = 0;
            result = ma_decoder_read_pcm_frames(&decoder, piece, sizeof piece / sizeof *piece, &read);
            total += read;
            if (total > max_samples) {
                throw std::runtime_error("more than " + std::to_string(max_samples) + " samples");
            }
            if (read > 0) {
                sink(user, piece, std::size_t(read));
            }
            if (result == MA_AT_END || read == 0) {
                return;
            }
            if (result != MA_SUCCESS) {
                throw std::runtime_error(ma_result_description(result));
            }
        }
    });
}

namespace {

[[noreturn]] void refuse(const ggml_tensor * node, const char * why) {
    throw std::runtime_error(std::string("the weights do not fit the computation: ") + ggml_op_name(node->op) + " (" +
                             node->name + "): " + why);
}

bool is_float(const ggml_tensor * tensor) {
    return tensor->type == GGML_TYPE_F32 || tensor->type == GGML_TYPE_F16 || tensor->type == GGML_TYPE_BF16;
}

// The indices are in memory before anything is computed when they are an input; others the model has computed.
void check_rows(const ggml_tensor * node) {
    const ggml_tensor * index = node->src[1];
    if (index->op != GGML_OP_NONE || index->data == nullptr || !ggml_backend_buffer_is_host(index->buffer)) {
        return;
    }
    const auto * rows = static_cast<const std::int32_t *>(index->data);
    const std::int64_t available = node->src[0]->ne[1];
    for (std::int64_t i = 0; i < ggml_nelements(index); ++i) {
        if (rows[i] < 0 || rows[i] >= available) {
            refuse(node, "an index beyond the table");
        }
    }
}

void check_node(const ggml_tensor * node) {
    switch (node->op) {
        case GGML_OP_GET_ROWS:
            check_rows(node);
            break;
        case GGML_OP_ADD:
        case GGML_OP_SUB:
        case GGML_OP_MUL:
        case GGML_OP_DIV:
            if (!is_float(node->src[0]) ||
                (node->src[1]->type != GGML_TYPE_F32 && node->src[1]->type != node->src[0]->type)) {
                refuse(node, "types that cannot be computed with");
            }
            break;
        case GGML_OP_CONCAT:
            if (ggml_is_quantized(node->type)) {
                refuse(node, "a type that cannot be computed with");
            }
            break;
        case GGML_OP_GROUP_NORM:
        case GGML_OP_NORM:
        case GGML_OP_PAD:
        case GGML_OP_POOL_1D:
        case GGML_OP_POOL_2D:
        case GGML_OP_RMS_NORM:
        case GGML_OP_SOFT_MAX:
        case GGML_OP_UPSCALE:
            if (node->src[0]->type != GGML_TYPE_F32) {
                refuse(node, "a type that cannot be computed with");
            }
            break;
        case GGML_OP_IM2COL:
            if (!is_float(node)) {
                refuse(node, "a kernel of a type that cannot be computed with");
            }
            break;
        case GGML_OP_CONV_2D:
        case GGML_OP_CONV_2D_DW:
        case GGML_OP_CONV_TRANSPOSE_1D:
        case GGML_OP_CONV_TRANSPOSE_2D:
            if (node->src[0]->type != GGML_TYPE_F32 && node->src[0]->type != GGML_TYPE_F16) {
                refuse(node, "a kernel of a type that cannot be computed with");
            }
            break;
        default:
            break;
    }
}

} // namespace

// Called in front of each operation of a computation, on the thread that asked for it: what would fail an assertion
// on a worker thread, where nothing can catch it, fails here.
extern "C" bool lrs_mtmd_check_node(ggml_tensor * node, bool ask, void *) {
    if (ask) {
        check_node(node);
    }
    return false;
}

// SHA-256 as 64 hexadecimal digits.
extern "C" int lrs_media_sha256(lrs_fault * fault, const void * bytes, std::size_t len, char * digits) {
    void * none = nullptr;
    return lrs::call<void>(fault, none, [&] {
        const std::string text = hash_sha256_hex(bytes, len);
        std::memcpy(digits, text.data(), 64);
    });
}

namespace {

struct planning {
    planning() { lrs_plan(true); }
    ~planning() { lrs_plan(false); }
};

using clip_owner = std::unique_ptr<clip_ctx, void (*)(clip_ctx *)>;

} // namespace

// What a projector would take of each device (null for the host). Buffers to compute in are allocated for a moment.
// `device` may be null for the first GPU. `loaded` is false for a file that is refused, with the reason in the log.
extern "C" int lrs_projector_memory(lrs_fault * fault, bool * loaded, const char * path, bool gpu,
                                    ggml_backend_dev_t device,
                                    void (*sink)(void *, ggml_backend_dev_t, std::size_t model, std::size_t compute),
                                    void * user) {
    return lrs::call(fault, loaded, [&] {
        const planning scope;
        clip_context_params params = {};
        params.use_gpu = gpu;
        params.device = device;
        params.flash_attn_type = CLIP_FLASH_ATTN_TYPE_AUTO;
        params.no_alloc = true;
        std::map<ggml_backend_dev_t, std::size_t> weights, all;
        for (auto * sizes : {&weights, &all}) {
            params.warmup = sizes == &all;
            const clip_init_result found = clip_init(path, params);
            const clip_owner images(found.ctx_v, clip_free);
            const clip_owner audio(found.ctx_a, clip_free);
            const clip_owner speech(found.ctx_gen_a, clip_free);
            if (!images && !audio) {
                return false;
            }
            for (const clip_ctx * part : {images.get(), audio.get()}) {
                if (part) {
                    for (const auto & [place, size] : clip_get_mem_usage(part)) {
                        (*sizes)[place] += size;
                    }
                }
            }
        }
        for (const auto & [place, size] : all) {
            const auto kind = ggml_backend_dev_type(place);
            const bool host = kind == GGML_BACKEND_DEVICE_TYPE_CPU || kind == GGML_BACKEND_DEVICE_TYPE_ACCEL;
            sink(user, host ? nullptr : place, weights[place], size - weights[place]);
        }
        return true;
    });
}
