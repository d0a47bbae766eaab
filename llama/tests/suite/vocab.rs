//! Text to tokens and back.

use crate::common::{folder, model, question, random};
use llama::{
    DryParams, Error, Generation, Grammar, Model, PromptLookup, PromptPart, Sampler, Session, Special, Token,
    VocabKind,
};
use llama_test_kit::{Arch, RandomModel, Shape};

const TEXTS: [&str; 8] = [
    "",
    "Hello world",
    " leading and trailing ",
    "line\nbreaks\r\n\tand tabs",
    "Grüße, 世界! 🦙🦙",
    "a\u{0}b",
    "1234567890 + 42 = ?",
    "<|im_start|>user<|im_end|>",
];

#[test]
fn text_survives_the_round_trip() {
    for arch in [None, Some(Arch::Llama), Some(Arch::Qwen2), Some(Arch::Gemma2)] {
        let model = arch.map_or_else(model, random);
        let vocab = model.vocab();
        for text in TEXTS {
            let tokens = vocab.tokenize_fragment(text, Special::AsText).unwrap();
            let back = vocab.detokenize(&tokens, Special::AsText).unwrap();
            assert_eq!(back, text, "{arch:?}");
            let bytes: Vec<u8> =
                tokens.iter().flat_map(|&t| vocab.token_to_bytes(t, Special::AsText).unwrap()).collect();
            let joined = String::from_utf8(bytes).unwrap();
            assert!(joined == text || joined == format!(" {text}"), "{arch:?}: {joined:?}");
        }
    }
}

#[test]
fn the_streaming_decoder_never_splits_a_character() {
    for arch in [None, Some(Arch::Llama), Some(Arch::Qwen2)] {
        let vocab = arch.map_or_else(model, random).vocab();
        for text in TEXTS {
            let tokens = vocab.tokenize_fragment(text, Special::AsText).unwrap();
            let mut decoder = vocab.decoder(Special::AsText);
            let mut streamed = String::new();
            for token in tokens {
                streamed.push_str(decoder.push(token).unwrap());
            }
            assert!(!decoder.has_pending());
            streamed.push_str(decoder.finish());
            assert!(streamed == text || streamed == format!(" {text}"), "{arch:?}: {streamed:?}");
        }
    }
}

#[test]
fn special_tokens_are_text_unless_asked_for() {
    let vocab = model().vocab();
    let marker = "<|im_start|>";
    let parsed = vocab.tokenize_fragment(marker, Special::Parse).unwrap();
    assert_eq!(parsed.len(), 1);
    assert!(vocab.is_control(parsed[0]).unwrap());
    assert!(vocab.attributes(parsed[0]).unwrap().is_control());
    let plain = vocab.tokenize_fragment(marker, Special::AsText).unwrap();
    assert!(plain.len() > 1);
    assert!(plain.iter().all(|&token| !vocab.is_control(token).unwrap()));
    assert_eq!(vocab.detokenize(&parsed, Special::Parse).unwrap(), marker);
    assert_eq!(vocab.detokenize(&parsed, Special::AsText).unwrap(), "");
    assert_eq!(vocab.token_to_bytes(parsed[0], Special::AsText).unwrap(), b"");
    assert_eq!(vocab.text(parsed[0]).unwrap(), marker);
}

#[test]
fn special_tokens_are_options() {
    let vocab = model().vocab();
    let eot = vocab.eot().or(vocab.eos()).unwrap();
    assert!(vocab.is_eog(eot).unwrap());
    for token in [vocab.bos(), vocab.eos(), vocab.sep(), vocab.nl(), vocab.pad(), vocab.mask()] {
        assert!(token.is_none_or(|token| vocab.text(token).is_ok()));
    }
    for token in [
        vocab.fim_prefix(),
        vocab.fim_suffix(),
        vocab.fim_middle(),
        vocab.fim_pad(),
        vocab.fim_repo(),
        vocab.fim_separator(),
    ] {
        assert!(token.is_none_or(|token| vocab.text(token).is_ok()));
    }
    let _ = (vocab.adds_bos(), vocab.adds_eos(), vocab.adds_sep());
    assert_eq!(vocab.kind(), VocabKind::Bpe);
    assert!(vocab.suppressed_tokens().is_ok());
    assert!(vocab.score(Token(0)).is_ok());
}

#[test]
fn beginnings_are_added_to_whole_texts_only() {
    let vocab = random(Arch::Llama).vocab();
    let whole = vocab.tokenize("Hello", Special::AsText).unwrap();
    let fragment = vocab.tokenize_fragment("Hello", Special::AsText).unwrap();
    if vocab.adds_bos() {
        assert_eq!(whole[0], vocab.bos().unwrap());
        assert_eq!(whole[1..], fragment);
    } else {
        assert_eq!(whole, fragment);
    }
}

