// Bounds the work of an interpreter or converter: it allocates all the time, so allocations are counted.
#pragma once

#include <cstddef>
#include <cstdint>

// Sets what allocations of this thread may cost from now on (bytes, and some for each), 0 for no limit, and returns
// what was left. Defined with operator new (stack_limit.cpp).
extern "C" std::uint64_t lrs_limit_work(std::uint64_t cost);

namespace lrs {

// A limit for the lifetime of the object. Only where objects are merged: elsewhere nothing is counted.
class work_limit {
public:
#ifdef LRS_MERGED
    explicit work_limit(std::size_t input) : before(lrs_limit_work(base + per_byte * input)) {}
    ~work_limit() { lrs_limit_work(before); }
#else
    explicit work_limit(std::size_t) {}
#endif
    work_limit(const work_limit &) = delete;
    work_limit & operator=(const work_limit &) = delete;

private:
    static constexpr std::uint64_t base = std::uint64_t(1) << 28;
    static constexpr std::uint64_t per_byte = 1 << 14;
    std::uint64_t before = 0;
};

} // namespace lrs
