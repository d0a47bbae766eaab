//! Growing a vocabulary: new merges come last, so no token id moves.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use tokenizers::{PreTokenizedString, PreTokenizer as _, Tokenizer};

use crate::Outcome;

/// `tokenizer` as JSON, with merges of what stands together most often in `texts` until
/// it has `size` tokens.
pub(crate) fn grow(tokenizer: &Tokenizer, texts: &[String], size: usize) -> Outcome<Json> {
    let mut grown: Json = serde_json::from_str(&tokenizer.to_string(false)?)?;
    let mut words = count_words(tokenizer, texts)?;
    for id in tokenizer.get_vocab_size(true)..size {
        let Some((first, second)) = most_frequent_pair(&words) else { break };
        let whole = format!("{first}{second}");
        for word in &mut words {
            merge(&mut word.0, &first, &second);
        }
        grown["model"]["vocab"][&whole] = id.into();
        let merges = grown["model"]["merges"].as_array_mut().ok_or("the tokenizer has no merges")?;
        merges.push(json!([first, second]));
    }
    Ok(grown)
}

/// Every word of `texts` as the tokens it has by now, and how often it comes.
fn count_words(tokenizer: &Tokenizer, texts: &[String]) -> Outcome<Vec<(Vec<String>, usize)>> {
    let rule = tokenizer.get_pre_tokenizer().ok_or("the tokenizer does not cut text into words")?;
    let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in texts {
        let mut cut = PreTokenizedString::from(text.as_str());
        rule.pre_tokenize(&mut cut)?;
        for (word, _, _) in
            cut.get_splits(tokenizers::OffsetReferential::Original, tokenizers::OffsetType::Byte)
        {
            if !known.contains_key(word) {
                let model = tokenizers::Model::tokenize(tokenizer.get_model(), word)?;
                known.insert(word.to_owned(), model.into_iter().map(|token| token.value).collect());
            }
            *counts.entry(known[word].clone()).or_default() += 1;
        }
    }
    Ok(counts.into_iter().collect())
}

/// The pair that comes most often; of equals the first in the alphabet.
fn most_frequent_pair(words: &[(Vec<String>, usize)]) -> Option<(String, String)> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (word, count) in words {
        for pair in word.windows(2) {
            *counts.entry((&pair[0], &pair[1])).or_default() += count;
        }
    }
    let best = counts.into_iter().rev().max_by_key(|&(_, count)| count)?.0;
    Some((best.0.to_owned(), best.1.to_owned()))
}

fn merge(word: &mut Vec<String>, first: &str, second: &str) {
    let mut at = 0;
    while at + 1 < word.len() {
        if word[at] == first && word[at + 1] == second {
            let next = word.remove(at + 1);
            word[at].push_str(&next);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{merge, most_frequent_pair};

    #[test]
    fn the_most_frequent_pair_becomes_one_token() {
        let word = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let mut words = vec![(word("abab"), 3), (word("xab"), 1), (word("yz"), 6)];
        let (first, second) = most_frequent_pair(&words).expect("there are pairs");
        assert_eq!((first.as_str(), second.as_str()), ("a", "b"));
        merge(&mut words[0].0, &first, &second);
        assert_eq!(words[0].0, ["ab", "ab"]);
        assert_eq!(most_frequent_pair(&[(word("a"), 1)]), None);
    }
}
