//! Ways between tables along references: how far, of which kind, and the tree that joins several.

use super::heads::EMPTY_HEADS;
use super::index::{QuestionSchema, TableLink};
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, VecDeque};

/// A table in a tree of joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JoinStep {
    pub table: usize,
    /// The place of the table in the tree that it is joined to, with the link; none for the root.
    pub by: Option<(usize, usize)>,
}

/// No way between two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoWay {
    pub from: usize,
    pub to: usize,
}

/// What a reference costs, and what two tables cost that refer to the same one.
const STEP: u32 = 20;
const TURN: u32 = 9;
/// What a reference to one special row costs more, as to the last post of a forum.
const POINTER: u32 = 28;
const POINTERS: &[&str] = &["last", "first", "latest", "previou", "next"];

/// A way that a search may follow, the cheapest and first found first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OpenWay {
    cost: u32,
    place: usize,
    table: usize,
    by: Option<(usize, usize)>,
}

/// The most tables that a search visits.
const MAX_VISITED: usize = 5_000;

impl QuestionSchema {
    /// The distance of every table from one; `usize::MAX` where there is no way.
    pub(crate) fn hops(&self, from: usize) -> Vec<usize> {
        let mut hops = vec![usize::MAX; self.tables.len()];
        let mut queue = VecDeque::from([from]);
        hops[from] = 0;
        let mut visited = 0;
        while let Some(table) = queue.pop_front() {
            visited += 1;
            if visited > MAX_VISITED {
                break;
            }
            for &link in &self.at[table] {
                let next = self.links[link].other(table);
                if hops[next] == usize::MAX {
                    hops[next] = hops[table] + 1;
                    queue.push_back(next);
                }
            }
        }
        hops
    }

    /// The cheapest way from any of the tables to one: the links, in order.
    fn way(
        &self,
        from: &[usize],
        to: usize,
        prefers: &dyn Fn(&TableLink) -> f32,
    ) -> Option<Vec<(usize, usize)>> {
        let mut came: HashMap<usize, Option<(usize, usize)>> = HashMap::new();
        let mut open: BinaryHeap<Reverse<OpenWay>> = BinaryHeap::new();
        let start = |(place, table): (usize, &usize)| OpenWay {
            cost: 2 * place.min(2) as u32,
            place,
            table: *table,
            by: None,
        };
        open.extend(from.iter().enumerate().map(start).map(Reverse));
        let mut place = from.len();
        while let Some(Reverse(way)) = open.pop() {
            let Entry::Vacant(entry) = came.entry(way.table) else {
                continue;
            };
            entry.insert(way.by);
            if way.table == to || came.len() > MAX_VISITED {
                break;
            }
            for &link in &self.at[way.table] {
                let next = self.links[link].other(way.table);
                if !came.contains_key(&next) {
                    let liking = prefers(&self.links[link]).clamp(0.0, 2.0);
                    let cost = way.cost + self.step_cost(&way, link, to) - (liking * 9.0) as u32;
                    open.push(Reverse(OpenWay {
                        cost,
                        place,
                        table: next,
                        by: Some((way.table, link)),
                    }));
                    place += 1;
                }
            }
        }
        let mut way = Vec::new();
        let mut table = to;
        while let Some((before, link)) = *came.get(&table)? {
            way.push((link, table));
            table = before;
        }
        way.reverse();
        Some(way)
    }

    /// What a further reference costs. A table between that has only the words of its neighbours
    /// joins these; two tables that refer to the same third one have little to do with each other.
    fn step_cost(&self, way: &OpenWay, link: usize, to: usize) -> u32 {
        let link = &self.links[link];
        let next = link.other(way.table);
        let up = |link: &TableLink, table: usize| link.from == table && link.to != table;
        let turns = way
            .by
            .is_some_and(|(before, by)| up(&self.links[by], before) && !up(link, way.table));
        let table = &self.tables[next];
        let words = &table.words;
        let parents = self.at[next]
            .iter()
            .filter(|l| self.links[**l].from == next)
            .count();
        let is_more = table.columns.len() > 2 * parents + 2;
        let ends = [&self.tables[way.table].words, &self.tables[to].words];
        let is_known = |word: &&String| {
            EMPTY_HEADS.contains(&word.as_str()) || ends.iter().any(|words| words.contains(word))
        };
        let others = words.iter().filter(|word| !is_known(word)).count().min(3) as u32;
        let between = match next == to {
            true => 0,
            false => 2 * others + if is_more { 3 } else { 0 },
        };
        let pointed = |(from, _): &(usize, usize)| {
            let words = self.columns[*from].words.iter();
            words.clone().any(|word| POINTERS.contains(&word.as_str()))
        };
        let pointer = if link.pairs.iter().any(pointed) {
            POINTER
        } else {
            0
        };
        STEP + pointer + between + if turns { TURN } else { 0 }
    }

