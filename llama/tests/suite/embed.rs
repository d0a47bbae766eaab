//! Vectors of many texts: the same as one by one, in order, within the limits, nothing cut silently.

use crate::common::{batch, folder, model, random, random_shape};
use llama::similarity::cosine;
use llama::{CancelToken, Embedder, Embeddings, Error, Model, Pooling, SeqId, Special, Token};
use llama_test_kit::{Arch, RandomAdapter, RandomModel, Rng, Shape};
use std::ops::ControlFlow;

const WORDS: &str =
    "the quick brown fox jumps over lazy dog red green blue city country music story house tree";

/// Texts of 0 to `most` words.
fn texts(seed: u64, count: usize, most: u32) -> Vec<String> {
    let words: Vec<&str> = WORDS.split(' ').collect();
    let mut rng = Rng::new(seed);
    let n_words = u32::try_from(words.len()).unwrap();
    let text = |rng: &mut Rng| {
        let list: Vec<&str> = (0..=rng.below(most)).map(|_| words[rng.below(n_words) as usize]).collect();
        list.join(" ")
    };
    (0..count).map(|_| text(&mut rng)).collect()
}

fn embedder(model: &Model) -> Embedder {
    model.embedder().threads(1).build().unwrap()
}

fn assert_alike(a: &[f32], b: &[f32], what: &str) {
    let similarity = cosine(a, b).unwrap();
    assert!(similarity > 0.9995, "{what}: {similarity}");
}

#[test]
fn many_texts_give_the_vectors_of_each_alone() {
    for arch in
        [Arch::Bert, Arch::Llama, Arch::Qwen3, Arch::Gemma2, Arch::Gemma3, Arch::Mamba, Arch::Jamba, Arch::T5]
    {
        let model = random(arch);
        let texts = texts(1, 30, 25);
        for pooling in [Pooling::Mean, Pooling::Last] {
            let build =
                |tokens| model.embedder().pooling(pooling).batch_tokens(tokens).threads(1).build().unwrap();
            let together = build(64).embed(&texts).unwrap();
            assert_eq!((together.len(), together.width()), (texts.len(), model.n_embd_output()));
            let mut alone = build(64);
            for (index, text) in texts.iter().enumerate() {
                let one = alone.embed(std::slice::from_ref(text)).unwrap();
                assert_alike(&one[0], &together[index], &format!("{arch:?} {pooling:?} {index}"));
            }
            let different = cosine(&together[0], &together[1]).unwrap();
            assert!(different < 0.9999, "{arch:?} {pooling:?}: all texts are alike, so this shows nothing");
        }
    }
}

#[test]
fn lengths_of_any_mixture() {
    let bert = random(Arch::Bert);
    let mut alone = embedder(&bert);
    for seed in 0..12 {
        let mut rng = Rng::new(100 + seed);
        let count = rng.below(40) as usize;
        let texts = texts(seed, count, 60);
        let tokens = rng.below(200) as usize + 1;
        let mut done = Vec::new();
        let mut together = bert.embedder().batch_tokens(tokens).threads(1).build().unwrap();
        let vectors = together.embed_with(&texts, |n| done.push(n)).unwrap();
        assert!(done.is_sorted() && done.last().copied().unwrap_or(0) == count, "{done:?}");
        for (text, vector) in texts.iter().zip(&vectors) {
            assert_alike(&alone.embed_query(text).unwrap(), vector, text);
        }
    }
}

#[test]
fn the_vectors_are_those_of_a_context() {
    let bert = random(Arch::Bert);
    let text = "the quick brown fox";
    let tokens = bert.vocab().tokenize(text, Special::AsText).unwrap();
    for pooling in [Pooling::Mean, Pooling::Cls, Pooling::Last] {
        let builder = bert.context_builder().n_ctx(256).embeddings(true).pooling(pooling).n_threads(1);
        let mut ctx = builder.build().unwrap();
        let expected = ctx.encode(&batch(0, 0, &tokens)).unwrap().pooled(SeqId(0)).unwrap().to_vec();
        let mut plain = bert.embedder().pooling(pooling).normalize(false).threads(1).build().unwrap();
        let vector = plain.embed_query(text).unwrap();
        let difference = expected.iter().zip(&vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 1e-5, "{pooling:?}: {difference}");
    }
}

