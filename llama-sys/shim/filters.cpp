// Methods of texts that take time in proportion to the text, in place of llama.cpp's, which take its square.
#include "jinja_value.h"

#include "filters.h"

#include <string>
#include <utility>
#include <vector>

namespace {

using jinja::func_args;
using jinja::func_handler;
using jinja::value;

// Of what stands between the items of JSON text.
constexpr std::size_t max_separator = 256;

value text(const std::string & from, const value & like) {
    auto made = jinja::mk_val<jinja::value_string>(from);
    made->val_str.mark_input_based_on(like->val_str);
    return made;
}

value replace(const func_args & args, const func_handler & func) {
    args.ensure_vals<jinja::value_string, jinja::value_string, jinja::value_string>();
    const std::string str = args.get_pos(0)->as_string().str();
    const std::string from = args.get_pos(1)->as_string().str();
    const std::string to = args.get_pos(2)->as_string().str();
    if (args.count() > 3 || from.empty()) {
        return func(args);
    }
    std::string out;
    std::size_t start = 0;
    for (std::size_t at; (at = str.find(from, start)) != std::string::npos; start = at + from.size()) {
        lrs::value_limit::step();
        out.append(str, start, at - start);
        out.append(to);
    }
    out.append(str, start, std::string::npos);
    return text(out, args.get_pos(0));
}

value split(const func_args & args, const func_handler & func) {
    args.ensure_count(1, 3);
    const std::string str = args.get_pos(0)->as_string().str();
    const std::string delimiter = args.count() > 1 ? args.get_pos(1)->as_string().str() : " ";
    std::int64_t left = args.count() > 2 ? args.get_pos(2)->as_int() : -1;
    if (delimiter.empty()) {
        return func(args);
    }
    auto out = jinja::mk_val<jinja::value_array>();
    std::size_t start = 0;
    for (std::size_t at; left != 0 && (at = str.find(delimiter, start)) != std::string::npos; --left) {
        out->push_back(jinja::mk_val<jinja::value_string>(str.substr(start, at - start)));
        start = at + delimiter.size();
    }
    out->push_back(text(str.substr(start), args.get_pos(0)));
    return out;
}

// Takes away parts at the ends of a text that consist of `chars` only, or of white space, and such ends of the next.
value strip(const func_args & args, bool left, bool right) {
    const value given = args.get_kwarg_or_pos("chars", 1);
    const std::string chars = given->is_undefined() ? " \t\n\v\f\r" : given->as_string().str();
    auto parts = args.get_pos(0)->as_string().parts;
    std::size_t first = 0, end = parts.size();
    for (; left && first < end; ++first) {
        std::string & part = parts[first].val;
        part.erase(0, part.find_first_not_of(chars));
        if (!part.empty()) {
            break;
        }
    }
    for (; right && first < end; --end) {
        std::string & part = parts[end - 1].val;
        part.erase(part.find_last_not_of(chars) + 1);
        if (!part.empty()) {
            break;
        }
    }
    jinja::string out;
    for (; first < end; ++first) {
        out.parts.push_back(std::move(parts[first]));
    }
    return jinja::mk_val<jinja::value_string>(out);
}

// What it writes between items is written by a stream, whose memory nobody counts.
value to_json(const func_args & args, const func_handler & func) {
    const value separators = args.get_kwarg_or_pos("separators", 3);
    if (jinja::is_val<jinja::value_array>(separators)) {
        for (const value & separator : separators->as_array()) {
            if (separator->as_string().length() > max_separator) {
                throw std::runtime_error("tojson: a separator of more than " + std::to_string(max_separator) + " bytes");
            }
        }
    }
    return func(args);
}

} // namespace

namespace lrs {

func_handler bounded(const std::string & name, const func_handler & func, const value & self) {
    if (name == "tojson" || name == "safe" || name == "string") {
        return [func](const func_args & args) { return to_json(args, func); };
    }
    if (!jinja::is_val<jinja::value_string>(self)) {
        return func;
    }
    if (name == "replace") {
        return [func](const func_args & args) { return replace(args, func); };
    }
    if (name == "split") {
        return [func](const func_args & args) { return split(args, func); };
    }
    const bool both = name == "strip", left = name == "lstrip", right = name == "rstrip";
    if (both || left || right) {
        return [=](const func_args & args) { return strip(args, both || left, both || right); };
    }
    return func;
}

} // namespace lrs
