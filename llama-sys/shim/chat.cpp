// Chat formats: messages and tools to a prompt, a grammar and a parser for what the model says.
#include "chat_hooks.h"

#include "chat.h"

#include "guard.h"
#include "json_schema.h"
#include "json_text.h"
#include "nesting.h"
#include "peg_limit.h"
#include "provenance.h"
#include "work_limit.h"

#undef gather_string_parts
#undef global_from_json

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using sink = void (*)(void *, const char *, std::size_t);

namespace {

using parts = std::vector<jinja::string_part>;

// Renders of the call in progress, where somebody wants them.
thread_local std::vector<parts> * renders = nullptr;

std::string joined(const parts & list) {
    std::string text;
    for (const jinja::string_part & part : list) {
        text += part.val;
    }
    return text;
}

struct recording {
    std::vector<parts> list;
    recording() { renders = &list; }
    ~recording() { renders = nullptr; }
};

void check_template(const std::string & source) {
    jinja::lexer lexer;
    lrs::check_nesting(lexer.tokenize(source).tokens);
}

// Marks what of `text`, which llama.cpp put behind a rendered prompt to continue a message, is that message.
parts continuation(const std::string & text, const common_chat_msg & message) {
    parts out;
    std::size_t from = 0;
    for (const std::string & own : {message.reasoning_content, message.render_content()}) {
        const std::size_t at = own.empty() ? std::string::npos : text.find(own, from);
        if (at != std::string::npos) {
            out.push_back({false, text.substr(from, at - from)});
            out.push_back({true, own});
            from = at + own.size();
        }
    }
    out.push_back({false, text.substr(from)});
    return out;
}

// Gives a prompt its parts back: it is one of the renders, or one with something behind it. Text of unknown origin
// counts as input, which can do no harm.
parts find_parts(const std::string & prompt, const std::vector<parts> & list, const common_chat_msg * continued) {
    const parts * best = nullptr;
    std::size_t best_len = 0;
    for (const parts & render : list) {
        const std::string text = joined(render);
        if (text.size() >= best_len && prompt.compare(0, text.size(), text) == 0) {
            best = &render;
            best_len = text.size();
        }
    }
    parts out = best != nullptr ? *best : parts();
    const std::string rest = prompt.substr(best_len);
    if (rest.empty()) {
        return out;
    }
    if (best == nullptr) {
        return {{true, prompt}};
    }
    // What follows a whole render is the beginning of the model's turn.
    const parts more = continued != nullptr ? continuation(rest, *continued) : parts{{false, rest}};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

common_chat_templates_inputs read_inputs(const common_json & request) {
    common_chat_templates_inputs inputs;
    inputs.messages = common_chat_msgs_parse_oaicompat(request.at("messages"));
    inputs.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    inputs.add_generation_prompt = request.value("add_generation_prompt", true);
    inputs.enable_thinking = request.value("enable_thinking", true);
    inputs.parallel_tool_calls = request.value("parallel_tool_calls", false);
    inputs.tool_choice = common_chat_tool_choice_parse_oaicompat(request.value("tool_choice", "auto"));
    inputs.grammar = request.value("grammar", "");
    if (request.contains("tools")) {
        inputs.tools = common_chat_tools_parse_oaicompat(request.at("tools"));
        for (const common_chat_tool & tool : inputs.tools) {
            const common_json parameters = lrs::parse_json(tool.parameters.data(), tool.parameters.size());
            lrs::read_schema(common_chat_tool_parameters({{"parameters", parameters}}));
        }
    }
    if (request.contains("json_schema")) {
        lrs::read_schema(request.at("json_schema"));
        inputs.json_schema = request.at("json_schema").dump();
    }
    if (request.value("continue", false)) {
        if (inputs.messages.empty() || inputs.messages.back().role != "assistant") {
            throw std::invalid_argument("there is no message of the model at the end to continue");
        }
        inputs.continue_final_message = COMMON_CHAT_CONTINUATION_AUTO;
    }
    if (request.contains("variables")) {
        for (const auto & [name, value] : request.at("variables").items()) {
            inputs.chat_template_kwargs[name] = value.dump();
        }
    }
    return inputs;
}

const char * trigger_kind(common_grammar_trigger_type type) {
    switch (type) {
        case COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN:
        case COMMON_GRAMMAR_TRIGGER_TYPE_WORD:
            return "word";
        case COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN:
            return "pattern";
        case COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN_FULL:
            return "whole";
    }
    throw std::logic_error("unknown kind of trigger");
}

common_json describe(const common_chat_params & params, const parts & prompt) {
    common_json list = common_json::array();
    for (const jinja::string_part & part : prompt) {
        list.push_back({{"text", part.val}, {"is_input", part.is_input}});
    }
    common_json triggers = common_json::array();
    for (const common_grammar_trigger & trigger : params.grammar_triggers) {
        triggers.push_back({{"kind", trigger_kind(trigger.type)}, {"text", trigger.value}});
    }
    return common_json::object({
        {"prompt", list},
        {"grammar", params.grammar},
        {"grammar_lazy", params.grammar_lazy},
        {"triggers", triggers},
        {"preserved_tokens", params.preserved_tokens},
        {"additional_stops", params.additional_stops},
        {"generation_prompt", params.generation_prompt},
        {"supports_thinking", params.supports_thinking},
        {"thinking_start", params.thinking_start_tag},
        {"thinking_ends", params.thinking_end_tags},
        {"format", int(params.format)},
        {"parser", params.parser},
    });
}

} // namespace

namespace lrs {

const jinja::value & note_parts(const jinja::value & rendered) {
    if (renders != nullptr) {
        renders->push_back(jinja::runtime::gather_string_parts(rendered)->as_string().parts);
    }
    return rendered;
}

} // namespace lrs

namespace jinja {

void lrs_set_globals(context & context, const common_json & variables, bool mark) {
    lrs::set_globals(context, variables, mark);
}

} // namespace jinja

extern "C" int lrs_chat_new(lrs_fault * fault, const char * source, std::size_t source_len, const char * bos,
                            std::size_t bos_len, const char * eos, std::size_t eos_len, common_chat_templates ** out) {
    return lrs::call(fault, out, [&] {
        const lrs::work_limit bounded(source_len);
        const lrs::value_limit bounded_values(source_len);
        const std::string text = lrs::template_text(source, source_len);
        check_template(text);
        return common_chat_templates_init(nullptr, text, std::string(bos, bos_len), std::string(eos, eos_len)).release();
    });
}

extern "C" void lrs_chat_free(common_chat_templates * templates) { common_chat_templates_free(templates); }

extern "C" int lrs_chat_apply(lrs_fault * fault, const common_chat_templates * templates, const char * request,
                              std::size_t request_len, sink give, void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        const lrs::work_limit bounded(request_len);
        const lrs::value_limit bounded_values(request_len);
        const common_chat_templates_inputs inputs = read_inputs(lrs::parse_json(request, request_len));
        recording recorded;
        const common_chat_params params = common_chat_templates_apply(templates, inputs);
        const bool continued = inputs.continue_final_message != COMMON_CHAT_CONTINUATION_NONE;
        const parts prompt =
            find_parts(params.prompt, recorded.list, continued ? &inputs.messages.back() : nullptr);
        const std::string text = describe(params, prompt).dump_safe();
        give(user, text.data(), text.size());
    });
}

