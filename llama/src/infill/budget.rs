//! What of a prompt fits into a number of tokens.

use crate::error::{Error, Result};

/// Tokens on both sides of a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sides {
    pub(super) prefix: usize,
    pub(super) suffix: usize,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) kept: Sides,
    /// Files to leave out, from the first on.
    pub(super) cut_files: usize,
}

/// Divides `budget` tokens, of which `fixed` are used already, among both sides and the files.
pub(super) fn divide(budget: usize, fixed: usize, sides: Sides, files: &[usize]) -> Result<Room> {
    let room = budget.checked_sub(fixed).filter(|&room| room > 0).ok_or_else(|| {
        let reason =
            format!("{budget} tokens leave no room for text besides {fixed} tokens that must be there");
        Error::invalid("budget", reason)
    })?;
    let suffix = sides.suffix.min((room / 4).max(room.saturating_sub(sides.prefix)));
    let prefix = sides.prefix.min(room - suffix);
    let mut left = room - prefix - suffix;
    let fitting = files.iter().rev().take_while(|&&size| {
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    });
    let cut_files = files.len() - fitting.count();
    Ok(Room { kept: Sides { prefix, suffix }, cut_files })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(budget: usize, prefix: usize, suffix: usize, files: &[usize]) -> (usize, usize, usize) {
        let room = divide(budget, 3, Sides { prefix, suffix }, files).unwrap();
        (room.kept.prefix, room.kept.suffix, room.cut_files)
    }

    #[test]
    fn what_one_side_does_not_need_the_other_gets() {
        assert_eq!(divided(103, 40, 30, &[]), (40, 30, 0));
        assert_eq!(divided(103, 400, 300, &[]), (75, 25, 0));
        assert_eq!(divided(103, 400, 10, &[]), (90, 10, 0));
        assert_eq!(divided(103, 10, 400, &[]), (10, 90, 0));
        assert_eq!(divided(4, 10, 10, &[]), (1, 0, 0));
    }

    #[test]
    fn the_last_files_that_fit_are_kept() {
        assert_eq!(divided(103, 40, 30, &[10, 20, 5]), (40, 30, 1));
        assert_eq!(divided(103, 40, 30, &[5, 31, 5]), (40, 30, 2));
        assert_eq!(divided(103, 400, 30, &[5, 5]), (75, 25, 2));
    }

    #[test]
    fn no_room_at_all() {
        let sides = Sides { prefix: 1, suffix: 1 };
        assert!(matches!(divide(3, 3, sides, &[]), Err(Error::InvalidParameter { name: "budget", .. })));
        assert!(divide(0, 3, sides, &[]).is_err());
    }
}
