// Renders a chat template with llama.cpp's jinja engine.
#include "jinja_value.h"

#include "guard.h"
#include "json_text.h"
#include "nesting.h"
#include "provenance.h"
#include "work_limit.h"

#include "jinja/caps.h"
#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"

#include <string>

extern "C" int lrs_jinja_wants_parts(lrs_fault * fault, const char * source, std::size_t source_len, bool * out) {
    return lrs::call(fault, out, [&] {
        const lrs::work_limit bounded(source_len);
        const lrs::value_limit bounded_values(source_len);
        jinja::lexer lexer;
        const auto tokens = lexer.tokenize(lrs::template_text(source, source_len));
        lrs::check_nesting(tokens.tokens);
        jinja::program program = jinja::parse_from_tokens(tokens);
        const jinja::caps caps = jinja::caps_get(program);
        return caps.supports_typed_content && !caps.supports_string_content;
    });
}

extern "C" int lrs_jinja_render(lrs_fault * fault, const char * source, std::size_t source_len,
                                const char * variables, std::size_t variables_len,
                                void (*sink)(void *, const char *, std::size_t, bool), void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        const lrs::work_limit bounded(source_len + variables_len);
        const lrs::value_limit bounded_values(source_len + variables_len);
        jinja::lexer lexer;
        const auto tokens = lexer.tokenize(lrs::template_text(source, source_len));
        lrs::check_nesting(tokens.tokens);
        const jinja::program program = jinja::parse_from_tokens(tokens);

        jinja::context context(tokens.source);
        lrs::set_globals(context, lrs::parse_json(variables, variables_len), true);

        jinja::runtime runtime(context);
        const jinja::value result = runtime.execute(program);
        const auto parts = jinja::runtime::gather_string_parts(result);
        for (const auto & part : parts->as_string().parts) {
            sink(user, part.val.data(), part.val.size(), part.is_input);
        }
    });
}
