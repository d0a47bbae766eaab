#include "graph_checks.h"

#include <stdexcept>
#include <string>

// The argument of a call with this index, as written.
static std::string argument(const char * text, std::size_t index) {
    std::string found;
    int depth = 0;
    for (; *text != '\0'; ++text) {
        const char c = *text;
        depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
        if (c == ',' && depth == 0) {
            if (index == 0) {
                break;
            }
            --index;
        } else if (index == 0 && (c != ' ' || !found.empty())) {
            found += c;
        }
    }
    return found;
}

void lrs::missing_tensor(const char * operation, const char * arguments, std::size_t index) {
    throw std::runtime_error(std::string(operation) + ": " + argument(arguments, index) +
                             " is missing: the file lacks a tensor that this architecture computes with");
}
