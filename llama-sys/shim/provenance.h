// Which text of a rendered prompt came from messages and tools, and which from the template.
#pragma once

#include "jinja_value.h"

#include "jinja/runtime.h"
#include "json.h"

#include <vector>

namespace lrs {

// Sets the variables of a template. With `mark`, what is under "messages" and "tools" counts as input, but for the
// usual roles, which templates build control tokens from; everything else is the program's, like the template.
void set_globals(jinja::context & context, const common_json & variables, bool mark);

} // namespace lrs
