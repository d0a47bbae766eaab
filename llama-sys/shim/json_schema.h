// Checks of a JSON schema, made before llama.cpp's converter sees it.
#pragma once

#include "json-schema.h"
#include "json.h"

namespace lrs {

// Reads a schema. Throws for one that the conversion to a grammar would not survive.
common_chat_schema_document read_schema(const common_json & schema);

} // namespace lrs
