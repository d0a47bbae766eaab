// JSON from outside.
#pragma once

#include "json.h"

#include <cstddef>

namespace lrs {

// Parses JSON text that is not nested too deeply to be copied, printed and freed by recursion.
common_json parse_json(const char * text, std::size_t len);

} // namespace lrs
