//! Decisions: their probabilities are the model's, however they are computed.

use crate::common::{batch, context, model, random};
use llama::{
    CancelToken, Chat, ChatTemplate, ChoiceOption, Error, Message, Model, Special, TemplateOptions, Token,
};
use llama_test_kit::Arch;

/// A chat whose options are computed one after the other.
fn simple(model: &Model) -> Chat {
    model.chat_builder().context(512).n_threads(1).build().unwrap()
}

/// A chat whose options are computed together, in as many sequences.
fn parallel(model: &Model, sequences: u32) -> Chat {
    let shared =
        |c: llama::ContextBuilder| c.n_seq_max(sequences).kv_unified(true).n_outputs_max(sequences.max(8));
    model.chat_builder().context(512).n_threads(1).context_with(shared).build().unwrap()
}

fn prompt(model: &Model, text: &str) -> Vec<Token> {
    let options = TemplateOptions::default().variable("enable_thinking", false);
    let prompt = ChatTemplate::of_model(model).unwrap().render(&[Message::user(text)], &options).unwrap();
    prompt.tokenize(&model.vocab()).unwrap()
}

/// The logarithm of the probability that the reply to `text` begins with `option`, token by token.
fn by_hand(model: &Model, text: &str, option: &str) -> f64 {
    let mut context = context(model);
    let mut past = prompt(model, text);
    let mut log = 0.0;
    for token in model.vocab().tokenize_fragment(option, Special::AsText).unwrap() {
        context.memory().clear(false).unwrap();
        let output = context.decode(&batch(0, 0, &past)).unwrap();
        log += f64::from(output.logits_last().unwrap().log_probability(token).unwrap());
        past.push(token);
    }
    log
}

fn options(texts: &[&str]) -> Vec<ChoiceOption<usize>> {
    texts.iter().enumerate().map(|(number, &text)| ChoiceOption::new(number, text)).collect()
}

#[test]
fn probabilities_are_those_of_the_tokens() {
    let model = model();
    let text = "What is the capital of France?";
    let texts = ["The capital of France is Paris", "The capital of Peru is Lima", "The moon", "I", "xyzzy"];
    let found = simple(&model).decide_from(text, options(&texts)).unwrap();
    for outcome in found.outcomes() {
        let expected = by_hand(&model, text, &outcome.text);
        let difference = (outcome.log_probability - expected).abs();
        assert!(difference < 1e-2 * expected.abs().max(1.0), "{outcome:?} {expected}");
    }
    let sum: f64 = found.outcomes().iter().map(|outcome| outcome.probability).sum();
    assert!((sum - 1.0).abs() < 1e-9);
    assert!(found.mass() <= 1.0 && found.mass() >= found.outcomes()[0].log_probability.exp());
    assert_eq!((*found.best(), found.probability() > 0.9), (0, true));
}

#[test]
fn together_or_one_after_the_other_makes_no_difference() {
    let texts =
        ["The capital is A", "The capital is B", "The cap", "No idea at all", "No", "Never ever", "no"];
    for model in
        [model(), random(Arch::Llama), random(Arch::Gemma3), random(Arch::Mamba), random(Arch::Jamba)]
    {
        let expected = simple(&model).decide_from("Where?", options(&texts)).unwrap();
        for sequences in [2, 3, 16] {
            let mut chat = parallel(&model, sequences);
            for _ in 0..2 {
                let found = chat.decide_from("Where?", options(&texts)).unwrap();
                for (a, b) in expected.outcomes().iter().zip(found.outcomes()) {
                    let difference = (a.log_probability - b.log_probability).abs();
                    assert!(difference < 2e-2 * a.log_probability.abs().max(1.0), "{a:?} {b:?}");
                }
            }
        }
    }
}

#[test]
fn the_same_question_has_the_same_answer() {
    let model = model();
    let ask = |chat: &mut Chat| chat.score("How blue is the sky?", 1..=10).unwrap();
    let (mut one, mut other) = (parallel(&model, 16), parallel(&model, 16));
    let first = ask(&mut one);
    assert_eq!(first, ask(&mut other));
    assert_eq!(first, ask(&mut one), "what is in memory makes no difference");
    assert!((1.0..=10.0).contains(&first.mean()));
}