    /// How many references lead to a table.
    pub(crate) fn children(&self, table: usize) -> usize {
        let is_child = |link: &&usize| self.links[**link].to == table;
        self.at[table].iter().filter(is_child).count()
    }

    /// The key that a column refers to, or the column itself.
    pub(crate) fn referred(&self, column: usize) -> usize {
        let links = self.at[self.columns[column].table]
            .iter()
            .map(|link| &self.links[*link]);
        let mut pairs = links.flat_map(|link| link.pairs.iter());
        pairs
            .find(|(from, _)| *from == column)
            .map_or(column, |(_, to)| *to)
    }

    /// Whether many rows of `b` belong to one row of `a`.
    pub(crate) fn is_many(&self, a: usize, b: usize) -> bool {
        let Some(way) = self.way(&[a], b, &|_| 0.0) else {
            return false;
        };
        way.iter()
            .any(|(link, table)| self.links[*link].from == *table)
    }

    /// A tree that joins all tables, from the first on.
    pub(crate) fn join(
        &self,
        tables: &[usize],
        prefers: &dyn Fn(&TableLink) -> f32,
    ) -> Result<Vec<JoinStep>, NoWay> {
        let Some(&root) = tables.first() else {
            return Ok(Vec::new());
        };
        let mut steps = vec![JoinStep {
            table: root,
            by: None,
        }];
        // Near tables first, so that they do not get ways of their own.
        let hops = self.hops(root);
        let mut rest: Vec<usize> = tables[1..].to_vec();
        rest.sort_by_key(|table| hops[*table]);
        for to in rest {
            let have: Vec<usize> = steps.iter().rev().map(|step| step.table).collect();
            if have.contains(&to) {
                continue;
            }
            let way = self
                .way(&have, to, prefers)
                .ok_or(NoWay { from: root, to })?;
            for (link, table) in way {
                let before = self.links[link].other(table);
                let place = steps
                    .iter()
                    .position(|step| step.table == before)
                    .unwrap_or(0);
                steps.push(JoinStep {
                    table,
                    by: Some((place, link)),
                });
            }
        }
        Ok(steps)
    }

    /// Takes leaves off that add nothing: tables that each row has exactly one partner in.
    pub(crate) fn prune(&self, steps: Vec<JoinStep>, needed: &[usize]) -> Vec<JoinStep> {
        let mut steps = steps;
        loop {
            let is_idle = |place: usize| {
                let table = steps[place].table;
                let neighbours: Vec<usize> = steps
                    .iter()
                    .enumerate()
                    .filter_map(|(at, step)| {
                        let (by, link) = step.by?;
                        (at == place || by == place).then_some(link)
                    })
                    .collect();
                let [link] = neighbours[..] else {
                    return false;
                };
                !needed.contains(&table)
                    && self.links[link].to == table
                    && self.links[link].from != table
            };
            let Some(place) = (0..steps.len()).find(|place| is_idle(*place)) else {
                return steps;
            };
            steps = self.without(&steps, place);
        }
    }

    /// The tree without one leaf; another root if it was that.
    fn without(&self, steps: &[JoinStep], place: usize) -> Vec<JoinStep> {
        let mut rest: Vec<JoinStep> = Vec::new();
        let root = usize::from(place == 0);
        let kept: Vec<usize> = (0..steps.len()).filter(|at| *at != place).collect();
        for &at in &kept {
            let by = steps[at].by.filter(|(by, _)| *by != place || at != root);
            let by =
                by.and_then(|(by, link)| kept.iter().position(|k| *k == by).map(|by| (by, link)));
            rest.push(JoinStep {
                table: steps[at].table,
                by,
            });
        }
        rest
    }
}

impl TableLink {
    /// The table at the other end.
    pub(crate) fn other(&self, table: usize) -> usize {
        if self.from == table {
            self.to
        } else {
            self.from
        }
    }
}
