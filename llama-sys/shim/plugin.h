// What a plugin and the program that loads it call of each other.
#pragma once

#include "ggml-backend.h"

#include <cstddef>

// The address of a function of ggml in the program, or null.
using lrs_plugin_find = void * (*)(const char * name);

// The one function that a plugin shows. Connects it with the program that has `stamp` and returns the registry of its
// back end; null with a reason in `why` when they do not fit together. One call at a time; it may throw.
using lrs_plugin_attach_t = ggml_backend_reg_t (*)(const char * stamp, lrs_plugin_find find, char * why,
                                                   std::size_t size);
