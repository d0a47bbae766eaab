#include "graph_checks.h"

#include "ggml-backend.h"

#include <initializer_list>
#include <stdexcept>
#include <string>

namespace {

bool is(const ggml_tensor * tensor, std::initializer_list<ggml_type> types) {
    for (const ggml_type type : types) {
        if (tensor->type == type) {
            return true;
        }
    }
    return false;
}

bool is_f32(const ggml_tensor * tensor) { return tensor->type == GGML_TYPE_F32; }
bool is_float(const ggml_tensor * tensor) { return is(tensor, {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16}); }

// Types for intermediate results only: nothing reads them back.
bool is_intermediate(ggml_type type) { return type == GGML_TYPE_Q8_1 || type == GGML_TYPE_Q8_K; }

bool is_quantized(const ggml_tensor * tensor) {
    return ggml_is_quantized(tensor->type) && !is_intermediate(tensor->type);
}
bool is_matrix(const ggml_tensor * tensor) { return is_float(tensor) || is_quantized(tensor); }

// Whether the CPU converts numbers to this type.
bool is_written(ggml_type type) {
    switch (type) {
        case GGML_TYPE_IQ2_XXS:
        case GGML_TYPE_IQ2_XS:
        case GGML_TYPE_IQ2_S:
        case GGML_TYPE_IQ3_XXS:
        case GGML_TYPE_IQ3_S:
        case GGML_TYPE_IQ1_S:
        case GGML_TYPE_IQ1_M:
            return false;
        default:
            return ggml_is_quantized(type);
    }
}

bool converts(const ggml_tensor * from, const ggml_tensor * to) {
    if (from->type == to->type) {
        return true;
    }
    if (is_float(from)) {
        return is_float(to) || is_written(to->type) || (is_f32(from) && to->type == GGML_TYPE_I32);
    }
    return is_f32(to) && (from->type == GGML_TYPE_I32 || is_quantized(from));
}

// Arithmetic on pairs.
bool pairs(const ggml_tensor * a, const ggml_tensor * b, const ggml_tensor * out) {
    if (!is_float(a)) {
        return false;
    }
    return a->type == b->type ? out->type == a->type : is_f32(b) && (is_f32(out) || out->type == a->type);
}

bool are_f32(const ggml_tensor * node, int count) {
    for (int i = 0; i < count; i++) {
        if (node->src[i] != nullptr && !is_f32(node->src[i])) {
            return false;
        }
    }
    return true;
}

// Whether the CPU has code for the types of the arguments.
bool has_types(const ggml_tensor * node) {
    const ggml_tensor * a = node->src[0];
    const ggml_tensor * b = node->src[1];
    switch (node->op) {
        case GGML_OP_ADD:
            if (is_quantized(a)) {
                return is_f32(b) && ggml_are_same_shape(a, b);
            }
            return pairs(a, b, node);
        case GGML_OP_SUB:
        case GGML_OP_MUL:
        case GGML_OP_DIV:
            return pairs(a, b, node);
        case GGML_OP_ADD1:
            return is_float(a) && (is_f32(b) || b->type == a->type);
        case GGML_OP_ADD_ID:
        case GGML_OP_ACC:
            return are_f32(node, 2);
        case GGML_OP_SQR:
        case GGML_OP_SQRT:
        case GGML_OP_LOG:
        case GGML_OP_SIN:
        case GGML_OP_COS:
        case GGML_OP_UNARY:
        case GGML_OP_SUM:
            return is_float(a);
        case GGML_OP_GLU:
            switch (ggml_get_glu_op(node)) {
                case GGML_GLU_OP_SWIGLU_OAI:
                    return is_f32(a);
                case GGML_GLU_OP_REGLU:
                case GGML_GLU_OP_GEGLU:
                case GGML_GLU_OP_SWIGLU:
                case GGML_GLU_OP_GEGLU_ERF:
                case GGML_GLU_OP_GEGLU_QUICK:
                    return is_float(a);
                default:
                    return is(a, {GGML_TYPE_F32, GGML_TYPE_F16});
            }
        case GGML_OP_SCALE:
            return is(a, {GGML_TYPE_F32, GGML_TYPE_BF16});
        case GGML_OP_CLAMP:
        case GGML_OP_FILL:
        case GGML_OP_LEAKY_RELU:
        case GGML_OP_ROPE:
            return is(a, {GGML_TYPE_F32, GGML_TYPE_F16});
        case GGML_OP_SUM_ROWS:
        case GGML_OP_CUMSUM:
        case GGML_OP_MEAN:
        case GGML_OP_ARGMAX:
        case GGML_OP_NORM:
        case GGML_OP_RMS_NORM:
        case GGML_OP_GROUP_NORM:
        case GGML_OP_L2_NORM:
        case GGML_OP_DIAG:
        case GGML_OP_DIAG_MASK_INF:
        case GGML_OP_DIAG_MASK_ZERO:
        case GGML_OP_SOFT_MAX:
        case GGML_OP_UPSCALE:
        case GGML_OP_PAD:
        case GGML_OP_ROLL:
        case GGML_OP_TIMESTEP_EMBEDDING:
        case GGML_OP_ARGSORT:
        case GGML_OP_TOP_K:
        case GGML_OP_TRI:
        case GGML_OP_WIN_PART:
        case GGML_OP_WIN_UNPART:
            return is_f32(a);
        case GGML_OP_REPEAT:
            return is_float(a) || is(a, {GGML_TYPE_I16, GGML_TYPE_I32, GGML_TYPE_I64});
        case GGML_OP_SSM_CONV:
            return are_f32(node, 2);
        case GGML_OP_SSM_SCAN:
            return are_f32(node, 6);
        case GGML_OP_RWKV_WKV6:
        case GGML_OP_RWKV_WKV7:
        case GGML_OP_GATED_LINEAR_ATTN:
            return are_f32(node, GGML_MAX_SRC);
        case GGML_OP_GET_ROWS:
            return is_matrix(a) || a->type == GGML_TYPE_I32;
        case GGML_OP_MUL_MAT:
            return is_matrix(a) && (is_f32(b) || (is_float(a) && b->type == a->type) || (is_f32(a) && is_float(b)));
        case GGML_OP_MUL_MAT_ID:
            return is_matrix(a) && is_f32(b);
        case GGML_OP_DUP:
        case GGML_OP_CPY:
        case GGML_OP_CONT:
            return converts(a, node);
        case GGML_OP_IM2COL:
            return is_f32(b) || (b->type == GGML_TYPE_F16 && node->type == GGML_TYPE_F16);
        case GGML_OP_CONV_TRANSPOSE_1D:
            return is(a, {GGML_TYPE_F32, GGML_TYPE_F16}) && is_f32(b);
        default:
            return true;
    }
}

const ggml_tensor * origin(const ggml_tensor * tensor) {
    while (tensor->view_src != nullptr) {
        tensor = tensor->view_src;
    }
    return tensor;
}

// Whether an argument lies in the memory of another device, which has code of its own.
bool is_elsewhere(const ggml_tensor * node) {
    for (const ggml_tensor * argument : node->src) {
        const ggml_backend_buffer_t buffer = argument == nullptr ? nullptr : origin(argument)->buffer;
        if (buffer != nullptr && !ggml_backend_buffer_is_host(buffer)) {
            return true;
        }
    }
    return false;
}

std::string words(const ggml_tensor * node) {
    std::string types, named;
    for (const ggml_tensor * argument : node->src) {
        if (argument == nullptr) {
            continue;
        }
        const char * type = ggml_type_name(argument->type);
        types += (types.empty() ? "" : " and ") + std::string(type);
        const ggml_tensor * weight = origin(argument);
        if (named.empty() && weight->op == GGML_OP_NONE && weight->buffer != nullptr && !is_f32(weight)) {
            named = std::string(": ") + weight->name + " is " + ggml_type_name(weight->type);
        }
    }
    return std::string(ggml_op_desc(node)) + " cannot be computed with " + types + named +
           ", which this architecture cannot use there";
}

} // namespace

void lrs::check_nodes(ggml_cgraph * graph, int first) {
    const int count = ggml_graph_n_nodes(graph);
    for (int i = first; i < count; i++) {
        const ggml_tensor * node = ggml_graph_node(graph, i);
        if (node->op != GGML_OP_NONE && node->src[0] != nullptr && !has_types(node) && !is_elsewhere(node)) {
            throw std::runtime_error(words(node));
        }
    }
}

// The argument of a call with this index, as written.
static std::string argument(const char * text, std::size_t index) {
    std::string found;
    int depth = 0;
    for (; *text != '\0'; ++text) {
        const char c = *text;
        depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
        if (c == ',' && depth == 0) {
            if (index == 0) {
                break;
            }
            --index;
        } else if (index == 0 && (c != ' ' || !found.empty())) {
            found += c;
        }
    }
    return found;
}

void lrs::missing_tensor(const char * operation, const char * arguments, std::size_t index) {
    throw std::runtime_error(std::string(operation) + ": " + argument(arguments, index) +
                             " is missing: the file lacks a tensor that this architecture computes with");
}
