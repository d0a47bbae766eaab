//! Several tokens in one step: proposals that the model only has to check.
#![forbid(unsafe_code)]

mod draft;
mod lookup;

pub use draft::Draft;
pub(super) use draft::DraftSession;
pub use lookup::PromptLookup;

use super::session::Session;
use crate::error::Result;
use crate::token::Token;

/// Proposals at once, to begin with.
const FIRST_REACH: usize = 4;

/// Where the proposals of one generation come from.
#[derive(Debug)]
pub(super) struct Speculation {
    lookup: Option<PromptLookup>,
    draft: bool,
    /// How many are made at once: more as long as they are right, fewer where they are not, since each wrong one
    /// is computed for nothing.
    reach: usize,
}

impl Speculation {
    /// Checks the settings, and has the session keep a memory of the draft model.
    pub(super) fn new(
        session: &mut Session,
        lookup: Option<PromptLookup>,
        draft: Option<&Draft>,
    ) -> Result<Self> {
        if let Some(lookup) = &lookup {
            lookup.check()?;
        }
        if let Some(draft) = draft {
            draft.check(session)?;
        }
        // Proposals that turn out wrong have to be forgotten again.
        let possible = !session.context().keeps_one_state();
        if let Some(draft) = draft.filter(|_| possible) {
            DraftSession::prepare(session, draft)?;
        }
        Ok(Self {
            lookup: lookup.filter(|_| possible),
            draft: draft.is_some() && possible,
            reach: FIRST_REACH,
        })
    }

    /// Learns from what became of the last proposals.
    pub(super) fn learn(&mut self, proposed: usize, accepted: usize) {
        if accepted < proposed {
            self.reach = accepted + 1;
        } else if proposed >= self.reach {
            self.reach = proposed * 2;
        }
    }

    /// Proposes at most `most` tokens behind `pending`, which is about to be computed.
    pub(super) fn propose(&self, session: &mut Session, pending: Token, most: usize) -> Result<Vec<Token>> {
        if most == 0 || self.lookup.is_none() && !self.draft {
            return Ok(Vec::new());
        }
        let most = most.min(session.context().widest_step().saturating_sub(1)).min(self.reach);
        let text = [session.tokens(), &[pending]].concat();
        if let Some(lookup) = &self.lookup {
            let found = lookup.find(&text, most);
            // What followed may have been an image.
            let found = found.split(|&token| token == Token::MEDIA).next().unwrap_or_default();
            if !found.is_empty() {
                return Ok(found.to_vec());
            }
        }
        let n_vocab = session.model().n_vocab();
        let Some(draft) = session.draft.as_mut().filter(|_| self.draft && most > 0) else {
            return Ok(Vec::new());
        };
        let mut drafts = draft.propose(&text, most)?;
        // The small model's vocabulary may have a longer padding.
        let known = |token: &Token| token.index().is_some_and(|index| index < n_vocab);
        drafts.truncate(drafts.iter().take_while(|token| known(token)).count());
        Ok(drafts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_reaches_further() {
        let mut speculation = Speculation { lookup: None, draft: false, reach: FIRST_REACH };
        let mut after = |proposed, accepted| {
            speculation.learn(proposed, accepted);
            speculation.reach
        };
        assert_eq!(after(4, 4), 8);
        assert_eq!(after(3, 3), 8, "there was no more to propose");
        assert_eq!(after(8, 2), 3);
        assert_eq!(after(0, 0), 3);
        assert_eq!(after(3, 0), 1);
        assert_eq!(after(1, 1), 2);
    }
}
