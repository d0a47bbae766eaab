//! Small vocabularies that really tokenize, grown to any size with invented words.

use std::collections::HashSet;

use crate::metadata::Metadata;
use crate::rng::Rng;

/// The mark that stands for a space in sentence-piece vocabularies (U+2581).
const SPACE_MARK: char = '\u{2581}';

/// Chat template of all generative models of the kit (the format with `<|im_start|>`).
const CHAT_TEMPLATE: &str = "{%- for m in messages %}{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}\
    {%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

/// English words that come first in every vocabulary, so that ordinary test sentences become words.
const WORDS: &str = "the of and to in is it that was for on are as with his they at be this have from or one \
    had by word but not what all were we when your can said there use an each which she do how their if will \
    up other about out many then them these so some her would make like him into time has look two more write \
    go see number no way could people my than first water been call who oil its now find long down day did get \
    come made may part hello world model token capital france paris question answer quick brown fox jumps over \
    lazy dog red green blue yes please thank you good morning night house tree river city country music story";

/// How a vocabulary splits text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VocabKind {
    /// Byte-level byte-pair encoding with the named pre-tokenizer of llama.cpp, as GPT-2, Llama 3, Qwen.
    ByteLevel(&'static str),
    /// Byte-pair encoding of sentence pieces with byte tokens, as Llama 2, Mistral, Gemma.
    SentencePiece,
    /// Word pieces of lower-cased text, as BERT.
    WordPiece,
    /// Unigram sentence pieces without byte tokens, as T5.
    Unigram,
}

/// The token types of GGUF files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenType {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    Byte = 6,
}

/// A vocabulary, ready to be written as metadata.
#[derive(Debug, Clone)]
pub(crate) struct Vocab {
    kind: VocabKind,
    tokens: Vec<String>,
    scores: Vec<f32>,
    types: Vec<i32>,
    merges: Vec<String>,
    known: HashSet<String>,
    limit: usize,
}

impl Vocab {
    /// A vocabulary of exactly `size` tokens; invented words (from `seed`) fill it up.
    ///
    /// `size` is raised to the smallest vocabulary of the kind that works (below 600 for each).
    pub(crate) fn new(kind: VocabKind, size: usize, seed: u64) -> Self {
        let mut vocab = Self {
            kind,
            tokens: Vec::new(),
            scores: Vec::new(),
            types: Vec::new(),
            merges: Vec::new(),
            known: HashSet::new(),
            limit: usize::MAX,
        };
        vocab.push_base();
        vocab.limit = size.max(vocab.tokens.len());
        for word in WORDS.split_whitespace() {
            vocab.push_word(word);
        }
        let mut rng = Rng::named(seed, "vocabulary");
        while vocab.tokens.len() < vocab.limit {
            let word = invented_word(&mut rng);
            vocab.push_word(&word);
        }
        vocab
    }

