//! Merges neighbouring symbols until no merge applies, for byte-pair encoding and SentencePiece.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A range of a word's bytes, and its token if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MergeSymbol {
    pub start: usize,
    pub len: usize,
    pub id: Option<u32>,
}

/// An element of the linked list of symbols; a length of 0 means merged into another.
struct Node {
    symbol: MergeSymbol,
    previous: usize,
    next: usize,
}

const NONE: usize = usize::MAX;

/// Neighbours that could be merged: rank, positions, and both symbols as they were then.
type MergeCandidate = Reverse<(i64, usize, usize, MergeSymbol, MergeSymbol)>;

/// Merges the neighbours of lowest rank, the leftmost among equals, until no pair can be merged.
/// `join` gives a pair's rank and the symbol it becomes.
pub fn merge(
    symbols: Vec<MergeSymbol>,
    join: impl Fn(MergeSymbol, MergeSymbol) -> Option<(i64, MergeSymbol)>,
) -> Vec<MergeSymbol> {
    let count = symbols.len();
    let node = |(i, symbol): (usize, MergeSymbol)| Node {
        symbol,
        previous: i.checked_sub(1).unwrap_or(NONE),
        next: if i + 1 < count { i + 1 } else { NONE },
    };
    let mut nodes: Vec<Node> = symbols.into_iter().enumerate().map(node).collect();
    let mut queue = BinaryHeap::new();
    for right in 1..count {
        queue.extend(candidate(&nodes, right - 1, right, &join));
    }
    while let Some(Reverse((_, left, right, a, b))) = queue.pop() {
        // Either half may have been merged into something else since.
        if nodes[left].symbol != a || nodes[right].symbol != b {
            continue;
        }
        let Some((_, joined)) = join(a, b) else {
            continue;
        };
        let next = nodes[right].next;
        nodes[left].symbol = joined;
        nodes[left].next = next;
        nodes[right].symbol.len = 0;
        if next != NONE {
            nodes[next].previous = left;
        }
        queue.extend(candidate(&nodes, nodes[left].previous, left, &join));
        queue.extend(candidate(&nodes, left, next, &join));
    }
    nodes
        .into_iter()
        .map(|node| node.symbol)
        .filter(|symbol| symbol.len > 0)
        .collect()
}

/// Two neighbours as a candidate, if there are two and they can be merged.
fn candidate(
    nodes: &[Node],
    left: usize,
    right: usize,
    join: &impl Fn(MergeSymbol, MergeSymbol) -> Option<(i64, MergeSymbol)>,
) -> Option<MergeCandidate> {
    if left == NONE || right == NONE {
        return None;
    }
    let (a, b) = (nodes[left].symbol, nodes[right].symbol);
    let (rank, _) = join(a, b)?;
    Some(Reverse((rank, left, right, a, b)))
}
