// Inside a plugin: stands for ggml, which is in the program that loads the plugin.
//
// Each function of ggml is a jump to the address in a slot. The slots are filled before anything of the back end
// runs but its static constructors, which must not call ggml. Arguments, results and exceptions pass a jump as they
// are, variable arguments too.
#include "plugin.h"
#include "plugin_stamp.h"

#include <cstdio>
#include <cstring>

#define QUOTED(text) #text
#define SYMBOL(f) QUOTED(f)

#if defined(__x86_64__)
#    define JUMP(slot) "jmp *" slot "(%rip)\n"
#elif defined(__aarch64__)
#    define JUMP(slot) "adrp x16, " slot "\nldr x16, [x16, :lo12:" slot "]\nbr x16\n"
#else
#    error "no jump for this processor"
#endif

// `f` is the prefixed name where it is expanded, the plain one where it is quoted or joined at once.
#define PLUGIN_API(f)                                                                             \
    extern "C" {                                                                                  \
    void * lrs_slot_##f = nullptr;                                                                \
    }                                                                                             \
    asm(".pushsection .text\n"                                                                    \
        ".globl " SYMBOL(f) "\n"                                                                  \
        ".hidden " SYMBOL(f) "\n"                                                                 \
        ".type " SYMBOL(f) ", %function\n"                                                        \
        SYMBOL(f) ":\n"                                                                           \
        JUMP("lrs_slot_" #f)                                                                      \
        ".size " SYMBOL(f) ", . - " SYMBOL(f) "\n"                                                \
        ".popsection\n");
#include "plugin_api.inc"
#undef PLUGIN_API

// The stamp as a note of the file: it is read before anything in the file runs (src/plugin/elf.rs).
asm(".pushsection .note.llama_sys, \"a\", %note\n"
    ".balign 4\n"
    ".long 2f - 1f, 4f - 3f, 1\n"
    "1: .asciz \"llama-sys\"\n"
    "2: .balign 4\n"
    "3: .asciz " SYMBOL(LRS_PLUGIN_STAMP) "\n"
    "4: .balign 4\n"
    ".popsection\n");

// Threads may still compute while the process ends: as in the program (at_exit.cpp), nothing that they use is taken
// down before. Inside the plugin this name means this function.
extern "C" __attribute__((visibility("hidden"))) int __cxa_atexit(void (*)(void *), void *, void *) {
    return 0;
}

extern "C" ggml_backend_reg_t LRS_PLUGIN_REGISTRY();

namespace {

struct import {
    const char * name;
    void ** slot;
};

const import imports[] = {
#define PLUGIN_API(f) {SYMBOL(f), &lrs_slot_##f},
#include "plugin_api.inc"
#undef PLUGIN_API
};

bool attached = false;

} // namespace

extern "C" __attribute__((visibility("default"))) ggml_backend_reg_t
lrs_plugin_attach(const char * stamp, lrs_plugin_find find, char * why, std::size_t size) {
    // Another file may have taken the place of the one whose note was read.
    if (std::strcmp(stamp, LRS_PLUGIN_STAMP) != 0) {
        std::snprintf(why, size, "it was built for %s, and this program is %s", LRS_PLUGIN_STAMP, stamp);
        return nullptr;
    }
    if (!attached) {
        for (const import & wanted : imports) {
            void * address = find(wanted.name);
            if (!address) {
                std::snprintf(why, size, "this program has no function %s", wanted.name);
                return nullptr;
            }
            *wanted.slot = address;
        }
        attached = true;
    }
    ggml_backend_reg_t registry = LRS_PLUGIN_REGISTRY();
    if (!registry) {
        std::snprintf(why, size, "its back end cannot run on this machine");
    }
    return registry;
}
