// How deep a template is nested.
#pragma once

#include "jinja/lexer.h"

#include <cstddef>
#include <string>
#include <vector>

namespace lrs {

// The text of a template as the lexer is to get it: it makes line ends of one kind itself, but in a time that is the
// square of their number.
std::string template_text(const char * source, std::size_t len);

// Throws for a template that is nested more deeply than real ones are. The parser recurses without allocating on
// the way (see stack_limit.cpp), so this is looked at first.
void check_nesting(const std::vector<jinja::token> & tokens);

} // namespace lrs