#[test]
fn an_option_that_another_begins_with_excludes_it() {
    let model = model();
    let text = "What is the capital of France?";
    let (short, long) = ("The capital of France", "The capital of France is Paris");
    let both = simple(&model).decide_from(text, options(&[short, long])).unwrap();
    let alone = simple(&model).decide_from(text, options(&[short])).unwrap();
    assert_eq!(*both.best(), 1, "{both:?}");
    assert!((both.mass() - alone.mass()).abs() < 1e-3, "together they are what the short one was");
}

#[test]
fn the_conversation_counts_and_stays_as_it_is() {
    let model = model();
    let mut chat = simple(&model);
    let answer = chat.ask("What is the capital of Japan?").unwrap();
    let before = chat.messages().to_vec();
    let yes = chat.yes_no("Is that so?").unwrap();
    assert_eq!(yes.outcomes().len(), 2);
    assert!((yes.probability_of(&true) + yes.probability_of(&false) - 1.0).abs() < 1e-9);
    let other = simple(&model).yes_no("Is that so?").unwrap();
    assert!((yes.mass() - other.mass()).abs() > 1e-9, "the conversation before it was seen");
    assert_eq!(chat.messages(), before);
    chat.truncate(0);
    assert_eq!(chat.ask("What is the capital of Japan?").unwrap(), answer);
}

#[test]
fn on_a_model_itself() {
    let city = model().decide_among("What is the capital of France?", &["Berlin", "Paris"]).unwrap();
    assert_eq!(city.outcomes()[1].value, "Paris");
    assert_eq!(model().score("How many?", 3..=3).unwrap().into_best(), 3);
    assert_eq!(model().score("How many?", -2..=120).unwrap().outcomes().len(), 123);
}

#[test]
fn misuse() {
    let model = model();
    let mut chat = simple(&model);
    let none: [&str; 0] = [];
    assert!(matches!(chat.decide_among("x", &none), Err(Error::InvalidParameter { .. })));
    assert!(matches!(chat.decide_among("x", &["a", ""]), Err(Error::InvalidParameter { .. })));
    assert!(matches!(chat.decide_among("x", &["a", "b", "a"]), Err(Error::InvalidParameter { .. })));
    #[allow(clippy::reversed_empty_ranges, reason = "this is what is tested")]
    let reversed = 5..=1;
    assert!(matches!(chat.score("x", reversed), Err(Error::InvalidParameter { .. })));
    assert!(matches!(chat.score("x", i32::MIN..=i32::MAX), Err(Error::TooLong { .. })));
    assert!(matches!(chat.yes_no("word ".repeat(2_000)), Err(Error::ContextFull { .. })));
    assert!(matches!(chat.decide_among("x", &["a", &"long ".repeat(600)]), Err(Error::ContextFull { .. })));
    assert!(chat.decide_among("x", &["\0", "\u{1f999}\u{1f999}"]).is_ok());
    let token = CancelToken::new();
    let mut stopped = model.chat_builder().context(512).cancel(token.clone()).build().unwrap();
    token.cancel();
    assert_eq!(stopped.yes_no("x"), Err(Error::Cancelled));
    assert!(chat.yes_no("x").is_ok(), "and the chat stays usable");
}

#[cfg(feature = "derive")]
mod derived {
    use super::*;
    use llama::Choice;

    #[derive(Debug, Clone, Copy, PartialEq, Choice)]
    enum City {
        Berlin,
        /// The one with the tower.
        ///
        /// Not part of it.
        Paris,
        #[choice("New York")]
        NewYork,
    }

    #[test]
    fn variants_become_options() {
        let shown: Vec<String> = City::options().iter().map(|option| format!("{option:?}")).collect();
        assert!(shown[1].contains("The one with the tower.") && !shown[1].contains("part"), "{shown:?}");
        assert_eq!(City::options()[2].text(), "New York");
        let decision = model().decide::<City>("What is the capital of France?").unwrap();
        let texts: Vec<&str> = decision.outcomes().iter().map(|outcome| outcome.text.as_str()).collect();
        assert_eq!(texts, ["Berlin", "Paris", "New York"]);
        assert_eq!(decision.outcomes()[2].value, City::NewYork);
        assert!(decision.probability_of(&City::Paris) > 0.0);
    }
}