    /// Number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Adds the `tokenizer.*` keys.
    pub(crate) fn describe(&self, meta: &mut Metadata) {
        let id = |token: &str| {
            let found = self.tokens.iter().position(|t| t == token).unwrap_or_default();
            u32::try_from(found).unwrap_or_default()
        };
        let (model, pre) = match self.kind {
            VocabKind::ByteLevel(pre) => ("gpt2", pre),
            VocabKind::SentencePiece => ("llama", "default"),
            VocabKind::WordPiece => ("bert", "default"),
            VocabKind::Unigram => ("t5", "default"),
        };
        meta.add("tokenizer.ggml.model", model);
        meta.add("tokenizer.ggml.pre", pre);
        meta.add("tokenizer.ggml.tokens", self.tokens.clone());
        meta.add("tokenizer.ggml.token_type", self.types.clone());
        if !matches!(self.kind, VocabKind::ByteLevel(_)) {
            meta.add("tokenizer.ggml.scores", self.scores.clone());
        }
        match self.kind {
            VocabKind::ByteLevel(_) => {
                meta.add("tokenizer.ggml.merges", self.merges.clone());
                meta.add("tokenizer.ggml.bos_token_id", id("<|endoftext|>"));
                meta.add("tokenizer.ggml.eos_token_id", id("<|endoftext|>"));
                meta.add("tokenizer.ggml.eot_token_id", id("<|im_end|>"));
                meta.add("tokenizer.ggml.add_bos_token", false);
            }
            VocabKind::SentencePiece => {
                meta.add("tokenizer.ggml.unknown_token_id", id("<unk>"));
                meta.add("tokenizer.ggml.bos_token_id", id("<s>"));
                meta.add("tokenizer.ggml.eos_token_id", id("</s>"));
                meta.add("tokenizer.ggml.eot_token_id", id("<|im_end|>"));
                meta.add("tokenizer.ggml.add_bos_token", true);
            }
            VocabKind::WordPiece => {
                meta.add("tokenizer.ggml.token_type_count", 2_u32);
                meta.add("tokenizer.ggml.padding_token_id", id("[PAD]"));
                meta.add("tokenizer.ggml.unknown_token_id", id("[UNK]"));
                meta.add("tokenizer.ggml.bos_token_id", id("[CLS]"));
                meta.add("tokenizer.ggml.seperator_token_id", id("[SEP]"));
                meta.add("tokenizer.ggml.mask_token_id", id("[MASK]"));
                return;
            }
            VocabKind::Unigram => {
                meta.add("tokenizer.ggml.padding_token_id", id("<pad>"));
                meta.add("tokenizer.ggml.eos_token_id", id("</s>"));
                meta.add("tokenizer.ggml.unknown_token_id", id("<unk>"));
                meta.add("tokenizer.ggml.add_bos_token", false);
                meta.add("tokenizer.ggml.add_eos_token", true);
                return;
            }
        }
        meta.add("tokenizer.chat_template", CHAT_TEMPLATE);
    }

    /// Special tokens, then the smallest pieces any text falls back to.
    fn push_base(&mut self) {
        match self.kind {
            VocabKind::ByteLevel(_) => {
                self.push_controls(&["<|endoftext|>", "<|im_start|>", "<|im_end|>"]);
                for byte in 0..=u8::MAX {
                    self.push(byte_char(byte).to_string(), 0.0, TokenType::Normal);
                }
            }
            VocabKind::SentencePiece => {
                self.push("<unk>".into(), 0.0, TokenType::Unknown);
                self.push_controls(&["<s>", "</s>", "<|im_start|>", "<|im_end|>"]);
                for byte in 0..=u8::MAX {
                    self.push(format!("<0x{byte:02X}>"), 0.0, TokenType::Byte);
                }
                self.push_characters(&[SPACE_MARK.to_string()], &(' '..='~').collect::<String>());
            }
            VocabKind::WordPiece => {
                self.push("[PAD]".into(), 0.0, TokenType::Control);
                self.push("[UNK]".into(), 0.0, TokenType::Unknown);
                self.push_controls(&["[CLS]", "[SEP]", "[MASK]"]);
                let characters: String = ('!'..='~').filter(|c| !c.is_ascii_uppercase()).collect();
                let marked: Vec<String> = characters.chars().map(|c| format!("{SPACE_MARK}{c}")).collect();
                self.push_characters(&marked, &characters);
                self.push_characters(&["ing", "ed", "er", "ly", "es", "tion"].map(String::from), "");
            }
            VocabKind::Unigram => {
                self.push_controls(&["<pad>", "</s>"]);
                self.push("<unk>".into(), 0.0, TokenType::Unknown);
                self.push_characters(&[SPACE_MARK.to_string()], &('!'..='~').collect::<String>());
            }
        }
    }

    fn push_controls(&mut self, tokens: &[&str]) {
        for token in tokens {
            self.push((*token).into(), 0.0, TokenType::Control);
        }
    }

    /// Pieces, then single characters: less likely than every word.
    fn push_characters(&mut self, pieces: &[String], characters: &str) {
        for piece in pieces.iter().cloned().chain(characters.chars().map(String::from)) {
            self.push(piece, -1e6, TokenType::Normal);
        }
    }

    /// A word with a space before it, and what the kind of vocabulary needs to arrive at it.
    fn push_word(&mut self, word: &str) {
        match self.kind {
            VocabKind::ByteLevel(_) => {
                let word: String = std::iter::once(b' ').chain(word.bytes()).map(byte_char).collect();
                self.push_prefixes(&word, |vocab, shorter, last| {
                    vocab.merges.push(format!("{shorter} {last}"));
                });
            }
            VocabKind::SentencePiece => {
                self.push_prefixes(&format!("{SPACE_MARK}{word}"), |_, _, _| {});
            }
            VocabKind::WordPiece | VocabKind::Unigram => {
                let score = -self.rank() / 1000.0 - 4.0;
                self.push(format!("{SPACE_MARK}{word}"), score, TokenType::Normal);
            }
        }
    }

