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

void check_nesting(const std::vector<jinja::token> & tokens) {
    using jinja::token;
    int brackets = 0, blocks = 0, branches = 0, operators = 0;
    bool statement_starts = false;
    for (const token & t : tokens) {
        switch (t.t) {
            case token::open_paren:
            case token::open_square_bracket:
            case token::open_curly_bracket:
                ++brackets;
                break;
            case token::close_paren:
            case token::close_square_bracket:
            case token::close_curly_bracket:
                --brackets;
                break;
            case token::open_statement:
            case token::open_expression:
                brackets = 0;
                operators = 0;
                break;
            case token::identifier:
                if (statement_starts && is_one_of(t.value, {"if", "for", "macro", "call", "filter"})) {
                    ++blocks;
                } else if (statement_starts && t.value.rfind("end", 0) == 0 && blocks > 0) {
                    --blocks;
                }
                branches += is_one_of(t.value, {"elif", "else"});
                operators += is_one_of(t.value, {"not", "and", "or", "is", "in"});
                break;
            default:
                break;
        }
        operators += is_one_of(t.value, {"+", "-", "~", "*", "/", "%", ".", "|", "=="});
        statement_starts = t.t == token::open_statement;
        if (brackets + blocks > max_nesting || branches > max_branches || operators > max_operators) {
            throw std::runtime_error("the template is nested too deeply");
        }
    }
}

} // namespace lrs
