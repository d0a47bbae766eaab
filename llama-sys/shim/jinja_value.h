// llama.cpp's jinja values, each with a member of ours: values are counted while a template runs, free each other
// without recursion, and do not outlive the run by referring to each other. In front of all that sees them.
#pragma once

#include "jinja/utils.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jinja {

struct value_t;

} // namespace jinja

namespace lrs {

// A place in the ring of the values that exist.
struct link {
    link * next = nullptr;
    link * previous = nullptr;
};

// The member.
class member : link {
public:
    explicit member(jinja::value_t & owner);
    ~member();
    member(const member &) = delete;
    member & operator=(const member &) = delete;

private:
    friend class value_limit;
    void empty();

    jinja::value_t & owner;
};

// Bounds what templates of this thread may take in stack, in steps and in time, for the lifetime of the object and
// from the place on the stack where it lies. The engine recurses into values without allocating (see stack_limit.cpp).
class value_limit {
public:
    explicit value_limit(std::size_t input);
    ~value_limit();
    value_limit(const value_limit &) = delete;
    value_limit & operator=(const value_limit &) = delete;

    // Throws when one of them is reached.
    static void step();

private:
    friend class member;

    value_limit * outer;
    link values;
    std::uint64_t steps;
    std::uint64_t until_clock;
    double deadline;
};

// A number that can be divided by another, whatever that is.
struct whole {
    std::int64_t value;
};

inline std::int64_t operator%(whole a, whole b) {
    if (b.value == 0) {
        throw std::runtime_error("division by zero");
    }
    return b.value == -1 ? 0 : a.value % b.value;
}

// A last argument that says nothing: making it is a step.
struct counted {
    using function = counted();
    counted() { value_limit::step(); }
    operator function *() const { return nullptr; }
};

} // namespace lrs

// In front of a parenthesis it is a type of a parameter where a function is declared, and an argument where it is called.
#define append(other) append(other, ::lrs::counted() = nullptr)

#include "jinja/string.h"

#undef append

// The last member of a value.
#define stats                                                                                                          \
    stats;                                                                                                             \
    value_t & lrs_checked() {                                                                                          \
        ::lrs::value_limit::step();                                                                                    \
        return *this;                                                                                                  \
    }                                                                                                                  \
    const value_t & lrs_checked() const {                                                                              \
        ::lrs::value_limit::step();                                                                                    \
        return *this;                                                                                                  \
    }                                                                                                                  \
    const std::vector<value> & lrs_as_array() const { return lrs_checked().as_array(); }                               \
    std::string lrs_as_repr() const { return lrs_checked().as_repr(); }                                                \
    ::lrs::whole lrs_whole() const { return {val_int}; }                                                               \
    ::lrs::member lrs_member { *this }

#include "jinja/value.h"

#undef stats