#[test]
fn vectors_per_token_and_what_pooling_makes_of_them() {
    for model in [random(Arch::Bert), model()] {
        let texts = ["the quick brown fox", "a house"];
        let build = |pooling| model.embedder().pooling(pooling).normalize(false).threads(1).build().unwrap();
        let per_token = build(Pooling::None).embed_tokens(&texts).unwrap();
        let mean = build(Pooling::Mean).embed(&texts).unwrap();
        let last = build(Pooling::Last).embed(&texts).unwrap();
        for (index, found) in per_token.iter().enumerate() {
            assert_eq!(found.tokens, model.vocab().tokenize(texts[index], Special::AsText).unwrap());
            assert_eq!(found.vectors.len(), found.tokens.len());
            let mut sum = vec![0.0; mean.width()];
            for row in &found.vectors {
                sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            assert_alike(&sum, &mean[index], "mean");
            assert_alike(&found.vectors[found.tokens.len() - 1], &last[index], "last");
        }
        let refused = build(Pooling::None).embed(&texts);
        assert!(matches!(refused, Err(Error::InvalidParameter { name: "pooling", .. })), "{refused:?}");
        let refused = build(Pooling::Mean).embed_tokens(&texts);
        assert!(matches!(refused, Err(Error::InvalidParameter { name: "pooling", .. })), "{refused:?}");
    }
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|x| x * x).sum::<f32>().sqrt()
}

#[test]
fn vectors_have_length_one_unless_asked_otherwise() {
    let bert = random(Arch::Bert);
    let short = bert.embedder().dimensions(16).threads(1).build().unwrap().embed(&["the house"]).unwrap();
    let plain = bert.embedder().normalize(false).threads(1).build().unwrap().embed(&["the house"]).unwrap();
    let whole = embedder(&bert).embed(&["the house"]).unwrap();
    assert!((length(&whole[0]) - 1.0).abs() < 1e-5);
    assert_eq!(short.width(), 16);
    assert!((length(&short[0]) - 1.0).abs() < 1e-5, "cut first, then normalized");
    assert_alike(&short[0], &whole[0][..16], "the first numbers");
    assert!((length(&plain[0]) - 1.0).abs() > 1e-2);
    assert_alike(&plain[0], &whole[0], "the direction");
}

#[test]
fn long_texts_are_refused_or_cut_as_asked() {
    let bert = random(Arch::Bert);
    let max = bert.n_ctx_train() as usize;
    let fits = "fox ".repeat(max - 2);
    let long = "fox ".repeat(max + 50);
    let mut strict = embedder(&bert);
    assert_eq!(strict.max_tokens(), max);
    assert_eq!(
        strict.embed(&["a", &long, &long]),
        Err(Error::TextTooLong { index: 1, tokens: max + 52, max })
    );
    let whole = strict.embed(&[&fits]).unwrap();
    assert_eq!(whole.n_tokens(), max);
    assert!(whole.truncated().is_empty());

    let mut lenient = bert.embedder().truncate(true).threads(1).build().unwrap();
    let cut = lenient.embed(&["a", &long]).unwrap();
    let &[truncated] = cut.truncated() else { panic!("{:?}", cut.truncated()) };
    assert_eq!((truncated.index, truncated.tokens, truncated.kept), (1, max + 52, max));
    assert_alike(&cut[1], &whole[0], "cut to the text that just fits, with its last special token");

    let mut short = bert.embedder().max_tokens(8).truncate(true).threads(1).build().unwrap();
    let cut = short.embed(&["the quick brown fox jumps over the lazy dog"]).unwrap();
    assert_eq!(cut.n_tokens(), 8);
    assert_alike(&cut[0], &short.embed_query("the quick brown fox jumps over").unwrap(), "8 tokens");
}

