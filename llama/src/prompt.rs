//! Rendered prompts.

#[cfg(feature = "multimodal")]
use crate::error::Error;
use crate::error::Result;
#[cfg(feature = "multimodal")]
use crate::multimodal::{Media, Part, StandIns};
use crate::token::Token;
use crate::vocab::{PromptPart, Vocab};

/// A rendered prompt that knows which text came from the messages.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{ChatTemplate, Message, TemplateOptions};
/// let template = ChatTemplate::of_model(&model)?;
/// let prompt = template.render(&[Message::user("Hi")], &TemplateOptions::default())?;
/// // What the user wrote is marked, so that it stays text.
/// assert!(prompt.parts().iter().any(|part| part.is_input && part.text == "Hi"));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    parts: Vec<PromptPart>,
    /// Images and recordings, each with the number of parts in front of it.
    #[cfg(feature = "multimodal")]
    media: Vec<(usize, Media)>,
}

impl Prompt {
    pub(crate) fn of(parts: Vec<PromptPart>) -> Self {
        Self {
            parts,
            #[cfg(feature = "multimodal")]
            media: Vec::new(),
        }
    }

    /// The runs of text in order.
    #[must_use]
    pub fn parts(&self) -> &[PromptPart] {
        &self.parts
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }

    /// The tokens; text of messages and tools never becomes a control token.
    ///
    /// # Errors
    /// As [`Vocab::tokenize_prompt`]; [`Error::NoProjector`](crate::Error::NoProjector) where messages have images or
    /// recordings.
    pub fn tokenize(&self, vocab: &Vocab) -> Result<Vec<Token>> {
        #[cfg(feature = "multimodal")]
        if !self.media.is_empty() {
            return Err(Error::NoProjector { media: self.media.len() });
        }
        vocab.tokenize_prompt(&self.parts)
    }
}

#[cfg(feature = "multimodal")]
impl Prompt {
    /// True when there are images or recordings in it.
    #[must_use]
    pub fn has_media(&self) -> bool {
        !self.media.is_empty()
    }

    /// Puts media in place of their stand-ins.
    pub(crate) fn with_media(self, stand_ins: &StandIns) -> Result<Self> {
        let (parts, media) = stand_ins.take(self.parts)?;
        Ok(Self { parts, media })
    }

    /// The texts, images and recordings, for [`Projector::tokenize`](crate::multimodal::Projector::tokenize). Text of
    /// messages never becomes a control token.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// use llama::multimodal::Image;
    /// use llama::{ChatTemplate, Message, TemplateOptions};
    /// let image = Image::from_rgb(1, 1, vec![0, 0, 0])?;
    /// let message = Message::user("What is this?").with_media(image);
    /// let prompt = ChatTemplate::of_model(&model)?.render(&[message], &TemplateOptions::default())?;
    /// assert_eq!(prompt.media_parts(&model.vocab())?.len(), 3);
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Vocab::tokenize_prompt`].
    pub fn media_parts(&self, vocab: &Vocab) -> Result<Vec<Part>> {
        let (mut out, mut from) = (Vec::new(), 0);
        for (at, media) in &self.media {
            out.extend(vocab.text_parts(&self.parts[from..*at])?);
            out.push(media.clone().into());
            from = *at;
        }
        out.extend(vocab.text_parts(&self.parts[from..])?);
        Ok(out)
    }
}
