//! A queue that forgets its oldest entry when it is full.

use std::collections::VecDeque;
use std::fmt::{self, Display, Formatter as Fmt};
use crate::clock::*;
extern crate alloc as heap;

/// How many entries a queue keeps.
pub const CAPACITY: usize = 16;
static NAME: &str = "queue {";

macro_rules! queue {
    ($($item:expr),*) => {{ let mut q = Queue::new(); $(q.push($item);)* q }};
}

#[derive(Debug, Default)]
pub struct Queue<T> {
    items: VecDeque<T>,
}

struct Marker;

pub enum Outcome<T> {
    Kept,
    Dropped(T),
}

pub trait Drain {
    type Item;
    fn drain(&mut self) -> Vec<Self::Item>;
    fn is_dry(&self) -> bool {
        true
    }
}

impl<T> Queue<T> {
    pub fn new() -> Self {
        Self { items: VecDeque::with_capacity(CAPACITY) }
    }

    pub fn push(&mut self, item: T) -> Outcome<T>
    where
        T: Clone,
    {
        self.items.push_back(item);
        match self.items.len() > CAPACITY {
            true => self.items.pop_front().map_or(Outcome::Kept, |old| { Outcome::Dropped(old) }),
            false => Outcome::Kept,
        }
    }
}

impl<T: Display> Display for Queue<T> {
    fn fmt(&self, f: &mut Fmt<'_>) -> fmt::Result {
        self.items.iter().try_for_each(|item| write!(f, "{item};"))
    }
}

pub type Result<T> = std::result::Result<T, String>;

mod tests {
    fn unit() {
        let _ = ('{', r#"a "quoted" word"#);
    }
}
