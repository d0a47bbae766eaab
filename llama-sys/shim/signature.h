// Argument and result types of the C functions, taken from their declarations.
#pragma once

#include <cstddef>
#include <tuple>

namespace {

template <class F> struct signature;
template <class R, class... A> struct signature<R (*)(A...)> {
    using result = R;
    using arguments = std::tuple<A...>;
};

template <class F> using ret = typename signature<F>::result;
template <class F, std::size_t I> using arg = std::tuple_element_t<I, typename signature<F>::arguments>;

} // namespace

// PARAMS_n(f): the parameter list of f. MORE_n(f): the same behind other parameters. ARGS_n: the names.
#define PARAM(f, i) arg<decltype(&f), i> a##i
#define PARAMS_0(f)
#define PARAMS_1(f) PARAM(f, 0)
#define MORE_0(f)
#define MORE_1(f) , PARAMS_1(f)
#define ARGS_0
#define ARGS_1 a0
#define PARAMS_2(f) PARAMS_1(f), PARAM(f, 1)
#define MORE_2(f) , PARAMS_2(f)
#define ARGS_2 ARGS_1, a1
#define PARAMS_3(f) PARAMS_2(f), PARAM(f, 2)
#define MORE_3(f) , PARAMS_3(f)
#define ARGS_3 ARGS_2, a2
#define PARAMS_4(f) PARAMS_3(f), PARAM(f, 3)
#define MORE_4(f) , PARAMS_4(f)
#define ARGS_4 ARGS_3, a3
#define PARAMS_5(f) PARAMS_4(f), PARAM(f, 4)
#define MORE_5(f) , PARAMS_5(f)
#define ARGS_5 ARGS_4, a4
#define PARAMS_6(f) PARAMS_5(f), PARAM(f, 5)
#define MORE_6(f) , PARAMS_6(f)
#define ARGS_6 ARGS_5, a5
#define PARAMS_7(f) PARAMS_6(f), PARAM(f, 6)
#define MORE_7(f) , PARAMS_7(f)
#define ARGS_7 ARGS_6, a6
#define PARAMS_8(f) PARAMS_7(f), PARAM(f, 7)
#define MORE_8(f) , PARAMS_8(f)
#define ARGS_8 ARGS_7, a7
#define PARAMS_9(f) PARAMS_8(f), PARAM(f, 8)
#define MORE_9(f) , PARAMS_9(f)
#define ARGS_9 ARGS_8, a8
#define PARAMS_10(f) PARAMS_9(f), PARAM(f, 9)
#define MORE_10(f) , PARAMS_10(f)
#define ARGS_10 ARGS_9, a9
#define PARAMS_11(f) PARAMS_10(f), PARAM(f, 10)
#define MORE_11(f) , PARAMS_11(f)
#define ARGS_11 ARGS_10, a10
#define PARAMS_12(f) PARAMS_11(f), PARAM(f, 11)
#define MORE_12(f) , PARAMS_12(f)
#define ARGS_12 ARGS_11, a11
#define PARAMS_13(f) PARAMS_12(f), PARAM(f, 12)
#define MORE_13(f) , PARAMS_13(f)
#define ARGS_13 ARGS_12, a12
#define PARAMS_14(f) PARAMS_13(f), PARAM(f, 13)
#define MORE_14(f) , PARAMS_14(f)
#define ARGS_14 ARGS_13, a13
#define PARAMS_15(f) PARAMS_14(f), PARAM(f, 14)
#define MORE_15(f) , PARAMS_15(f)
#define ARGS_15 ARGS_14, a14
#define PARAMS_16(f) PARAMS_15(f), PARAM(f, 15)
#define MORE_16(f) , PARAMS_16(f)
#define ARGS_16 ARGS_15, a15
