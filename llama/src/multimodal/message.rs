//! Messages with images and recordings.

use super::part::Media;
use crate::message::Message;

/// An image or a recording in a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Placed {
    /// Its place in the text, in bytes.
    pub(crate) at: usize,
    pub(crate) media: Media,
}

impl Message {
    /// With an image or a recording behind what there is so far.
    ///
    /// It takes a [`Chat`](crate::Chat) with a [projector](crate::ChatBuilder::projector) to send such a message.
    ///
    /// ```
    /// use llama::Message;
    /// use llama::multimodal::Image;
    /// let [first, second] = [[0, 0, 0], [255, 255, 255]].map(|pixel| Image::from_rgb(1, 1, pixel.to_vec()));
    /// let message = Message::user("Compare ").with_media(first?).with_text(" with ").with_media(second?);
    /// assert_eq!(message.content, "Compare  with ");
    /// assert_eq!(message.media().map(|(place, _)| place).collect::<Vec<_>>(), [8, 14]);
    /// # Ok::<(), llama::Error>(())
    /// ```
    #[must_use]
    pub fn with_media(mut self, media: impl Into<Media>) -> Self {
        self.media.push(Placed { at: self.content.len(), media: media.into() });
        self
    }

    /// With more text behind what there is so far. Behind text it begins a new line, as parts of messages do in
    /// llama.cpp.
    #[must_use]
    pub fn with_text(mut self, text: impl AsRef<str>) -> Self {
        let behind_media = self.media.last().is_some_and(|placed| placed.at >= self.content.len());
        if !self.content.is_empty() && !behind_media {
            self.append("\n");
        }
        self.append(text.as_ref());
        self
    }

    /// Without its images and recordings.
    #[must_use]
    pub fn without_media(mut self) -> Self {
        self.media.clear();
        self
    }

    /// Its images and recordings in order, each with its place in the text in bytes. Where the text was shortened,
    /// the place can lie behind its end, and counts as the end.
    pub fn media(&self) -> impl Iterator<Item = (usize, &Media)> {
        self.media.iter().map(|placed| (placed.at, &placed.media))
    }
}
