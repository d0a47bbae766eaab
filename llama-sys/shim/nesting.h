// How deep a template is nested.
#pragma once

#include "jinja/lexer.h"

#include <vector>

namespace lrs {

// Throws for a template that is nested more deeply than real ones are. The parser recurses without allocating on
// the way (see stack_limit.cpp), so this is looked at first.
void check_nesting(const std::vector<jinja::token> & tokens);

} // namespace lrs
