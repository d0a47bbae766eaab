#include "nesting.h"

#include <initializer_list>
#include <stdexcept>
#include <string>

namespace {

// The parser recurses as deep as the template is nested, without allocating on the way (see
// stack_limit.cpp): so nesting is counted first. Real templates stay far below these numbers.
constexpr int max_nesting = 128;    // brackets and blocks inside each other
constexpr int max_branches = 1000;  // elif and else, which nest to the right
constexpr int max_operators = 2000; // in one expression: they nest to the left, and so does what frees them

bool is_one_of(const std::string & word, std::initializer_list<const char *> list) {
    for (const char * candidate : list) {
        if (word == candidate) {
            return true;
        }
    }
    return false;
}

} // namespace

namespace lrs {

std::string template_text(const char * source, std::size_t len) {
    std::string text;
    text.reserve(len);
    for (std::size_t i = 0; i < len; ++i) {
        if (source[i] != '\r' || i + 1 == len || source[i + 1] != '\n') {
            text.push_back(source[i]);
        }
    }
    return text;
}

void check_nesting(const std::vector<jinja::token> & tokens) {
    using jinja::token;
    int brackets = 0, blocks = 0, branches = 0, operators = 0;
    bool statement_starts = false;
    bool sets = false; // in a `set` that is not known to have a value, so that it may be a block
    for (const token & t : tokens) {
        switch (t.t) {
            case token::open_paren:
            case token::open_square_bracket:
            case token::open_curly_bracket:
                ++brackets;
                break;
            // What a call or an index is taken of nests to the left.
            case token::close_paren:
            case token::close_square_bracket:
                ++operators;
                --brackets;
                break;
            case token::close_curly_bracket:
                --brackets;
                break;
            case token::open_statement:
            case token::open_expression:
                brackets = 0;
                operators = 0;
                sets = false;
                break;
            case token::equals:
                if (sets && brackets == 0) {
                    --blocks;
                    sets = false;
                }
                break;
            case token::identifier:
                if (statement_starts && is_one_of(t.value, {"if", "for", "macro", "call", "filter", "set"})) {
                    ++blocks;
                    sets = t.value == "set";
                } else if (statement_starts && blocks > 0 &&
                           is_one_of(t.value, {"endif", "endfor", "endmacro", "endcall", "endfilter", "endset"})) {
                    --blocks;
                }
                branches += is_one_of(t.value, {"elif", "else"});
                operators += is_one_of(t.value, {"not", "and", "or", "is", "in"});
                break;
            case token::additive_binary_operator:
            case token::multiplicative_binary_operator:
            case token::comparison_binary_operator:
            case token::unary_operator:
            case token::dot:
            case token::pipe:
                ++operators;
                break;
            default:
                break;
        }
        statement_starts = t.t == token::open_statement;
        if (brackets + blocks > max_nesting || branches > max_branches || operators > max_operators) {
            throw std::runtime_error("the template is nested too deeply");
        }
    }
}

} // namespace lrs
