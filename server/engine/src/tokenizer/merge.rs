//! Merging neighbours until nothing fits: the loop that BPE and SentencePiece have in common.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A stretch of a word's bytes and the token it is, if it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    pub start: usize,
    pub len: usize,
    pub id: Option<u32>,
}

/// A place in the list of symbols; `len` 0 means merged away.
struct Node {
    symbol: Symbol,
    previous: usize,
    next: usize,
}

const NONE: usize = usize::MAX;

/// Neighbours that could be merged: rank, place and what both were when they were looked at.
type Candidate = Reverse<(i64, usize, usize, Symbol, Symbol)>;

/// Merges the neighbours of lowest rank, the leftmost among equals, until `join` knows no pair any
/// more. `join` gives a pair's rank and the symbol it becomes.
pub fn merge(
    symbols: Vec<Symbol>,
    join: impl Fn(Symbol, Symbol) -> Option<(i64, Symbol)>,
) -> Vec<Symbol> {
    let count = symbols.len();
    let node = |(i, symbol): (usize, Symbol)| Node {
        symbol,
        previous: i.checked_sub(1).unwrap_or(NONE),
        next: if i + 1 < count { i + 1 } else { NONE },
    };
    let mut nodes: Vec<Node> = symbols.into_iter().enumerate().map(node).collect();
    let mut queue = BinaryHeap::new();
    let consider =
        |nodes: &[Node], left: usize, right: usize, queue: &mut BinaryHeap<Candidate>| {
            if left != NONE && right != NONE {
                let (a, b) = (nodes[left].symbol, nodes[right].symbol);
                if let Some((rank, _)) = join(a, b) {
                    queue.push(Reverse((rank, left, right, a, b)));
                }
            }
        };
    for right in 1..count {
        consider(&nodes, right - 1, right, &mut queue);
    }
    while let Some(Reverse((_, left, right, a, b))) = queue.pop() {
        // Either half may have become part of something else meanwhile.
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
        consider(&nodes, nodes[left].previous, left, &mut queue);
        consider(&nodes, left, next, &mut queue);
    }
    nodes
        .into_iter()
        .map(|node| node.symbol)
        .filter(|symbol| symbol.len > 0)
        .collect()
}
