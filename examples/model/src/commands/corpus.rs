//! `corpus`: rows of token ids for the trainer.
//!
//! A row is filled with whole dialogues. An id is a little-endian `u16` whose two
//! highest bits mark the first token of a dialogue and the tokens to be learned.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use default_model::{Dialogue, Kind, Split, Topic, rng::Rng};
use tokenizers::Tokenizer;

use crate::Outcome;
use crate::vocabulary::END_OF_TEXT;

const STARTS_DIALOGUE: u16 = 0x8000;
const IS_LEARNED: u16 = 0x4000;

const TRAIN_SEED: u64 = 2;
const HELD_OUT_SEED: u64 = 3;
/// Rows that are filled at the same time, so that little has to be padded.
const OPEN_ROWS: usize = 64;
const HELD_OUT_PER_TOPIC: usize = 40;

/// A file of rows of one length.
struct Rows {
    name: &'static str,
    /// Tokens per row.
    length: usize,
    /// The file's share of all tokens, per cent.
    share: usize,
    /// Which dialogues it holds, and how many of a hundred.
    kinds: &'static [(u32, Kind)],
    /// How many questions a dialogue may have.
    questions: &'static [usize],
}

const FILES: &[Rows] = &[
    Rows {
        name: "short.bin",
        length: 128,
        share: 40,
        kinds: &[(52, Kind::Talk), (24, Kind::Json), (24, Kind::Gap)],
        questions: &[1, 1, 1, 1, 2, 2, 3],
    },
    Rows {
        name: "middle.bin",
        length: 256,
        share: 40,
        kinds: &[(78, Kind::Tools), (10, Kind::Talk), (6, Kind::Json), (6, Kind::Gap)],
        questions: &[1, 1, 2, 2, 3],
    },
    Rows {
        name: "long.bin",
        length: 512,
        share: 20,
        kinds: &[(52, Kind::Talk), (40, Kind::Tools), (8, Kind::Json)],
        questions: &[1, 3, 4, 5, 6, 9, 12, 15],
    },
];

/// Rows of short, middling and long dialogues, and the held-out dialogues.
pub(crate) fn run(tokenizer: &Tokenizer, folder: &Path, tokens: usize) -> Outcome {
    std::fs::create_dir_all(folder)?;
    let mut rng = Rng::new(TRAIN_SEED);
    for rows in FILES {
        write_rows(tokenizer, folder, rows, tokens * rows.share / 100, &mut rng)?;
    }
    held_out(tokenizer, folder)
}

/// Writes rows until there are `tokens` ids in them.
fn write_rows(tokenizer: &Tokenizer, folder: &Path, rows: &Rows, tokens: usize, rng: &mut Rng) -> Outcome {
    let mut file = BufWriter::new(File::create(folder.join(rows.name))?);
    let length = rows.length;
    let mut open: Vec<Vec<u16>> = Vec::new();
    let mut written = 0;
    while written < tokens {
        let kind = rng.weighted(rows.kinds);
        let questions = *rng.choose(rows.questions);
        let dialogue = Dialogue::random(rng, Split::Train, kind, questions);
        let ids = encode(tokenizer, &dialogue, false)?;
        if ids.len() > length {
            continue;
        }
        // The fullest row that still has room.
        let best = (0..open.len())
            .filter(|&row| open[row].len() + ids.len() <= length)
            .max_by_key(|&row| open[row].len());
        match best {
            Some(row) => open[row].extend(ids),
            None => open.push(ids),
        }
        if open.len() > OPEN_ROWS {
            let fullest = (0..open.len()).max_by_key(|&row| open[row].len()).unwrap_or(0);
            write_row(&mut file, open.swap_remove(fullest), length)?;
            written += length;
        }
    }
    file.flush()?;
    Ok(())
}

/// One held-out dialogue per row, only its last reply marked, and the topics as text.
fn held_out(tokenizer: &Tokenizer, folder: &Path) -> Outcome {
    let mut file = BufWriter::new(File::create(folder.join("held-out.bin"))?);
    let mut topics = Vec::new();
    let mut rng = Rng::new(HELD_OUT_SEED);
    for topic in Topic::ALL {
        for _ in 0..HELD_OUT_PER_TOPIC {
            let ids = encode(tokenizer, &Dialogue::about(&mut rng, Split::HeldOut, topic), true)?;
            if ids.len() <= 256 {
                write_row(&mut file, ids, 256)?;
                topics.push(topic.name());
            }
        }
    }
    std::fs::write(folder.join("held-out.txt"), topics.join("\n"))?;
    file.flush()?;
    Ok(())
}

fn encode(tokenizer: &Tokenizer, dialogue: &Dialogue, last_only: bool) -> Outcome<Vec<u16>> {
    let parts = dialogue.parts();
    let last = dialogue.prompt_parts(&parts);
    let mut ids = Vec::new();
    for (at, (text, learned)) in parts.iter().enumerate() {
        let learned = *learned && (!last_only || at >= last);
        for &id in tokenizer.encode_fast(text.as_str(), false)?.get_ids() {
            ids.push(u16::try_from(id)? | if learned { IS_LEARNED } else { 0 });
        }
    }
    if let Some(first) = ids.first_mut() {
        *first |= STARTS_DIALOGUE;
    }
    Ok(ids)
}

fn write_row(file: &mut impl Write, mut row: Vec<u16>, length: usize) -> Outcome {
    row.resize(length, u16::try_from(END_OF_TEXT)? | STARTS_DIALOGUE);
    let bytes: Vec<u8> = row.into_iter().flat_map(u16::to_le_bytes).collect();
    file.write_all(&bytes)?;
    Ok(())
}
