// The few functions on text that llama.cpp's json-schema and chat files take from common.cpp, which itself
// would bring in most of the common library.
#include "common.h"

#include <string>
#include <vector>

std::string string_join(const std::vector<std::string> & values, const std::string & separator) {
    std::string out;
    const char * gap = "";
    for (const std::string & value : values) {
        out += gap;
        out += value;
        gap = separator.c_str();
    }
    return out;
}

std::vector<std::string> string_split(const std::string & text, const std::string & delimiter) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (std::size_t at; (at = text.find(delimiter, from)) != std::string::npos; from = at + delimiter.size()) {
        parts.emplace_back(text, from, at - from);
    }
    parts.emplace_back(text, from);
    return parts;
}

std::string string_repeat(const std::string & text, std::size_t times) {
    std::string out;
    while (times-- > 0) {
        out += text;
    }
    return out;
}
