//! What prompts with media are made of.

use super::media::{Audio, Image};
use crate::error::{Error, Result};
use crate::vocab::{PromptPart, Special};
use std::collections::HashSet;

/// An image or a recording.
///
/// ```
/// use llama::multimodal::{Audio, Image, Media};
/// let media = [Media::from(Image::from_rgb(1, 1, vec![0; 3])?), Audio::from_samples(16_000, vec![0.0; 160])?.into()];
/// for one in &media {
///     match one {
///         Media::Image(image) => println!("{} x {} pixels", image.width(), image.height()),
///         Media::Audio(audio) => println!("{:?}", audio.duration()),
///         _ => {}
///     }
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Media {
    /// An image.
    Image(Image),
    /// A recording.
    Audio(Audio),
}

impl Media {
    /// A name of the content: [`Image::id`] or [`Audio::id`].
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Image(image) => image.id(),
            Self::Audio(audio) => audio.id(),
        }
    }
}

impl From<Image> for Media {
    fn from(image: Image) -> Self {
        Self::Image(image)
    }
}

impl From<Audio> for Media {
    fn from(audio: Audio) -> Self {
        Self::Audio(audio)
    }
}

/// A part of a prompt: text, an image or a recording.
///
/// Each text is tokenized by itself, as llama.cpp does around media.
///
/// ```
/// use llama::multimodal::{Image, Part};
/// let image = Image::from_rgb(1, 1, vec![0, 0, 0])?;
/// let parts = [Part::template("<|im_start|>user\n"), Part::text("What is this? "), Part::from(image)];
/// assert!(matches!(parts[1], Part::Text { .. }));
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "mtmd_input_part")]
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// Text.
    #[doc(alias = "mtmd_input_text")]
    Text {
        /// The text. A media marker in it is text like any other.
        text: String,
        /// Whether special tokens in it mean what they say.
        special: Special,
    },
    /// An image or a recording.
    Media(Media),
}

impl Part {
    /// Text from outside, in which special tokens are ordinary text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), special: Special::AsText }
    }

    /// Text of a template, in which special tokens mean what they say.
    #[must_use]
    pub fn template(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), special: Special::Parse }
    }
}

impl From<Image> for Part {
    fn from(image: Image) -> Self {
        Self::Media(image.into())
    }
}

impl From<Audio> for Part {
    fn from(audio: Audio) -> Self {
        Self::Media(audio.into())
    }
}

impl From<Media> for Part {
    fn from(media: Media) -> Self {
        Self::Media(media)
    }
}

/// The marker that llama.cpp's tools put where a medium belongs: `<__media__>`.
///
/// # Errors
/// When llama.cpp fails to answer.
#[doc(alias = "mtmd_default_marker")]
#[doc(alias = "mtmd_get_marker")]
pub fn default_marker() -> Result<String> {
    crate::ffi::mtmd::default_marker()
}

/// A marker that none of `texts` contains, so that no user can put one into a prompt.
///
/// ```
/// let marker = llama::multimodal::unused_marker(["what does <__media__> mean?"]);
/// assert_eq!(marker, "<__media_1__>");
/// ```
#[must_use]
pub fn unused_marker<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    // What stands between the two halves of a marker.
    let mut used: HashSet<&str> = HashSet::new();
    for text in texts {
        for (at, half) in text.match_indices("<__media_") {
            let rest = &text[at + half.len()..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = &rest[..digits];
            let end = if number.is_empty() { "_>" } else { "__>" };
            used.extend(rest[digits..].starts_with(end).then_some(number));
        }
    }
    if !used.contains("") {
        return "<__media__>".to_owned();
    }
    // Not all of these are used: one that is has no number.
    let number =
        (1..=used.len()).map(|number| number.to_string()).find(|number| !used.contains(number.as_str()));
    format!("<__media_{}__>", number.unwrap_or_default())
}

/// Cuts a rendered prompt at each `marker` and puts the media there, in order.
///
/// Texts of messages stay texts from outside. Where they may contain anything, make the marker with
/// [`unused_marker`] before the prompt is rendered.
///
/// ```
/// use llama::PromptPart;
/// use llama::multimodal::{Image, Media, Part, split_at_markers};
/// let image = Image::from_rgb(1, 1, vec![0, 0, 0])?;
/// let rendered = [PromptPart::template("<s>"), PromptPart::input("Look: <m>!")];
/// let parts = split_at_markers(&rendered, "<m>", [Media::from(image)])?;
/// assert_eq!(parts.len(), 4);
/// assert_eq!(parts[1], Part::text("Look: "));
/// # Ok::<(), llama::Error>(())
/// ```
///
/// # Errors
/// [`Error::MarkerCount`] unless there are as many markers as media; [`Error::InvalidParameter`] for an empty marker.
#[doc(alias = "mtmd_tokenize")]
pub fn split_at_markers(
    rendered: &[PromptPart],
    marker: &str,
    media: impl IntoIterator<Item = Media>,
) -> Result<Vec<Part>> {
    if marker.is_empty() {
        return Err(Error::invalid("marker", "it is empty"));
    }
    let media: Vec<Media> = media.into_iter().collect();
    let markers = rendered.iter().map(|part| part.text.matches(marker).count()).sum();
    if markers != media.len() {
        return Err(Error::MarkerCount { markers, media: media.len() });
    }
    let mut media = media.into_iter().map(Part::Media);
    let mut parts = Vec::new();
    for part in rendered {
        let special = if part.is_input { Special::AsText } else { Special::Parse };
        for (index, text) in part.text.split(marker).enumerate() {
            if index > 0 {
                parts.extend(media.next());
            }
            if !text.is_empty() {
                parts.push(Part::Text { text: text.to_owned(), special });
            }
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(value: u8) -> Media {
        Image::from_rgb(1, 1, vec![value; 3]).unwrap().into()
    }

    #[test]
    fn media_take_the_places_of_markers_in_order() {
        let rendered = [PromptPart::template("<m>a<m><m>"), PromptPart::input("<m>")];
        let parts = split_at_markers(&rendered, "<m>", (0..4).map(image)).unwrap();
        let expected =
            [image(0).into(), Part::template("a"), image(1).into(), image(2).into(), image(3).into()];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_wrong_number_of_markers_is_counted() {
        let rendered = [PromptPart::input("<m> and <m>")];
        let error = split_at_markers(&rendered, "<m>", [image(0)]).unwrap_err();
        assert_eq!(error, Error::MarkerCount { markers: 2, media: 1 });
        let error = split_at_markers(&[], "<m>", [image(0)]).unwrap_err();
        assert_eq!(error, Error::MarkerCount { markers: 0, media: 1 });
        assert!(split_at_markers(&[], "", []).is_err());
    }

    #[test]
    fn a_marker_is_found_whatever_users_write() {
        let hostile: Vec<String> = std::iter::once("<__media__>".to_owned())
            .chain((1..100).map(|n| format!("<__media_{n}__>")))
            .collect();
        let marker = unused_marker(hostile.iter().map(String::as_str));
        assert_eq!(marker, "<__media_100__>");
        assert_eq!(unused_marker([]), "<__media__>");
        let near = "<__media_<__media_1_><__media_01__><__media_1__";
        assert_eq!(unused_marker([near]), "<__media__>");
        assert_eq!(unused_marker([near, "x<__media__>"]), "<__media_1__>");
        // Each text is read once.
        let many: Vec<String> = (0..50_000).map(|n| format!("<__media_{n}__>")).collect();
        assert_eq!(unused_marker(["<__media__>", &many.concat()]), "<__media_50000__>");
    }
}
