//! Which texts are computed together.

use std::collections::BTreeMap;

/// Groups texts, named by their index, so that each group has at most `tokens` tokens and `texts` texts. Each text
/// must fit alone.
///
/// The longest text that still fits is taken next. That fills groups almost completely, and groups of long texts
/// come first: a computation that needs too much memory fails at once and not after an hour.
pub(super) fn pack(lengths: &[usize], tokens: usize, texts: usize) -> Vec<Vec<usize>> {
    let mut waiting: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    // Backwards, so that of equally long texts the first is taken first.
    for (index, &length) in lengths.iter().enumerate().rev() {
        waiting.entry(length).or_default().push(index);
    }
    let mut groups = Vec::new();
    while !waiting.is_empty() {
        let (mut group, mut room) = (Vec::new(), tokens);
        while group.len() < texts.max(1) {
            // A text that fits nowhere gets a group of its own rather than none.
            let limit = if group.is_empty() { usize::MAX } else { room };
            let Some((&length, same)) = waiting.range_mut(..=limit).next_back() else { break };
            group.extend(same.pop());
            if same.is_empty() {
                waiting.remove(&length);
            }
            room = room.saturating_sub(length);
        }
        groups.push(group);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::pack;

    fn random(state: &mut u64) -> usize {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*state >> 33).unwrap_or(0)
    }

    #[test]
    fn every_text_is_in_one_group_that_keeps_the_limits() {
        let mut state = 7;
        for _ in 0..300 {
            let (tokens, texts) = (1 + random(&mut state) % 600, 1 + random(&mut state) % 40);
            let lengths: Vec<usize> =
                (0..random(&mut state) % 200).map(|_| 1 + random(&mut state) % tokens).collect();
            let groups = pack(&lengths, tokens, texts);
            let mut seen: Vec<usize> = groups.concat();
            seen.sort_unstable();
            assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for group in &groups {
                assert!(!group.is_empty() && group.len() <= texts);
                assert!(group.iter().map(|&index| lengths[index]).sum::<usize>() <= tokens);
            }
            // Two groups that would fit into one are never left apart.
            let sums: Vec<usize> = groups.iter().map(|g| g.iter().map(|&i| lengths[i]).sum()).collect();
            let apart = groups
                .windows(2)
                .zip(sums.windows(2))
                .any(|(g, s)| s[0] + s[1] <= tokens && g[0].len() + g[1].len() <= texts);
            assert!(!apart, "{lengths:?} in {tokens}: {groups:?}");
        }
    }

    #[test]
    fn groups_are_filled() {
        let lengths = [300, 10, 200, 12, 400, 100];
        assert_eq!(pack(&lengths, 512, 8), [vec![4, 5, 3], vec![0, 2, 1]]);
        assert_eq!(pack(&lengths, 512, 2), [vec![4, 5], vec![0, 2], vec![3, 1]]);
        assert!(pack(&[], 512, 8).is_empty());
    }

    #[test]
    fn equal_texts_keep_their_order() {
        assert_eq!(pack(&[5, 5, 5, 5], 10, 8), [vec![0, 1], vec![2, 3]]);
    }
}
