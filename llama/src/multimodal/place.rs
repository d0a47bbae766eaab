//! Where the media of messages end up in a rendered prompt.

use super::message::Placed;
use super::part::Media;
use crate::error::{Error, Result};
use crate::message::Message;
use crate::vocab::PromptPart;
use std::collections::HashSet;
use std::ops::RangeInclusive;

/// What marks are chosen from: the private area, which no text needs.
const MARKS: RangeInclusive<char> = '\u{e000}'..='\u{f8ef}';

/// Media, each with the number of parts in front of it.
pub(crate) type Places = Vec<(usize, Media)>;

/// Messages whose media are replaced by stand-ins: numbers between two marks, each mark a character that is in no
/// text. So nobody can write a stand-in, not in pieces either.
#[derive(Debug)]
pub(crate) struct StandIns {
    mark: char,
    media: Vec<Media>,
}

impl StandIns {
    /// Puts stand-ins into the messages; `None` where there are no media. `others` are texts that may get into the
    /// prompt beside those of the messages.
    pub(crate) fn put<'a>(
        messages: &'a [Message],
        others: impl Iterator<Item = &'a str>,
    ) -> Result<Option<(Self, Vec<Message>)>> {
        if messages.iter().all(|message| message.media.is_empty()) {
            return Ok(None);
        }
        let used: HashSet<char> = messages.iter().flat_map(texts).chain(others).flat_map(marks_in).collect();
        let mut marks = MARKS;
        let mark = marks.find(|mark| !used.contains(mark)).ok_or_else(|| Error::Template {
            detail: "the messages use every character of Unicode's private area".to_owned(),
        })?;
        let mut stand_ins = Self { mark, media: Vec::new() };
        let messages = messages.iter().map(|message| stand_ins.replace(message)).collect();
        Ok(Some((stand_ins, messages)))
    }

    fn replace(&mut self, message: &Message) -> Message {
        let (text, mark) = (message.content.as_str(), self.mark);
        let (mut content, mut from) = (String::new(), 0);
        for Placed { at, media } in &message.media {
            let to =
                (from..=(*at).min(text.len())).rev().find(|&to| text.is_char_boundary(to)).unwrap_or(from);
            content.push_str(&text[from..to]);
            content.extend([mark.to_string(), self.media.len().to_string(), mark.to_string()]);
            self.media.push(media.clone());
            from = to;
        }
        content.push_str(&text[from..]);
        Message { content, media: Vec::new(), ..message.clone() }
    }

    /// Takes the stand-ins out of a rendered prompt: the parts, and the media between them.
    pub(crate) fn take(&self, rendered: Vec<PromptPart>) -> Result<(Vec<PromptPart>, Places)> {
        let (mut parts, mut found) = (Vec::new(), Vec::new());
        let mut numbers = Vec::new();
        for part in rendered {
            for (index, text) in part.text.split(self.mark).enumerate() {
                if index % 2 == 0 {
                    let text = text.to_owned();
                    parts.extend((!text.is_empty()).then_some(PromptPart { text, is_input: part.is_input }));
                } else if let Ok(number) = text.parse::<usize>()
                    && let Some(media) = self.media.get(number)
                {
                    numbers.push(number);
                    found.push((parts.len(), media.clone()));
                }
            }
        }
        numbers.sort_unstable();
        let all_once = numbers.iter().copied().eq(0..self.media.len());
        if !all_once {
            return Err(Error::MarkerCount { markers: found.len(), media: self.media.len() });
        }
        Ok((parts, found))
    }
}

/// The marks in a text. JSON may spell them with escapes.
fn marks_in(text: &str) -> impl Iterator<Item = char> {
    let spelled = text.match_indices(['u', 'U']).filter_map(|(at, _)| {
        let digits = text.get(at + 1..at + 5)?;
        u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
    });
    text.chars().chain(spelled).filter(|c| MARKS.contains(c))
}