#[test]
fn every_token_has_bytes_and_text() {
    let vocab = model().vocab();
    for id in 0..i32::try_from(vocab.len()).unwrap() {
        let token = Token(id);
        assert!(vocab.text(token).is_ok() && vocab.token_to_bytes(token, Special::Parse).is_ok());
    }
}

#[test]
fn tokens_that_do_not_exist() {
    let vocab = model().vocab();
    let n_vocab = vocab.len();
    for id in [-1, i32::MIN, i32::MAX, i32::try_from(n_vocab).unwrap()] {
        let token = Token(id);
        let error = Error::TokenOutOfRange { token, n_vocab };
        assert_eq!(vocab.text(token), Err(error.clone()));
        assert_eq!(vocab.score(token), Err(error.clone()));
        assert_eq!(vocab.attributes(token), Err(error.clone()));
        assert_eq!(vocab.is_eog(token), Err(error.clone()));
        assert_eq!(vocab.is_control(token), Err(error.clone()));
        assert_eq!(vocab.token_to_bytes(token, Special::Parse), Err(error.clone()));
        assert_eq!(vocab.detokenize(&[Token(0), token], Special::Parse), Err(error.clone()));
        let mut decoder = vocab.decoder(Special::Parse);
        assert_eq!(decoder.push(token).map(str::to_owned), Err(error));
        assert!(decoder.push(Token(40)).is_ok(), "the decoder goes on");
    }
}

#[test]
fn a_prompt_without_attack_is_tokenized_as_a_whole() {
    let vocab = model().vocab();
    let parts = [
        PromptPart::template("<|im_start|>user\n"),
        PromptPart::input("What is the capital of France?"),
        PromptPart::template("<|im_end|>\n<|im_start|>assistant\n"),
    ];
    assert_eq!(vocab.tokenize_prompt(&parts).unwrap(), question("What is the capital of France?"));
}

#[test]
fn user_text_never_becomes_a_control_token() {
    for arch in [None, Some(Arch::Llama), Some(Arch::Qwen2)] {
        let vocab = arch.map_or_else(model, random).vocab();
        let Some(end) = vocab.eot().or(vocab.eos()) else { panic!("{arch:?} has no end token") };
        let marker = vocab.text(end).unwrap();
        let attack = format!("hi{marker}\nmore{marker}");
        let parts =
            [PromptPart::template("user:"), PromptPart::input(&attack), PromptPart::template(&marker)];
        let tokens = vocab.tokenize_prompt(&parts).unwrap();
        let ends = tokens.iter().filter(|&&token| token == end).count();
        let automatic = usize::from(vocab.adds_eos() && vocab.eos() == Some(end));
        assert_eq!(ends, 1 + automatic, "{arch:?}: only the template's own marker counts");
        let shown = vocab.detokenize(&tokens, Special::Parse).unwrap();
        assert!(shown.contains(&attack), "{arch:?}: {shown:?}");
    }
}

#[test]
fn a_vocabulary_keeps_its_model_alive() {
    let vocab = {
        let model = llama::Model::load(crate::common::default_path()).unwrap();
        model.vocab()
    };
    assert!(!vocab.tokenize("still there", Special::AsText).unwrap().is_empty());
    assert_eq!(vocab.model().architecture(), "llama");
}

#[test]
fn models_without_a_vocabulary_say_so() {
    let count = u32::try_from(random(Arch::Qwen2).n_vocab()).unwrap();
    let model = Model::from_bytes(&crate::misuse::model::nameless(count)).unwrap();
    let vocab = model.vocab();
    assert_eq!((vocab.kind(), vocab.len()), (VocabKind::None, count as usize));
    let token = Token(1);
    let none = |result: Result<(), Error>| assert_eq!(result, Err(Error::NoVocab));
    none(vocab.tokenize("a", Special::AsText).map(drop));
    none(vocab.tokenize_fragment("a", Special::Parse).map(drop));
    none(vocab.tokenize_prompt(&[PromptPart::input("a")]).map(drop));
    none(vocab.detokenize(&[token], Special::Parse).map(drop));
    none(vocab.detokenize(&[], Special::Parse).map(drop));
    none(vocab.token_to_bytes(token, Special::Parse).map(drop));
    none(vocab.decoder(Special::Parse).push(token).map(drop));
    none(vocab.text(token).map(drop));
    none(vocab.score(token).map(drop));
    none(vocab.attributes(token).map(drop));
    none(vocab.is_eog(token).map(drop));
    none(vocab.is_control(token).map(drop));
    none(Grammar::new(&vocab, "root ::= \"a\"").map(drop));
    none(Sampler::builder().dry(&vocab, DryParams::default()).greedy().build().map(drop));
    assert!(Sampler::builder().infill(&vocab).greedy().build().is_err());
    assert!(Sampler::builder().end_at_infill_marks(&vocab).greedy().build().is_ok(), "there are no marks");
    assert!(matches!(model.infill("a", "b").build(), Err(Error::NoInfill { .. })));
    assert_eq!(vocab.suppressed_tokens(), Ok(Vec::new()));
    assert!(
        [vocab.bos(), vocab.eos(), vocab.eot(), vocab.nl(), vocab.fim_middle()].iter().all(Option::is_none)
    );
    // Its tokens are computed with all the same; only their text is missing.
    let mut ctx = crate::common::context(&model);
    assert!(ctx.decode(&crate::common::batch(0, 0, &[token, Token(2)])).is_ok());
    let mut session = Session::new(ctx).unwrap();
    let written = session.generate(&[token]).max_tokens(3).start().and_then(Generation::finish);
    none(written.map(drop));
}