#[test]
fn texts_longer_than_a_batch_are_computed_whole() {
    for arch in [Arch::Bert, Arch::Llama] {
        let model = random(arch);
        let long = "fox ".repeat(150);
        let mut small = model.embedder().batch_tokens(8).threads(1).build().unwrap();
        let vectors = small.embed(&["the house", &long, "the tree"]).unwrap();
        let mut large = model.embedder().batch_tokens(1024).threads(1).build().unwrap();
        let expected = large.embed(&["the house", &long, "the tree"]).unwrap();
        for index in 0..3 {
            assert_alike(&vectors[index], &expected[index], &format!("{arch:?} {index}"));
        }
    }
}

#[test]
fn empty_texts() {
    // Bert puts special tokens around nothing, Qwen does not.
    let vectors = embedder(&random(Arch::Bert)).embed(&["", "the house"]).unwrap();
    assert!((length(&vectors[0]) - 1.0).abs() < 1e-5);
    let mut qwen = embedder(&random(Arch::Qwen3));
    assert_eq!(qwen.embed(&["the house", ""]), Err(Error::EmptyText { index: 1 }));
    assert_eq!(qwen.embed(&["the house"]).unwrap().len(), 1);
    let none: [&str; 0] = [];
    assert!(qwen.embed(&none).unwrap().is_empty());
}

#[test]
fn control_tokens_in_texts_are_text() {
    let bert = random(Arch::Bert);
    let mut plain = bert.embedder().pooling(Pooling::None).threads(1).build().unwrap();
    let found = plain.embed_tokens(&["[SEP] the [MASK]"]).unwrap();
    let special = [bert.vocab().sep(), bert.vocab().mask()];
    let inside = &found[0].tokens[1..found[0].tokens.len() - 1];
    assert!(inside.iter().all(|&token| !special.contains(&Some(token))), "{inside:?}");
}

#[test]
fn texts_that_are_tokens_already() {
    let bert = random(Arch::Bert);
    let mut embedder = bert.embedder().max_tokens(6).truncate(true).threads(1).build().unwrap();
    let tokens = bert.vocab().tokenize("the house", Special::AsText).unwrap();
    let vectors = embedder.embed_tokenized(&[&tokens[..], &tokens[1..]]).unwrap();
    assert_alike(&vectors[0], &embedder.embed_query("the house").unwrap(), "the same tokens");
    assert!(vectors[0] != vectors[1]);
    let refused = embedder.embed_tokenized(&[tokens.clone(), Vec::new()]);
    assert_eq!(refused, Err(Error::EmptyText { index: 1 }));
    let refused = embedder.embed_tokenized(&[vec![Token(5); 7]]);
    assert_eq!(refused, Err(Error::TextTooLong { index: 0, tokens: 7, max: 6 }), "never cut");
    let n_vocab = bert.n_vocab();
    for bad in [Token(-1), Token(640), Token(i32::MAX)] {
        let refused = embedder.embed_tokenized(&[[bad]]);
        assert_eq!(refused, Err(Error::TokenOutOfRange { token: bad, n_vocab }));
    }
}

#[test]
fn prefixes() {
    let bert = random(Arch::Bert);
    let mut plain = embedder(&bert);
    let builder = bert.embedder().query_prefix("question ").document_prefix("answer ");
    let mut prefixed = builder.threads(1).build().unwrap();
    let query = prefixed.embed_query("the house").unwrap();
    let document = prefixed.embed(&["the house"]).unwrap();
    assert_alike(&query, &plain.embed_query("question the house").unwrap(), "query");
    assert_alike(&document[0], &plain.embed_query("answer the house").unwrap(), "document");
}

