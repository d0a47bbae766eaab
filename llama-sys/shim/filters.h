// Methods of jinja values that take any arguments.
#pragma once

#include "jinja_value.h"

#include <string>

namespace lrs {

// What a method called `name` of `self` is to do, where llama.cpp's is `func`.
jinja::func_handler bounded(const std::string & name, const jinja::func_handler & func, const jinja::value & self);

} // namespace lrs
