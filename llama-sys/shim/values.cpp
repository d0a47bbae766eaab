#include "jinja_value.h"

#include <cstdlib>
#include <ctime>
#include <new>
#include <unordered_map>

namespace {

constexpr std::uintptr_t max_stack = 512 * 1024;
constexpr std::uint64_t base_steps = 4000000;
constexpr std::uint64_t steps_per_byte = 1000;

// Steps between two looks at the clock, and seconds of the thread's own time.
constexpr std::uint64_t clock_interval = 32;
constexpr double base_seconds = 20;
constexpr double seconds_per_byte = 1e-4;

// Left for whoever handles the exception. Some catch it and go on: they get another one soon.
constexpr std::uint64_t reserve_steps = 10000;
constexpr double reserve_seconds = 0.5;

thread_local lrs::value_limit * current = nullptr;

double seconds() {
#if defined(CLOCK_THREAD_CPUTIME_ID) && !defined(_WIN32)
    std::timespec now{};
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0) {
        return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
    }
#endif
    return 0;
}

void unlink(lrs::link & place) {
    if (place.next != nullptr) {
        place.next->previous = place.previous;
        place.previous->next = place.next;
        place.next = place.previous = nullptr;
    }
}

// What is in a value that is no more, and waits to be freed.
struct remains {
    std::vector<jinja::value> items;
    std::vector<std::pair<jinja::value, jinja::value>> pairs;
    remains * next;
};

thread_local remains * waiting = nullptr;
thread_local bool freeing = false;

// Frees what is in a value, and then what is in that, one after the other. Nothing is allocated by way of operator
// new, which may throw.
void free_later(jinja::value_t & value) {
    if (value.val_arr.empty() && value.val_obj.empty()) {
        return;
    }
    void * place = std::malloc(sizeof(remains));
    if (place == nullptr) {
        return;
    }
    waiting = new (place) remains{std::move(value.val_arr), std::move(value.val_obj), waiting};
    if (freeing) {
        return;
    }
    freeing = true;
    while (waiting != nullptr) {
        remains * now = waiting;
        waiting = now->next;
        now->~remains();
        std::free(now);
    }
    freeing = false;
}

} // namespace

namespace lrs {

member::member(jinja::value_t & owner) : owner(owner) {
    if (current == nullptr) {
        return;
    }
    value_limit::step();
    link & head = current->values;
    next = head.next;
    previous = &head;
    next->previous = this;
    head.next = this;
}

member::~member() {
    unlink(*this);
    free_later(owner);
}

// Takes everything out of the value, which may be the end of it.
void member::empty() {
    const auto items = std::move(owner.val_arr);
    const auto pairs = std::move(owner.val_obj);
    jinja::func_handler function;
    function.swap(owner.val_func);
    decltype(jinja::value_object_t::unordered) unordered;
    if (auto * object = dynamic_cast<jinja::value_object_t *>(&owner)) {
        unordered.swap(object->unordered);
    }
}

value_limit::value_limit(std::size_t input)
    : outer(current), steps(base_steps + steps_per_byte * input), until_clock(clock_interval),
      deadline(seconds() + base_seconds + seconds_per_byte * double(input)) {
    values.next = values.previous = &values;
    current = this;
}

value_limit::~value_limit() {
    current = nullptr;
    while (values.next != &values) {
        auto * last = static_cast<member *>(values.next);
        unlink(*last);
        last->empty();
    }
    current = outer;
}

void value_limit::step() {
    if (current == nullptr) {
        return;
    }
    const char here = 0;
    const auto top = reinterpret_cast<std::uintptr_t>(current);
    const auto bottom = reinterpret_cast<std::uintptr_t>(&here);
    if (top > bottom && top - bottom > max_stack) {
        throw std::runtime_error("a value is nested too deeply");
    }
    if (current->steps == 0) {
        current->steps = reserve_steps;
        throw std::runtime_error("this takes too much work; a loop that does not end?");
    }
    --current->steps;
    if (--current->until_clock == 0) {
        current->until_clock = clock_interval;
        if (const double now = seconds(); now > current->deadline) {
            current->deadline = now + reserve_seconds;
            throw std::runtime_error("this takes too much work and time");
        }
    }
}

} // namespace lrs
