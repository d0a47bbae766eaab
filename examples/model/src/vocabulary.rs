//! The vocabulary: byte-level BPE, trained with the `tokenizers` crate.

use std::path::Path;

use tokenizers::decoders::byte_level::ByteLevel;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{AddedToken, DecoderWrapper, ModelWrapper, PreTokenizerWrapper, Tokenizer};

use default_model::{Dialogue, Kind, Split, rng::Rng};

use crate::{Outcome, growth};

/// How many tokens the vocabulary has, special ones and the 256 bytes included.
pub(crate) const SIZE: usize = 1600;

/// Padding and the end of a text.
pub(crate) const END_OF_TEXT: u32 = 0;
/// The end of a message, which is where generation stops.
pub(crate) const END_OF_MESSAGE: u32 = 2;

/// Special tokens; the place in this list is the id, so it may only grow at the end.
pub(crate) const SPECIAL: &[&str] = &[
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|file_sep|>",
    "<|reserved_0|>",
    "<|reserved_1|>",
    "<|reserved_2|>",
    "<|reserved_3|>",
    "<|reserved_4|>",
    "<|reserved_5|>",
    "<|reserved_6|>",
];

/// Special tokens that are part of what the model says, so decoding shows them.
pub(crate) const SHOWN: &[&str] = &["<tool_call>", "</tool_call>"];

const SEED: u64 = 1;
const DIALOGUES: usize = 60_000;

/// Trains the vocabulary and writes it as `tokenizer.json`.
pub(crate) fn train(path: &Path) -> Outcome {
    let mut trainer: TrainerWrapper = BpeTrainer::builder()
        .vocab_size(SIZE)
        .min_frequency(2)
        .show_progress(false)
        .special_tokens(
            SPECIAL.iter().map(|&token| AddedToken::from(token, !SHOWN.contains(&token))).collect(),
        )
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build()
        .into();
    let mut tokenizer = Tokenizer::new(ModelWrapper::BPE(BPE::default()));
    // llama.cpp calls this combination "smollm": digits one by one, then GPT-2's rule.
    let byte_level = ByteLevel::new(false, false, true);
    let steps =
        vec![PreTokenizerWrapper::Digits(Digits::new(true)), PreTokenizerWrapper::ByteLevel(byte_level)];
    tokenizer.with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(steps))));
    tokenizer.with_decoder(Some(DecoderWrapper::ByteLevel(byte_level)));
    let mut rng = Rng::new(SEED);
    let texts: Vec<String> = (0..DIALOGUES).flat_map(|_| plain_texts(&random(&mut rng))).collect();
    tokenizer.train(&mut trainer, texts.into_iter())?;
    tokenizer.save(path, false)?;
    Ok(())
}

/// Writes the vocabulary of `old`, grown to today's size without moving an id.
pub(crate) fn extend(old: &Tokenizer, path: &Path) -> Outcome {
    let mut rng = Rng::new(SEED);
    let texts: Vec<String> = (0..DIALOGUES).flat_map(|_| plain_texts(&random(&mut rng))).collect();
    let mut grown = growth::grow(old, &texts, SIZE)?;
    for token in grown["added_tokens"].as_array_mut().ok_or("the tokenizer has no special tokens")? {
        token["special"] = token["content"].as_str().is_none_or(|text| !SHOWN.contains(&text)).into();
    }
    Tokenizer::from_bytes(serde_json::to_vec(&grown)?)?.save(path, false)?;
    Ok(())
}

fn random(rng: &mut Rng) -> Dialogue {
    let kind = rng.weighted(&[(4, Kind::Talk), (3, Kind::Tools), (2, Kind::Json), (1, Kind::Gap)]);
    Dialogue::random(rng, Split::Train, kind, 2)
}

/// The pieces between special tokens: those never take part in merges.
fn plain_texts(dialogue: &Dialogue) -> Vec<String> {
    let mut texts: Vec<String> = vec![dialogue.parts().into_iter().map(|part| part.0).collect()];
    for special in SPECIAL {
        texts = texts.iter().flat_map(|text| text.split(special)).map(str::to_owned).collect();
    }
    texts
}
