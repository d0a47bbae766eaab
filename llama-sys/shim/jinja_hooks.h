// Included in front of llama.cpp's jinja engine: it looks at the stack where it recurses into values, counts its
// steps, and takes numbers, texts and values of any size without a crash.
#pragma once

#include <cstddef>

// The C++ library has the functions of std::string compiled already. Here they are compiled anew, so that what they
// allocate is counted, too (stack_limit.cpp).
#ifdef _GLIBCXX_EXTERN_TEMPLATE
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
#include <string>
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 1
#elif defined(_LIBCPP_VERSION)
#if __has_include(<__string/extern_template_lists.h>)
#include <__string/extern_template_lists.h>
#undef _LIBCPP_STRING_V1_EXTERN_TEMPLATE_LIST
#undef _LIBCPP_STRING_UNSTABLE_EXTERN_TEMPLATE_LIST
#define _LIBCPP_STRING_V1_EXTERN_TEMPLATE_LIST(...)
#define _LIBCPP_STRING_UNSTABLE_EXTERN_TEMPLATE_LIST(...)
#include <string>
#endif
#endif

#include "filters.h"
#include "jinja_value.h"

#include "json.h"
#include "local_time.h"
#include "unicode.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cmath>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace jinja {

// How deep and how large a value is that can be a key: hashing and comparing recurse, into what occurs twice, too.
struct lrs_size {
    int nesting = 1;
    int values = 1;

    void add(const value & inner);
    void check() const {
        if (nesting > 100 || values > 10000) {
            throw std::runtime_error("a tuple is nested too deeply");
        }
    }
};

struct lrs_tuple_t : value_tuple_t {
    lrs_size size;
    template <class T> explicit lrs_tuple_t(T && from) : value_tuple_t(std::forward<T>(from)) {
        for (const value & item : val_arr) {
            size.add(item);
        }
        size.check();
    }
};
using lrs_tuple = std::shared_ptr<lrs_tuple_t>;

struct lrs_kwarg_t : value_kwarg_t {
    lrs_size size;
    lrs_kwarg_t(const std::string & name, const value & given) : value_kwarg_t(name, given) {
        size.add(given);
        size.check();
    }
    // Upstream hashes whatever it is.
    bool is_hashable() const override { return val->is_immutable() && val->is_hashable(); }
};
using lrs_kwarg = std::shared_ptr<lrs_kwarg_t>;

struct lrs_func_t : value_func_t {
    lrs_func_t(const std::string & name, const func_handler & func)
        : value_func_t(name, name == "tojson" ? lrs::bounded(name, func, nullptr) : func) {}
    lrs_func_t(const std::string & name, const func_handler & func, const value & self)
        : value_func_t(name, lrs::bounded(name, func, self), self) {}
};
using lrs_func = std::shared_ptr<lrs_func_t>;

inline void lrs_size::add(const value & inner) {
    const lrs_size * size = nullptr;
    if (const auto * tuple = dynamic_cast<const lrs_tuple_t *>(inner.get())) {
        size = &tuple->size;
    } else if (const auto * kwarg = dynamic_cast<const lrs_kwarg_t *>(inner.get())) {
        size = &kwarg->size;
    }
    nesting = std::max(nesting, 1 + (size == nullptr ? 0 : size->nesting));
    values += size == nullptr ? 1 : size->values;
    check();
}

} // namespace jinja

#define value_tuple lrs_tuple
#define value_kwarg lrs_kwarg
#define value_func lrs_func
#define as_array lrs_as_array
#define as_repr lrs_as_repr
#define stats lrs_checked().stats
#define append(other) append(other, ::lrs::counted())
#define val_int lrs_whole()
// It does not leave its range when values cannot be ordered.
#define sort stable_sort
