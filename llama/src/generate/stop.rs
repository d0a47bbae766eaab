//! Finding stop strings in a stream of text.

/// Lets text through up to the first stop string. Text that may be the beginning of one waits.
///
/// How the text is cut into pieces makes no difference: of several stop strings the one that is complete first
/// counts, and among those the longest.
#[derive(Debug, Clone, Default)]
pub(super) struct StopFilter {
    stops: Vec<String>,
    held: String,
}

impl StopFilter {
    /// Empty strings are ignored: they would stop everything.
    pub(super) fn new(stops: Vec<String>) -> Self {
        Self { stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(), held: String::new() }
    }

    /// Takes text and appends to `out` what is certain not to belong to a stop string. Returns the stop string
    /// that was found; the text behind it is dropped.
    pub(super) fn push(&mut self, text: &str, out: &mut String) -> Option<String> {
        if self.stops.is_empty() {
            out.push_str(text);
            return None;
        }
        self.held.push_str(text);
        if let Some((start, stop)) = self.first_match() {
            out.push_str(&self.held[..start]);
            self.held.clear();
            return Some(stop);
        }
        let keep = self.undecided();
        out.extend(self.held.drain(..self.held.len() - keep));
        None
    }

    /// Ends the stream: appends what was waiting.
    pub(super) fn finish(&mut self, out: &mut String) {
        out.push_str(&self.held);
        self.held.clear();
    }

    fn first_match(&self) -> Option<(usize, String)> {
        self.stops
            .iter()
            .filter_map(|stop| self.held.find(stop.as_str()).map(|start| (start + stop.len(), start, stop)))
            .min_by_key(|&(end, start, _)| (end, start))
            .map(|(_, start, stop)| (start, stop.clone()))
    }

    /// Length of the longest end of the held text that a stop string begins with.
    fn undecided(&self) -> usize {
        let longest = self.stops.iter().map(|stop| stop.len() - 1).max().unwrap_or(0).min(self.held.len());
        (1..=longest)
            .rev()
            .find(|&len| {
                let end = &self.held.as_bytes()[self.held.len() - len..];
                self.stops.iter().any(|stop| stop.as_bytes().starts_with(end))
            })
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::StopFilter;

    fn feed(stops: &[&str], pieces: &[&str]) -> (String, Option<String>) {
        let mut filter = StopFilter::new(stops.iter().map(|&stop| stop.to_owned()).collect());
        let mut out = String::new();
        for piece in pieces {
            if let Some(stop) = filter.push(piece, &mut out) {
                return (out, Some(stop));
            }
        }
        filter.finish(&mut out);
        (out, None)
    }

    #[test]
    fn a_stop_string_across_pieces() {
        assert_eq!(feed(&["\nUser:"], &["Hi", "\nUs", "er", ": no"]), ("Hi".into(), Some("\nUser:".into())));
        assert_eq!(feed(&["\nUser:"], &["Hi", "\nUs", "age"]), ("Hi\nUsage".into(), None));
    }

    #[test]
    fn waiting_text_comes_out_at_the_end() {
        assert_eq!(feed(&["abc"], &["xab"]), ("xab".into(), None));
        assert_eq!(feed(&[""], &["xab"]), ("xab".into(), None));
        assert_eq!(feed(&["a"], &["x"]), ("x".into(), None));
    }

    #[test]
    fn cuts_make_no_difference() {
        let text = "aé🦙abcdéab";
        for stops in [&["abcd", "bc"][..], &["éa", "🦙a"], &["éab"], &["zz", "🦙"], &["b", "ab"]] {
            let whole = feed(stops, &[text]);
            let cuts: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
            for &i in &cuts {
                for &j in cuts.iter().filter(|&&j| j >= i) {
                    assert_eq!(
                        feed(stops, &[&text[..i], &text[i..j], &text[j..]]),
                        whole,
                        "{stops:?} {i} {j}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_first_to_be_complete_counts() {
        assert_eq!(feed(&["abcd", "bc"], &["xabcd"]), ("xa".into(), Some("bc".into())));
        assert_eq!(feed(&["b", "ab"], &["xab"]), ("x".into(), Some("ab".into())));
    }

    #[test]
    fn characters_are_never_split() {
        // The stop string begins with the first byte of the text's last character, but not with the character.
        assert_eq!(feed(&["🦙"], &["a🦊"]), ("a🦊".into(), None));
        assert_eq!(feed(&["🦙!"], &["a🦙", "?"]), ("a🦙?".into(), None));
    }
}
