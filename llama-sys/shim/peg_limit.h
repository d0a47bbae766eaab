// Bounds what parsing one text may take in stack and in steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace lrs {

// Bounds for the lifetime of the object, from the place on the stack where it lies.
class peg_limit {
public:
    explicit peg_limit(std::size_t text) : outer(current), steps(base_steps + steps_per_byte * text) { current = this; }
    ~peg_limit() { current = outer; }
    peg_limit(const peg_limit &) = delete;
    peg_limit & operator=(const peg_limit &) = delete;

    static void step() {
        if (current == nullptr) {
            return;
        }
        const char here = 0;
        const auto top = reinterpret_cast<std::uintptr_t>(current);
        const auto bottom = reinterpret_cast<std::uintptr_t>(&here);
        if (top > bottom && top - bottom > max_stack) {
            throw std::runtime_error("the text is nested too deeply");
        }
        if (current->steps == 0) {
            throw std::runtime_error("the text takes too much work to parse");
        }
        --current->steps;
    }

private:
    static constexpr std::uintptr_t max_stack = 512 * 1024;
    static constexpr std::uint64_t base_steps = 1000000;
    static constexpr std::uint64_t steps_per_byte = 200;

    inline static thread_local peg_limit * current = nullptr;

    peg_limit * outer;
    std::uint64_t steps;
};

// Gives the key back.
template <class T> T && peg_step(T && key) {
    peg_limit::step();
    return static_cast<T &&>(key);
}

} // namespace lrs