    /// Each prefix of at least two characters, so that pairs merge from the left to the whole word.
    fn push_prefixes(&mut self, word: &str, mut on_new: impl FnMut(&mut Self, &str, &str)) {
        let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        for pair in starts.windows(2).skip(1) {
            let (shorter, last) = (&word[..pair[0]], &word[pair[0]..pair[1]]);
            let score = -self.rank();
            if self.push(word[..pair[1]].into(), score, TokenType::Normal) {
                on_new(self, shorter, last);
            }
        }
    }

    /// Position of the next token, for scores that fall.
    #[allow(clippy::cast_precision_loss, reason = "vocabularies are far below 2^24 tokens")]
    fn rank(&self) -> f32 {
        self.tokens.len() as f32
    }

    /// Adds a token unless it is there already or the vocabulary is full.
    fn push(&mut self, token: String, score: f32, kind: TokenType) -> bool {
        if self.tokens.len() >= self.limit || !self.known.insert(token.clone()) {
            return false;
        }
        self.tokens.push(token);
        self.scores.push(score);
        self.types.push(kind as i32);
        true
    }
}

/// The printable character that stands for a byte in byte-level vocabularies.
///
/// Printable Latin-1 bytes stand for themselves, the other 68 are shifted above U+0100 in order.
fn byte_char(byte: u8) -> char {
    let printable = |b: u8| matches!(b, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    if printable(byte) {
        return char::from(byte);
    }
    let shifted = (0..byte).filter(|&b| !printable(b)).count();
    u32::try_from(shifted).ok().and_then(|s| char::from_u32(0x100 + s)).unwrap_or('\u{fffd}')
}

/// Two to five syllables, each a consonant and a vowel.
fn invented_word(rng: &mut Rng) -> String {
    const CONSONANTS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
    const VOWELS: &[u8; 6] = b"aeiouy";
    let mut word = String::new();
    for _ in 0..2 + rng.below(4) {
        word.push(char::from(CONSONANTS[rng.below(20) as usize]));
        word.push(char::from(VOWELS[rng.below(6) as usize]));
    }
    word
}

#[cfg(test)]
mod tests {
    use super::{Vocab, VocabKind, byte_char};

    const KINDS: [VocabKind; 4] =
        [VocabKind::ByteLevel("qwen2"), VocabKind::SentencePiece, VocabKind::WordPiece, VocabKind::Unigram];

    #[test]
    fn sizes_are_exact_and_tokens_distinct() {
        for kind in KINDS {
            for size in [600, 5000] {
                let vocab = Vocab::new(kind, size, 1);
                assert_eq!(vocab.len(), size, "{kind:?}");
                assert_eq!(vocab.known.len(), size, "{kind:?}");
                assert_eq!((vocab.scores.len(), vocab.types.len()), (size, size), "{kind:?}");
            }
        }
    }

    #[test]
    fn too_small_sizes_are_raised_to_the_smallest_that_works() {
        for kind in KINDS {
            let smallest = Vocab::new(kind, 0, 1).len();
            assert!((90..600).contains(&smallest), "{kind:?} {smallest}");
        }
    }

    #[test]
    fn byte_characters_are_distinct_and_the_known_ones() {
        let all: std::collections::HashSet<char> = (0..=u8::MAX).map(byte_char).collect();
        assert_eq!(all.len(), 256);
        assert_eq!((byte_char(b' '), byte_char(b'\n'), byte_char(b'a')), ('\u{120}', '\u{10a}', 'a'));
    }

    #[test]
    fn every_merge_gives_a_token() {
        let vocab = Vocab::new(VocabKind::ByteLevel("qwen2"), 3000, 1);
        for merge in &vocab.merges {
            let (left, right) = merge.split_once(' ').expect("two halves");
            assert!(vocab.known.contains(left), "{left}");
            assert!(vocab.known.contains(right), "{right}");
            assert!(vocab.known.contains(&format!("{left}{right}")));
        }
    }
}