#[test]
fn adapters_stay_when_the_context_grows_and_bring_their_prefix() {
    let shape = Shape::tiny(Arch::Llama);
    let model = random_shape(shape.clone());
    let path = folder().join("embed-adapter.gguf");
    RandomAdapter::new(shape).metadata("adapter.lora.prompt_prefix", "question ").write(&path).unwrap();
    let adapter = llama::LoraAdapter::load(&model, &path).unwrap();
    let mut with = model.embedder().adapter(&adapter, 1.0).batch_tokens(16).threads(1).build().unwrap();
    let mut without = model.embedder().query_prefix("question ").threads(1).build().unwrap();
    let first = with.embed_query("the house").unwrap();
    let base = without.embed_query("the house").unwrap();
    assert!(cosine(&first, &base).unwrap() < 0.999, "the adapter does something");
    with.embed(&["fox ".repeat(100)]).unwrap();
    assert_alike(&with.embed_query("the house").unwrap(), &first, "after growing");
    let mut none = model.embedder().adapter(&adapter, 0.0).threads(1).build().unwrap();
    assert_alike(&none.embed_query("the house").unwrap(), &base, "a scale of 0 and the adapter's prefix");

    let mut broken = model.embedder().adapter(&adapter, f32::MAX).threads(1).build().unwrap();
    let refused = broken.embed_query("the house");
    assert!(matches!(refused, Err(Error::Failed { operation: "embed", .. })), "{refused:?}");
    for (adapter, scale) in [(&adapter, f32::NAN), (&adapter, f32::INFINITY)] {
        assert!(model.embedder().adapter(adapter, scale).build().is_err());
    }
    assert!(random(Arch::Llama).embedder().adapter(&adapter, 1.0).build().is_err(), "of another model");
}

#[test]
fn stopping_and_going_on() {
    let bert = random(Arch::Bert);
    let token = CancelToken::new();
    let builder = bert.embedder().batch_tokens(8).cancel(token.clone());
    let mut embedder = builder.threads(1).build().unwrap();
    let texts = texts(3, 20, 5);
    let stopped = embedder.embed_with(&texts, |done| {
        if done >= 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stopped, Err(Error::Cancelled));
    let mut calls = 0;
    let switch = token.clone();
    let stopped = embedder.embed_with(&texts, |_| {
        calls += 1;
        switch.cancel();
    });
    assert_eq!((stopped, calls), (Err(Error::Cancelled), 1));
    assert_eq!(embedder.embed(&texts), Err(Error::Cancelled), "the switch stays on");
    embedder.cancel_token().reset();
    assert_eq!(embedder.embed(&texts).unwrap().len(), 20);
}

#[test]
fn the_default_model_finds_what_is_alike() {
    let mut embedder = embedder(&model());
    assert_eq!(embedder.pooling(), Pooling::Mean, "its file names none");
    let texts = ["What is the capital of France?", "How are you today?", "What is 7 plus 5?"];
    let vectors = embedder.embed(&texts).unwrap();
    let query = embedder.embed_query("What is the capital of Italy?").unwrap();
    assert_eq!(vectors.nearest(&query, 1).unwrap()[0].index, 0);
}

#[test]
fn values_that_cannot_work() {
    let bert = random(Arch::Bert);
    let rank = random_shape(Shape::tiny_reranker());
    let vocab_only = Model::builder(RandomModel::new(Shape::tiny(Arch::Bert)).cached(folder()).unwrap());
    let vocab_only = vocab_only.vocab_only(true).load().unwrap();
    let names = |result: Result<Embedder, Error>| match result {
        Err(Error::InvalidParameter { name, .. }) => name,
        Err(Error::VocabOnly) => "vocabulary only",
        other => panic!("{other:?}"),
    };
    assert_eq!(names(bert.embedder().dimensions(0).build()), "dimensions");
    assert_eq!(names(bert.embedder().dimensions(65).build()), "dimensions");
    assert_eq!(names(bert.embedder().max_tokens(0).build()), "max_tokens");
    assert_eq!(names(bert.embedder().max_tokens(257).build()), "max_tokens");
    assert_eq!(names(bert.embedder().batch_tokens(0).build()), "batch_tokens");
    assert_eq!(names(bert.embedder().batch_tokens(usize::MAX).build()), "batch_tokens");
    assert_eq!(names(bert.embedder().batch_tokens(1 << 31).build()), "n_ctx");
    assert_eq!(names(bert.embedder().pooling(Pooling::Rank).build()), "pooling");
    assert_eq!(names(bert.embedder().pooling(Pooling::Other(77)).build()), "pooling");
    assert_eq!(names(rank.embedder().build()), "pooling");
    assert_eq!(names(bert.embedder().threads(0).build()), "n_threads");
    assert_eq!(names(vocab_only.embedder().build()), "vocabulary only");
    assert!(matches!(Embeddings::from_vec(vec![0.0; 3], 2), Err(Error::InvalidParameter { .. })));
    let vectors = Embeddings::from_vec(vec![0.0; 4], 2).unwrap();
    assert!(vectors.nearest(&[0.0; 3], 1).is_err());
    // A model that ranks can be made to embed.
    assert!(rank.embedder().pooling(Pooling::Cls).threads(1).build().unwrap().embed(&["fox"]).is_ok());
}

/// Tokens of a text without anything around it.
fn fragment(model: &Model, text: &str) -> Vec<Token> {
    model.vocab().tokenize_fragment(text, Special::AsText).unwrap()
}

/// The score that a context gives to a prompt.
fn score(model: &Model, prompt: &[Token]) -> f32 {
    let builder = model.context_builder().n_ctx(256).embeddings(true).pooling(Pooling::Rank);
    let mut ctx = builder.n_threads(1).build().unwrap();
    ctx.encode(&batch(0, 0, prompt)).unwrap().pooled(SeqId(0)).unwrap()[0]
}

#[test]
fn documents_come_in_the_order_of_their_scores() {
    let model = random_shape(Shape::tiny_reranker());
    let documents = texts(5, 25, 30);
    let query = "the red house";
    let mut reranker = model.reranker().batch_tokens(100).threads(1).build().unwrap();
    let ranked = reranker.rank(query, &documents).unwrap();
    assert!(ranked.is_sorted_by(|a, b| a.score >= b.score));
    let mut seen: Vec<usize> = ranked.iter().map(|found| found.index).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..documents.len()).collect::<Vec<_>>());
    let vocab = model.vocab();
    for found in &ranked {
        let (start, between) = (vocab.bos().unwrap(), vocab.sep().unwrap());
        let document = fragment(&model, &documents[found.index]);
        let prompt = [&[start][..], &fragment(&model, query), &[between], &document].concat();
        let expected = score(&model, &prompt);
        assert!((found.score - expected).abs() < 1e-3, "{}: {} {expected}", found.index, found.score);
        assert!(!found.truncated);
    }
    let none: [&str; 0] = [];
    assert!(reranker.rank(query, &none).unwrap().is_empty());
}

