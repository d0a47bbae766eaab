// Checks of what comes in as JSON, made before llama.cpp's converters see it.
#pragma once

#include "json-schema.h"
#include "json.h"

#include <cstddef>

namespace lrs {

// Parses JSON text that is not nested too deeply to be copied, printed and freed by recursion.
common_json parse_json(const char * text, std::size_t len);

// Reads a schema. Throws for one that the conversion to a grammar would not survive.
common_chat_schema_document read_schema(const common_json & schema);

} // namespace lrs
