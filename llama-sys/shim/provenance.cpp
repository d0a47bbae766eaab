#include "provenance.h"

#include <string>

namespace {

bool is_usual_role(const std::string & role) {
    for (const char * usual : {"assistant", "developer", "function", "ipython", "model", "system", "tool", "user"}) {
        if (role == usual) {
            return true;
        }
    }
    return false;
}

void unmark_roles(jinja::context & context) {
    const jinja::value messages = context.get_val("messages");
    if (!jinja::is_val<jinja::value_array>(messages)) {
        return;
    }
    const jinja::value key = jinja::mk_val<jinja::value_string>(std::string("role"));
    for (const jinja::value & message : messages->as_array()) {
        if (!jinja::is_val<jinja::value_object>(message) || !message->has_key(key)) {
            continue;
        }
        const jinja::value role = message->at(key);
        if (jinja::is_val<jinja::value_string>(role) && is_usual_role(role->as_string().str())) {
            message->insert(key, jinja::mk_val<jinja::value_string>(role->as_string().str()));
        }
    }
}

} // namespace

namespace lrs {

void set_globals(jinja::context & context, const common_json & variables, bool mark) {
    jinja::global_from_json(context, variables, false);
    if (!mark) {
        return;
    }
    common_json input = common_json::object();
    for (const char * name : {"messages", "tools"}) {
        if (variables.contains(name)) {
            input.set({name, variables.at(name)});
        }
    }
    jinja::global_from_json(context, input, true);
    unmark_roles(context);
}

} // namespace lrs
