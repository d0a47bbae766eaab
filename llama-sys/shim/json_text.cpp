#include "json_text.h"

#include <stdexcept>
#include <string>

namespace lrs {

// Brackets inside each other; real documents stay far below.
static constexpr int max_nesting = 256;

common_json parse_json(const char * text, std::size_t len) {
    int nesting = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < len; ++i) {
        const char c = text[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++nesting > max_nesting) {
                throw std::invalid_argument("JSON is nested too deeply: the limit is " + std::to_string(max_nesting));
            }
        } else if (c == ']' || c == '}') {
            --nesting;
        }
    }
    return common_json::parse(std::string(text, len));
}

} // namespace lrs
