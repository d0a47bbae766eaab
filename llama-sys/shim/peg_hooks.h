// Included in front of llama.cpp's parser for the text of models. It recurses as deep as that text is nested, without
// allocating on the way (see stack_limit.cpp), and goes back over it; each step looks up a rule, so that is where
// the hook sits.
#pragma once

#include "chat-peg-parser.h"

#include "common.h"
#include "json-schema-to-grammar.h"
#include "log.h"
#include "peg_limit.h"
#include "trie.h"
#include "unicode.h"

#include <algorithm>
#include <array>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "to_log.h"

// A macro is not expanded inside itself.
#define at(...) at(::lrs::peg_step(__VA_ARGS__))
