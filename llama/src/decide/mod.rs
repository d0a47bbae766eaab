//! Decisions: probabilities of options in one pass, without reading text.
//!
//! The options' tokens form a tree. The prompt is computed once; behind it the model's own probabilities of the
//! tokens on each way through the tree are multiplied. Nothing is drawn at random and no reply is parsed.
#![forbid(unsafe_code)]

mod choice;
mod decision;
mod run;
mod tree;

pub use choice::{Choice, ChoiceOption};
pub use decision::{Decision, Outcome};

use crate::chat::Chat;
use crate::error::Result;
use crate::message::Message;
use crate::model::Model;
use crate::vocab::Special;
use std::ops::RangeInclusive;
use tree::Tree;

/// Sequences of the contexts that decisions of a [`Model`] are made in: the prompt's own, and one for each way to
/// be computed together.
const SEQUENCES: u32 = 32;

impl Chat {
    /// Decides among the variants of an enum: how would the model reply to `message`, at this point of the
    /// conversation? The history stays as it is.
    ///
    /// The options are named to the model behind the message. The probability of an option is exactly the product of
    /// the model's probabilities of its tokens (as the vocabulary splits the option), before any sampler; where
    /// one option is the beginning of another, the shorter one counts when the longer one does not follow.
    ///
    /// A chat whose context has several sequences in one memory computes options of several tokens together, in
    /// one step; other contexts compute them one after the other, with the same result but for rounding.
    ///
    /// ```
    /// # #[cfg(feature = "derive")] {
    /// #[derive(Debug, llama::Choice)]
    /// enum Mood {
    ///     Positive,
    ///     /// Neither one nor the other.
    ///     Neutral,
    ///     #[choice("Very negative")]
    ///     Negative,
    /// }
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// let mut judge = model
    ///     .chat_builder()
    ///     .system("You judge the mood of messages.")
    ///     .context_with(|c| c.n_seq_max(16).kv_unified(true).n_outputs_max(16))
    ///     .build()?;
    /// let mood = judge.decide::<Mood>("The train was late again.")?;
    /// println!("{:?} {:.0}%", mood.best(), 100.0 * mood.probability());
    /// # }
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParameter`](crate::Error::InvalidParameter) for options that are empty or that the vocabulary
    /// spells alike; [`TooLong`](crate::Error::TooLong) for more than 1024;
    /// [`ContextFull`](crate::Error::ContextFull); [`Cancelled`](crate::Error::Cancelled); otherwise as
    /// [`send`](Self::send).
    pub fn decide<T: Choice>(&mut self, message: impl Into<Message>) -> Result<Decision<T>> {
        let options = T::options();
        self.decide_from(choice::with_list(message.into(), &options), options)
    }

    /// Decides among texts given at run time.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// let mut chat = model.chat("")?;
    /// let city = chat.decide_among("What is the capital of France?", &["Berlin", "Paris", "Rome"])?;
    /// println!("{} {:.0}%", city.best(), 100.0 * city.probability());
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn decide_among(
        &mut self,
        message: impl Into<Message>,
        options: &[impl AsRef<str>],
    ) -> Result<Decision<String>> {
        let options = texts(options);
        self.decide_from(choice::with_list(message.into(), &options), options)
    }

    /// Decides between yes and no.
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn yes_no(&mut self, message: impl Into<Message>) -> Result<Decision<bool>> {
        let options = vec![ChoiceOption::new(true, "Yes"), ChoiceOption::new(false, "No")];
        let mut message = message.into();
        message.append("\n\nReply with Yes or No and nothing else.");
        self.decide_from(message, options)
    }

    /// Gives a score; [`Decision::mean`] is finer than its steps.
    ///
    /// # Errors
    /// As [`decide`](Self::decide); an empty range has no options.
    pub fn score(
        &mut self,
        message: impl Into<Message>,
        range: RangeInclusive<i32>,
    ) -> Result<Decision<i32>> {
        let (low, high) = (*range.start(), *range.end());
        let count = i64::from(high) - i64::from(low) + 1;
        choice::check_count(usize::try_from(count).unwrap_or(0))?;
        let options = range.map(|number| ChoiceOption::new(number, number.to_string())).collect();
        let mut message = message.into();
        message.append(&format!("\n\nReply with one whole number from {low} to {high} and nothing else."));
        self.decide_from(message, options)
    }

    /// Decides among any options, about a message that goes to the model as it is: nothing names the options to it.
    ///
    /// ```
    /// use llama::ChoiceOption;
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// let options = vec![ChoiceOption::new(1, "The capital of France is Paris"), ChoiceOption::new(2, "I do not")];
    /// let decision = model.chat("")?.decide_from("What is the capital of France?", options)?;
    /// assert_eq!(*decision.best(), 1);
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn decide_from<T>(
        &mut self,
        message: impl Into<Message>,
        options: Vec<ChoiceOption<T>>,
    ) -> Result<Decision<T>> {
        choice::check_count(options.len())?;
        let vocab = self.model().vocab();
        let tokens = options
            .iter()
            .map(|option| vocab.tokenize_fragment(option.text(), Special::AsText))
            .collect::<Result<Vec<_>>>()?;
        let tree = Tree::new(&tokens)?;
        let (session, prompt) = self.aside(message.into())?;
        let logs = run::log_probabilities(session, &prompt, &tree)?;
        Decision::new(options, &tree.options(&logs))
    }
}

fn texts(options: &[impl AsRef<str>]) -> Vec<ChoiceOption<String>> {
    options.iter().map(|text| ChoiceOption::new(text.as_ref().to_owned(), text.as_ref())).collect()
}

impl Model {
    /// Decides among the variants of an enum, see [`Chat::decide`]. Creates a context for it; use a [`Chat`] for
    /// several decisions.
    ///
    /// # Errors
    /// As [`Chat::decide`] and [`ChatBuilder::build`](crate::ChatBuilder::build).
    pub fn decide<T: Choice>(&self, text: &str) -> Result<Decision<T>> {
        self.judge()?.decide(text)
    }

    /// Decides among texts given at run time, see [`Chat::decide_among`].
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn decide_among(&self, text: &str, options: &[impl AsRef<str>]) -> Result<Decision<String>> {
        self.judge()?.decide_among(text, options)
    }

    /// Decides between yes and no, see [`Chat::yes_no`].
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn yes_no(&self, text: &str) -> Result<Decision<bool>> {
        self.judge()?.yes_no(text)
    }

    /// Gives a score, see [`Chat::score`].
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn score(&self, text: &str, range: RangeInclusive<i32>) -> Result<Decision<i32>> {
        self.judge()?.score(text, range)
    }

    fn judge(&self) -> Result<Chat> {
        let context = |c: crate::context::ContextBuilder| {
            c.n_seq_max(SEQUENCES).kv_unified(true).n_outputs_max(SEQUENCES)
        };
        self.chat_builder().context_with(context).build()
    }
}
