// Included in front of llama.cpp's chat files. They make a flat text of a rendered prompt; the hooks keep what is
// known about where each piece came from, and decide what counts as input.
#pragma once

#include "jinja_value.h"

#include "jinja/runtime.h"
#include "json.h"

#include "local_time.h"
#include "to_log.h"

namespace lrs {

// Keeps the parts of a rendered template for who asked for them (chat.cpp); gives the value back.
const jinja::value & note_parts(const jinja::value & rendered);

} // namespace lrs

namespace jinja {

void lrs_set_globals(context & context, const common_json & variables, bool mark);

} // namespace jinja

// A macro is not expanded inside itself.
#define gather_string_parts(rendered) gather_string_parts(::lrs::note_parts(rendered))
#define global_from_json(context, variables, mark) lrs_set_globals(context, variables, mark)