/// All texts of a message.
fn texts(message: &Message) -> impl Iterator<Item = &str> {
    let own =
        [&message.role, &message.content, &message.reasoning, &message.tool_call_id, &message.tool_name];
    let calls = message.tool_calls.iter().flat_map(|call| [&call.name, &call.arguments, &call.id]);
    own.into_iter().chain(calls).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::multimodal::Image;

    fn image(value: u8) -> Media {
        Image::from_rgb(1, 1, vec![value; 3]).unwrap().into()
    }

    fn put(messages: &[Message]) -> (StandIns, Vec<Message>) {
        StandIns::put(messages, std::iter::empty()).unwrap().unwrap()
    }

    #[test]
    fn media_are_found_where_they_were() {
        let message = Message::user("a").with_media(image(1)).with_text("b").with_media(image(2));
        let (stand_ins, hidden) = put(&[message, Message::user("").with_media(image(3))]);
        assert_eq!(hidden[0].content, "a\u{e000}0\u{e000}b\u{e000}1\u{e000}");
        let [first, last] = [&hidden[0].content, &hidden[1].content];
        let rendered = vec![
            PromptPart::template("<"),
            PromptPart::input(first),
            PromptPart::template(format!(">{last}")),
        ];
        let (parts, found) = stand_ins.take(rendered).unwrap();
        let expected = [
            PromptPart::template("<"),
            PromptPart::input("a"),
            PromptPart::input("b"),
            PromptPart::template(">"),
        ];
        assert_eq!(parts, expected);
        assert_eq!(found, [(2, image(1)), (3, image(2)), (4, image(3))]);
    }

    #[test]
    fn nobody_can_write_a_stand_in() {
        let message = Message::user("\u{e000}0\u{e000} \\uE0010\\ue001").with_media(image(1));
        let (stand_ins, hidden) = put(&[message]);
        assert!(hidden[0].content.ends_with("\u{e002}0\u{e002}"));
        let (parts, found) = stand_ins.take(vec![PromptPart::input(&hidden[0].content)]).unwrap();
        assert_eq!((parts.len(), found.len()), (1, 1));
        assert!(parts[0].text.starts_with("\u{e000}0\u{e000}"));
    }

    #[test]
    fn all_marks_may_be_taken() {
        let all: String = MARKS.collect();
        let message = |text: &str| Message::user(text).with_media(image(1));
        let escapes: Vec<String> = MARKS.skip(1).map(|mark| format!("\\u{:X}", u32::from(mark))).collect();
        let (_, hidden) = put(&[message(&escapes.concat())]);
        assert!(hidden[0].content.ends_with("\u{e000}0\u{e000}"));
        // Much text does not make it slow: it is read once, and not once for each mark.
        let taken = StandIns::put(&[message(&"a".repeat(1 << 20)), message(&all)], std::iter::empty());
        assert!(matches!(taken, Err(Error::Template { .. })));
    }

    #[test]
    fn media_that_a_template_leaves_out_or_repeats_are_noticed() {
        let (stand_ins, hidden) = put(&[Message::user("").with_media(image(1))]);
        let text = &hidden[0].content;
        let error = |texts: &[&str]| {
            let parts = texts.iter().map(|&text| PromptPart::input(text)).collect();
            stand_ins.take(parts).unwrap_err()
        };
        assert_eq!(error(&["nothing"]), Error::MarkerCount { markers: 0, media: 1 });
        assert_eq!(error(&[text, text]), Error::MarkerCount { markers: 2, media: 1 });
        assert_eq!(error(&["\u{e000}7\u{e000}"]), Error::MarkerCount { markers: 0, media: 1 });
    }

    #[test]
    fn places_outside_a_shortened_text_are_its_end() {
        let mut message = Message::user("äöü").with_media(image(1));
        message.content = "x".to_owned();
        assert_eq!(put(&[message.clone()]).1[0].content, "x\u{e000}0\u{e000}");
        let longer = message.clone().with_text("yyyyyyyy");
        assert_eq!(put(&[longer]).1[0].content, "x\u{e000}0\u{e000}yyyyyyyy");
        let joined = message.followed_by(&Message::user("yyyyyyyy").with_media(image(2)));
        assert_eq!(put(&[joined]).1[0].content, "x\u{e000}0\u{e000}\n\nyyyyyyyy\u{e000}1\u{e000}");
        message.content = "xxxxx😀".to_owned();
        assert_eq!(put(&[message]).1[0].content, "xxxxx\u{e000}0\u{e000}😀");
    }

    #[test]
    fn text_behind_text_begins_a_line() {
        let message = Message::user("a").with_text("b").with_media(image(1)).with_text("c").with_text("d");
        assert_eq!(message.content, "a\nbc\nd");
        assert_eq!(message.media().next().map(|(at, _)| at), Some(3));
        assert_eq!(message.clone().without_media(), Message::user("a\nbc\nd"));
        assert_ne!(message, Message::user("a\nbc\nd"));
    }
}
