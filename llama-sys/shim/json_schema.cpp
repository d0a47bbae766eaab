// A JSON schema as a grammar.
#include "json_schema.h"

#include "guard.h"

#include "json-schema-to-grammar.h"

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>

namespace {

// Real schemas stay far below these numbers, and grammars do not count further than the last one.
constexpr int max_nesting = 256;        // brackets inside each other
constexpr std::size_t max_name = 1024;  // bytes of a property's name: the converter recurses once for each
constexpr std::int64_t max_count = 2000; // of repetitions

[[noreturn]] void refuse(const std::string & why) {
    throw std::invalid_argument("JSON schema: " + why);
}

// The number of a keyword. The converter casts numbers to integers whether they fit or not.
bool number(const common_json & schema, const char * key, double limit, double & value) {
    if (!schema.contains(key) || !schema.at(key).is_number()) {
        return false;
    }
    value = schema.at(key).get<double>();
    if (!(std::fabs(value) <= limit)) {
        refuse(std::string(key) + " is " + schema.at(key).dump() + "; the limit is " + std::to_string(std::int64_t(limit)));
    }
    return true;
}

void check_order(double low, double high, const char * what) {
    if (low > high) {
        refuse(std::string("no ") + what + " is between " + std::to_string(std::int64_t(low)) + " and " +
               std::to_string(std::int64_t(high)));
    }
}

void check_counts(const common_json & schema, const char * least, const char * most, const char * what) {
    double low = 0, high = 0;
    const bool has_low = number(schema, least, double(max_count), low);
    if (number(schema, most, double(max_count), high) && has_low) {
        check_order(low, high, what);
    }
}

void check_bounds(const common_json & schema) {
    constexpr double limit = 9e18; // of 64 bits, and a step more for the exclusive ones
    double low = 0, high = 0;
    bool has_low = number(schema, "minimum", limit, low);
    low = std::ceil(low);
    if (!has_low && number(schema, "exclusiveMinimum", limit, low)) {
        has_low = true;
        low = std::floor(low) + 1;
    }
    bool has_high = number(schema, "maximum", limit, high);
    high = std::floor(high);
    if (!has_high && number(schema, "exclusiveMaximum", limit, high)) {
        has_high = true;
        high = std::ceil(high) - 1;
    }
    const bool integer = schema.contains("type") && schema.at("type") == "integer";
    if (integer && has_low && has_high) {
        check_order(low, high, "integer");
    }
}

void check_node(const common_json & node) {
    if (node.is_array()) {
        for (const common_json & item : node) {
            check_node(item);
        }
    }
    if (!node.is_object()) {
        return;
    }
    check_counts(node, "minItems", "maxItems", "number of items");
    check_counts(node, "minLength", "maxLength", "length");
    check_bounds(node);
    for (const auto & [key, value] : node.items()) {
        if (key.size() > max_name) {
            refuse("a name of " + std::to_string(key.size()) + " bytes; the limit is " + std::to_string(max_name));
        }
        // Values, not schemas.
        if (key != "const" && key != "enum" && key != "default" && key != "examples") {
            check_node(value);
        }
    }
}

// A chain of references that ends nowhere: the converter would follow it for ever.
void check_references(const common_chat_schema_document & document) {
    for (const auto & [name, node] : document.refs) {
        const common_chat_schema * at = node.get();
        for (std::size_t steps = 0; at != nullptr && at->kind() == common_chat_schema::KIND_REF; ++steps) {
            if (steps > document.refs.size()) {
                refuse("$ref " + name + " refers to itself");
            }
            at = static_cast<const common_chat_schema_ref *>(at)->target;
        }
    }
}

} // namespace

namespace lrs {

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

common_chat_schema_document read_schema(const common_json & schema) {
    check_node(schema);
    common_chat_schema_document document = common_chat_schema_from_json(schema);
    check_references(document);
    return document;
}

} // namespace lrs

extern "C" int lrs_json_schema_to_grammar(lrs_fault * fault, const char * schema, std::size_t len,
                                          void (*sink)(void *, const char *, std::size_t), void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        const std::string grammar = json_schema_to_grammar(lrs::read_schema(lrs::parse_json(schema, len)));
        sink(user, grammar.data(), grammar.size());
    });
}