extern "C" int lrs_chat_caps(lrs_fault * fault, const common_chat_templates * templates, sink give, void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        const std::string text = common_json(common_chat_templates_get_caps(templates)).dump_safe();
        give(user, text.data(), text.size());
    });
}

extern "C" int lrs_chat_parser_new(lrs_fault * fault, const char * params, std::size_t len,
                                   common_chat_parser_params ** out) {
    return lrs::call(fault, out, [&] {
        const common_json given = lrs::parse_json(params, len);
        auto made = std::make_unique<common_chat_parser_params>();
        const int format = given.at("format").get<int>();
        if (format < 0 || format >= COMMON_CHAT_FORMAT_COUNT) {
            throw std::invalid_argument("there is no chat format " + std::to_string(format));
        }
        made->format = common_chat_format(format);
        made->reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
        made->generation_prompt = given.at("generation_prompt").get<std::string>();
        const std::string parser = given.at("parser").get<std::string>();
        if (!parser.empty()) {
            made->parser.load(parser);
        }
        return made.release();
    });
}

extern "C" void lrs_chat_parser_free(common_chat_parser_params * parser) { delete parser; }

extern "C" int lrs_chat_parse(lrs_fault * fault, const common_chat_parser_params * parser, const char * text,
                              std::size_t len, bool partial, sink give, void * user) {
    char * none = nullptr;
    return lrs::call<void>(fault, static_cast<void *>(none), [&] {
        const lrs::work_limit bounded(len);
        const lrs::peg_limit bounded_parse(len);
        const common_chat_msg message = common_chat_parse(std::string(text, len), partial, *parser);
        common_json calls = common_json::array();
        for (const common_chat_tool_call & call : message.tool_calls) {
            calls.push_back({{"name", call.name}, {"arguments", call.arguments}, {"id", call.id}});
        }
        const std::string out = common_json::object({
            {"content", message.render_content("")},
            {"reasoning", message.reasoning_content},
            {"tool_calls", calls},
        }).dump_safe();
        give(user, out.data(), out.size());
    });
}

// Referenced by functions that take a model or a vocabulary, which nobody calls here.
std::string common_token_to_piece(const llama_vocab *, llama_token, bool) {
    throw std::logic_error("chat formats are made without a vocabulary");
}

std::vector<llama_token> common_tokenize(const llama_vocab *, const std::string &, bool, bool) {
    throw std::logic_error("chat formats are made without a vocabulary");
}
