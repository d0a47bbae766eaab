// Prints what llama.cpp computes for each prompt: its tokens, the most likely continuation, a drawn one, and a
// checksum of the logits. `reference-run` of the test kit prints the same through the Rust crate.
//
//     reference MODEL PROMPT...

#include "llama.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int n_predict = 48;

void print(const char * what, const std::vector<llama_token> & tokens) {
    std::printf("%s", what);
    for (llama_token token : tokens) {
        std::printf(" %d", token);
    }
    std::printf("\n");
}

// FNV-1a over the bits of the numbers.
uint64_t checksum(uint64_t hash, const float * numbers, int count) {
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        std::memcpy(&bits, &numbers[i], sizeof bits);
        for (int byte = 0; byte < 4; byte++) {
            hash = (hash ^ ((bits >> (8 * byte)) & 0xff)) * 0x100000001b3;
        }
    }
    return hash;
}

std::vector<llama_token> run(llama_model * model, std::vector<llama_token> next, llama_sampler * sampler, uint64_t & hash) {
    const llama_vocab * vocab = llama_model_get_vocab(model);
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 512;
    params.n_threads = 1;
    params.n_threads_batch = 1;
    llama_context * ctx = llama_init_from_model(model, params);
    std::vector<llama_token> out;
    while (out.size() < n_predict) {
        if (llama_decode(ctx, llama_batch_get_one(next.data(), static_cast<int32_t>(next.size()))) != 0) {
            std::fprintf(stderr, "decode failed\n");
            break;
        }
        hash = checksum(hash, llama_get_logits_ith(ctx, -1), llama_vocab_n_tokens(vocab));
        const llama_token token = llama_sampler_sample(sampler, ctx, -1);
        if (llama_vocab_is_eog(vocab, token)) {
            break;
        }
        out.push_back(token);
        next = {token};
    }
    llama_free(ctx);
    llama_sampler_free(sampler);
    return out;
}

} // namespace

int main(int argc, char ** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: %s MODEL PROMPT...\n", argv[0]);
        return 2;
    }
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    llama_model * model = llama_model_load_from_file(argv[1], llama_model_default_params());
    if (model == nullptr) {
        std::fprintf(stderr, "cannot load %s\n", argv[1]);
        return 1;
    }
    for (int i = 2; i < argc; i++) {
        const std::string text = argv[i];
        std::vector<llama_token> prompt(text.size() + 16);
        prompt.resize(llama_tokenize(llama_model_get_vocab(model), text.data(), static_cast<int32_t>(text.size()),
                                     prompt.data(), static_cast<int32_t>(prompt.size()), true, true));
        print("prompt", prompt);

        uint64_t hash = 0xcbf29ce484222325;
        print("greedy", run(model, prompt, llama_sampler_init_greedy(), hash));
        std::printf("logits %016llx\n", static_cast<unsigned long long>(hash));

        llama_sampler * chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
        llama_sampler_chain_add(chain, llama_sampler_init_top_k(40));
        llama_sampler_chain_add(chain, llama_sampler_init_top_p(0.95f, 1));
        llama_sampler_chain_add(chain, llama_sampler_init_temp(1.2f));
        llama_sampler_chain_add(chain, llama_sampler_init_dist(42));
        print("drawn", run(model, prompt, chain, hash));
    }
    llama_model_free(model);
    return 0;
}
