//! How far the types of a project may hold or extend each other while one table is described.
//!
//! A limit of the depth does not do: sixteen levels of types that each hold the next one eight
//! times are more than any machine can visit. So visits are counted too. What a type is, and what
//! a reader does where the limit ends its work, is not known here.

/// How often one table may go into a type that another one holds.
const MAX_VISITS: usize = 512;

/// Where a reader is among types within types.
#[derive(Clone, Copy)]
pub(crate) struct Nesting {
    depth: usize,
    visits: usize,
    max_depth: usize,
}

impl Nesting {
    /// At the outermost type, with this limit of the depth.
    pub fn new(max_depth: usize) -> Self {
        Self {
            depth: 0,
            visits: 0,
            max_depth,
        }
    }

    /// Goes into a type; false if that is too deep or too often. [`Self::leave`] comes after it
    /// only where this was true.
    pub fn enter(&mut self) -> bool {
        if self.depth >= self.max_depth || self.visits >= MAX_VISITS {
            return false;
        }
        self.depth += 1;
        self.visits += 1;
        true
    }

    /// Comes out of the type that was gone into last.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether no type was gone into.
    pub fn is_outermost(&self) -> bool {
        self.depth == 0
    }
}
