// Included in front of the files of the multimodal library: what a file lacks is an error, not a null pointer.
//
// The library treats most weights as optional while it loads a file, and hands them to ggml without a look when it
// describes the computation. ggml follows the pointer.
#pragma once

#include "to_log.h"

#include "ggml.h"

#include <stdexcept>
#include <utility>

namespace lrs {

inline ggml_tensor * present(ggml_tensor * tensor) {
    if (tensor == nullptr) {
        throw std::runtime_error("a weight that this kind of projector needs is not in the file");
    }
    return tensor;
}

// f(context, weight or activation, ...)
template <class F, class... Rest> ggml_tensor * one(F f, ggml_context * ctx, ggml_tensor * a, Rest &&... rest) {
    return f(ctx, present(a), std::forward<Rest>(rest)...);
}

// f(context, weight or activation, weight or activation, ...)
template <class F, class... Rest>
ggml_tensor * two(F f, ggml_context * ctx, ggml_tensor * a, ggml_tensor * b, Rest &&... rest) {
    return f(ctx, present(a), present(b), std::forward<Rest>(rest)...);
}

// The operations that weights are arguments of.
constexpr auto add = ggml_add;
constexpr auto cast = ggml_cast;
constexpr auto concat = ggml_concat;
constexpr auto cont = ggml_cont;
constexpr auto conv_1d = ggml_conv_1d;
constexpr auto conv_1d_ph = ggml_conv_1d_ph;
constexpr auto conv_2d = ggml_conv_2d;
constexpr auto conv_2d_direct = ggml_conv_2d_direct;
constexpr auto conv_2d_dw = ggml_conv_2d_dw;
constexpr auto conv_2d_dw_direct = ggml_conv_2d_dw_direct;
constexpr auto div = ggml_div;
constexpr auto get_rows = ggml_get_rows;
constexpr auto im2col = ggml_im2col;
constexpr auto mul = ggml_mul;
constexpr auto mul_mat = ggml_mul_mat;
constexpr auto mul_mat_id = ggml_mul_mat_id;
constexpr auto permute = ggml_permute;
constexpr auto repeat = ggml_repeat;
constexpr auto repeat_4d = ggml_repeat_4d;
constexpr auto reshape_1d = ggml_reshape_1d;
constexpr auto reshape_2d = ggml_reshape_2d;
constexpr auto reshape_3d = ggml_reshape_3d;
constexpr auto reshape_4d = ggml_reshape_4d;
constexpr auto ssm_conv = ggml_ssm_conv;
constexpr auto sub = ggml_sub;
constexpr auto transpose = ggml_transpose;
constexpr auto view_1d = ggml_view_1d;
constexpr auto view_2d = ggml_view_2d;
constexpr auto view_3d = ggml_view_3d;
constexpr auto view_4d = ggml_view_4d;

} // namespace lrs

#undef ggml_add
#define ggml_add(...) lrs::two(lrs::add, __VA_ARGS__)
#undef ggml_cast
#define ggml_cast(...) lrs::one(lrs::cast, __VA_ARGS__)
#undef ggml_concat
#define ggml_concat(...) lrs::two(lrs::concat, __VA_ARGS__)
#undef ggml_cont
#define ggml_cont(...) lrs::one(lrs::cont, __VA_ARGS__)
#undef ggml_conv_1d
#define ggml_conv_1d(...) lrs::two(lrs::conv_1d, __VA_ARGS__)
#undef ggml_conv_1d_ph
#define ggml_conv_1d_ph(...) lrs::two(lrs::conv_1d_ph, __VA_ARGS__)
#undef ggml_conv_2d
#define ggml_conv_2d(...) lrs::two(lrs::conv_2d, __VA_ARGS__)
#undef ggml_conv_2d_direct
#define ggml_conv_2d_direct(...) lrs::two(lrs::conv_2d_direct, __VA_ARGS__)
#undef ggml_conv_2d_dw
#define ggml_conv_2d_dw(...) lrs::two(lrs::conv_2d_dw, __VA_ARGS__)
#undef ggml_conv_2d_dw_direct
#define ggml_conv_2d_dw_direct(...) lrs::two(lrs::conv_2d_dw_direct, __VA_ARGS__)
#undef ggml_div
#define ggml_div(...) lrs::two(lrs::div, __VA_ARGS__)
#undef ggml_get_rows
#define ggml_get_rows(...) lrs::two(lrs::get_rows, __VA_ARGS__)
#undef ggml_im2col
#define ggml_im2col(...) lrs::two(lrs::im2col, __VA_ARGS__)
#undef ggml_mul
#define ggml_mul(...) lrs::two(lrs::mul, __VA_ARGS__)
#undef ggml_mul_mat
#define ggml_mul_mat(...) lrs::two(lrs::mul_mat, __VA_ARGS__)
#undef ggml_mul_mat_id
#define ggml_mul_mat_id(...) lrs::two(lrs::mul_mat_id, __VA_ARGS__)
#undef ggml_permute
#define ggml_permute(...) lrs::one(lrs::permute, __VA_ARGS__)
#undef ggml_repeat
#define ggml_repeat(...) lrs::two(lrs::repeat, __VA_ARGS__)
#undef ggml_repeat_4d
#define ggml_repeat_4d(...) lrs::one(lrs::repeat_4d, __VA_ARGS__)
#undef ggml_reshape_1d
#define ggml_reshape_1d(...) lrs::one(lrs::reshape_1d, __VA_ARGS__)
#undef ggml_reshape_2d
#define ggml_reshape_2d(...) lrs::one(lrs::reshape_2d, __VA_ARGS__)
#undef ggml_reshape_3d
#define ggml_reshape_3d(...) lrs::one(lrs::reshape_3d, __VA_ARGS__)
#undef ggml_reshape_4d
#define ggml_reshape_4d(...) lrs::one(lrs::reshape_4d, __VA_ARGS__)
#undef ggml_ssm_conv
#define ggml_ssm_conv(...) lrs::two(lrs::ssm_conv, __VA_ARGS__)
#undef ggml_sub
#define ggml_sub(...) lrs::two(lrs::sub, __VA_ARGS__)
#undef ggml_transpose
#define ggml_transpose(...) lrs::one(lrs::transpose, __VA_ARGS__)
#undef ggml_view_1d
#define ggml_view_1d(...) lrs::one(lrs::view_1d, __VA_ARGS__)
#undef ggml_view_2d
#define ggml_view_2d(...) lrs::one(lrs::view_2d, __VA_ARGS__)
#undef ggml_view_3d
#define ggml_view_3d(...) lrs::one(lrs::view_3d, __VA_ARGS__)
#undef ggml_view_4d
#define ggml_view_4d(...) lrs::one(lrs::view_4d, __VA_ARGS__)