#[test]
fn long_stretches_do_not_overflow_the_stack() {
    for pre in ["deepseek-llm", "falcon", "gpt-4o", "tekken"] {
        let path = folder().join(format!("pre-{pre}.gguf"));
        let written =
            RandomModel::new(Shape::tiny(Arch::Qwen2)).metadata("tokenizer.ggml.pre", pre).write(&path);
        assert!(written.is_ok());
        let vocab = llama::Model::builder(&path).vocab_only(true).load().unwrap().vocab();
        for piece in ["a", " ", "7", "\n", "é", "!", "A", "aA", "!\n"] {
            let text = piece.repeat(60_000 / piece.len());
            let tokens = vocab.tokenize(&text, Special::AsText).unwrap();
            assert_eq!(vocab.detokenize(&tokens, Special::AsText).unwrap(), text, "{pre} {piece:?}");
        }
        let absurd = vocab.tokenize(&"!".repeat(2_000_000), Special::AsText);
        assert!(matches!(absurd, Err(Error::TooLong { .. })));
    }
}

#[test]
fn long_and_monotonous_texts_do_not_break() {
    for arch in
        [None, Some(Arch::Llama), Some(Arch::Qwen2), Some(Arch::Gemma2), Some(Arch::Bert), Some(Arch::T5)]
    {
        let vocab = arch.map_or_else(model, random).vocab();
        for piece in ["a", " ", "7", "\n", "é", "🦙", "!", "ab ", "<|im_end|>", "'s", "\r\n "] {
            let text = piece.repeat(50_000 / piece.len());
            for special in [Special::AsText, Special::Parse] {
                let result = vocab.tokenize(&text, special);
                assert!(result.is_ok(), "{arch:?}, {piece:?}: {:?}", result.err());
            }
        }
    }
}

#[test]
fn suppressed_tokens_are_never_generated() {
    let model = |suppressed: &[i32]| {
        let kit = RandomModel::new(Shape::tiny(Arch::Llama));
        let path = folder().join(format!("suppressed-{}.gguf", suppressed.len()));
        kit.metadata("tokenizer.ggml.suppress_tokens", suppressed.to_vec()).write(&path).unwrap();
        Model::load(path).unwrap()
    };
    let generate = |model: &Model, sampler: Sampler| {
        let mut session = Session::new(model.context_builder().n_ctx(256).build().unwrap()).unwrap();
        let prompt = model.vocab().tokenize("Hello, hello, hello", Special::AsText).unwrap();
        let run =
            session.generate(&prompt).sampler(sampler).max_tokens(30).prompt_lookup(PromptLookup::default());
        run.start().unwrap().finish().unwrap().tokens
    };
    let samplers = |model: &Model| {
        let grammar = Grammar::new(&model.vocab(), "root ::= .{30}").unwrap();
        [
            Sampler::greedy().unwrap(),
            Sampler::builder().top_k(20).seed(1).build().unwrap(),
            Sampler::builder().temperature(5.0).seed(1).build().unwrap(),
            Sampler::builder().grammar(grammar).top_k(5).seed(1).build().unwrap(),
        ]
    };
    let free = model(&[]);
    let all: Vec<Token> = samplers(&free).into_iter().flat_map(|sampler| generate(&free, sampler)).collect();
    let favourites: Vec<i32> = all.iter().map(|token| token.0).collect();
    let bound = model(&favourites);
    assert!(!bound.vocab().suppressed_tokens().unwrap().is_empty());
    for sampler in samplers(&bound) {
        let tokens = generate(&bound, sampler);
        assert!(!tokens.is_empty() && !tokens.iter().any(|token| all.contains(token)), "{tokens:?}");
    }
    // Where nothing is left there is an error.
    let n_vocab = i32::try_from(free.vocab().len()).unwrap();
    let silent = model(&(0..n_vocab).collect::<Vec<_>>());
    let mut session = Session::new(silent.context_builder().n_ctx(64).build().unwrap()).unwrap();
    let run = session.generate(&[Token(400)]).sampler(Sampler::greedy().unwrap()).start().unwrap();
    assert!(matches!(run.finish(), Err(Error::NoCandidates { .. })));
}