#[test]
fn the_template_of_the_file_says_how_to_rank() {
    let path = folder().join("rerank-template.gguf");
    let template = "question {query} [SEP] answer {document} yes";
    let written = RandomModel::new(Shape::tiny_reranker());
    written.metadata("tokenizer.chat_template.rerank", template).write(&path).unwrap();
    let model = Model::load(&path).unwrap();
    let mut reranker = model.reranker().max_tokens(40).threads(1).truncate(true).build().unwrap();
    let ranked = reranker.rank("the [SEP] house", &["a tree", &"fox ".repeat(100)]).unwrap();

    let separator = [model.vocab().sep().unwrap()];
    let prompt = |document: &str| {
        let (start, end) = (fragment(&model, "question the [SEP] house"), fragment(&model, "answer"));
        [&start[..], &separator, &end, &fragment(&model, document), &fragment(&model, "yes")].concat()
    };
    let of = |index| ranked.iter().find(|found| found.index == index).unwrap();
    assert!((of(0).score - score(&model, &prompt("a tree"))).abs() < 1e-3);
    let room = 40 - prompt("").len();
    assert!((of(1).score - score(&model, &prompt(&"fox ".repeat(room)))).abs() < 1e-3);
    assert!(of(1).truncated && !of(0).truncated);

    let broken =
        RandomModel::new(Shape::tiny_reranker()).metadata("tokenizer.chat_template.rerank", "{query}");
    broken.write(&path).unwrap();
    assert!(matches!(Model::load(&path).unwrap().reranker().build(), Err(Error::Template { .. })));
}

#[test]
fn generative_models_rank_by_their_last_token() {
    let labels = ["yes", "no"].map(String::from).to_vec();
    let shape = Shape { name: "tiny-qwen3-rank".into(), labels, ..Shape::tiny(Arch::Qwen3) };
    let path = folder().join("qwen3-rank.gguf");
    let template = "<|im_start|>{query}<|im_end|>{document}<|im_end|>";
    RandomModel::new(shape).metadata("tokenizer.chat_template.rerank", template).write(&path).unwrap();
    let model = Model::load(&path).unwrap();
    let documents = texts(6, 12, 20);
    let ranked =
        model.reranker().batch_tokens(64).threads(1).build().unwrap().rank("fox", &documents).unwrap();
    let builder = model.context_builder().n_ctx(256).embeddings(true).pooling(Pooling::Rank);
    let mut ctx = builder.n_threads(1).build().unwrap();
    for found in &ranked {
        let prompt = format!("<|im_start|>fox<|im_end|>{}<|im_end|>", documents[found.index]);
        let tokens = model.vocab().tokenize_fragment(&prompt, Special::Parse).unwrap();
        ctx.memory().clear(false).unwrap();
        let expected = ctx.decode(&batch(0, 0, &tokens)).unwrap().pooled(SeqId(0)).unwrap()[0];
        assert!((found.score - expected).abs() < 1e-3, "{} {expected}", found.score);
    }
    // This architecture gives probabilities already.
    let found = model.classifier().threads(1).build().unwrap().classify(&["fox"]).unwrap();
    let shown: Vec<f32> = found[0].iter().map(|(_, probability)| probability).collect();
    assert_eq!(shown, found[0].scores());
    assert!((shown.iter().sum::<f32>() - 1.0).abs() < 1e-5);
}

#[test]
fn documents_that_are_too_long() {
    let model = random_shape(Shape::tiny_reranker());
    let max = model.n_ctx_train() as usize;
    let long = "fox ".repeat(max);
    let mut strict = model.reranker().threads(1).build().unwrap();
    let refused = strict.rank("the house", &["a", &long]);
    assert_eq!(refused, Err(Error::TextTooLong { index: 1, tokens: max + 4, max }));
    let mut lenient = model.reranker().truncate(true).threads(1).build().unwrap();
    let ranked = lenient.rank("the house", &["a", &long]).unwrap();
    assert_eq!(ranked.iter().filter(|found| found.truncated).count(), 1);
    let refused = lenient.rank(&long, &["a"]);
    assert!(
        matches!(refused, Err(Error::TextTooLong { index: 0, .. })),
        "only documents are cut: {refused:?}"
    );
}

#[test]
fn models_that_cannot_rank() {
    for model in [model(), random(Arch::Bert), random(Arch::T5)] {
        for refused in [model.reranker().build().err(), model.classifier().build().err()] {
            assert!(matches!(refused, Some(Error::InvalidParameter { name: "pooling", .. })), "{refused:?}");
        }
    }
}

#[test]
fn classes_have_labels_and_probabilities() {
    let labels = ["good", "bad", "neither"].map(String::from).to_vec();
    let model = random_shape(Shape { name: "tiny-bert-three".into(), labels, ..Shape::tiny(Arch::Bert) });
    let mut classifier = model.classifier().batch_tokens(64).threads(1).build().unwrap();
    assert_eq!(classifier.labels(), ["good", "bad", "neither"]);
    let texts = texts(9, 20, 20);
    let all = classifier.classify(&texts).unwrap();
    for (text, found) in texts.iter().zip(&all) {
        let sum: f32 = found.iter().map(|(_, probability)| probability).sum();
        assert!((sum - 1.0).abs() < 1e-5);
        let best = found.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!((found.label(), found.probability()), best);
        let alone = classifier.classify(&[text]).unwrap();
        let difference = alone[0].scores().iter().zip(found.scores()).map(|(a, b)| (a - b).abs());
        assert!(difference.fold(0.0, f32::max) < 1e-3);
    }
    let mut one = random_shape(Shape::tiny_reranker()).classifier().threads(1).build().unwrap();
    let found = one.classify(&["the house"]).unwrap();
    let logistic = 1.0 / (1.0 + (-found[0].scores()[0]).exp());
    assert_eq!(found[0].label(), "relevance");
    assert!((found[0].probability() - logistic).abs() < 1e-6);
}
