//! Finds the tables and columns that spans of a question mean.
//!
//! Each token leads by the inverted index to names that have its word or one that means the same.
//! A name is then read on from there: all its words, in order or turned round with `of`, count
//! fully, a part of it counts less. Spans do not overlap: long ones win. A span keeps all names
//! that fit it; which of these is meant, the parser decides by the words around it.

use super::cues::cues;
use super::index::{IndexedColumn, IndexedTable, NameId, QuestionSchema};
use super::labels::names_persons;
use super::tokens::{Token, TokenKind};
use std::collections::HashMap;

/// The most names that one word may lead to before it is only looked for in tables of the question.
const MANY: usize = 400;
/// The most tables of a question.
const MAX_TABLES: usize = 40;

/// A span with the names that it may mean, each with how well it fits, up to 1.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mention {
    pub start: usize,
    pub end: usize,
    pub tables: Vec<(usize, f32)>,
    pub columns: Vec<(usize, f32)>,
}

impl Mention {
    /// How well the best column fits.
    pub(crate) fn column_fit(&self) -> f32 {
        self.columns.iter().map(|(_, fit)| *fit).fold(0.0, f32::max)
    }

    /// How well the best table fits.
    pub(crate) fn table_fit(&self) -> f32 {
        self.tables.iter().map(|(_, fit)| *fit).fold(0.0, f32::max)
    }

    /// The table that fits best.
    pub(crate) fn table(&self) -> Option<usize> {
        let best = self
            .tables
            .iter()
            .copied()
            .reduce(|a, b| if b.1 > a.1 { b } else { a });
        best.map(|(table, _)| table)
    }

    /// Whether the span is a table before it is a column.
    pub(crate) fn is_table(&self) -> bool {
        !self.tables.is_empty() && self.table_fit() + 0.01 >= self.column_fit()
    }

    /// Whether the span is a column before it is a table.
    pub(crate) fn is_column(&self) -> bool {
        !self.columns.is_empty() && !self.is_table()
    }
}

/// A name that may start at a token.
struct Match {
    start: usize,
    length: usize,
    fit: f32,
    id: NameId,
}

/// All spans that mean something, in order.
pub(crate) fn mentions(schema: &QuestionSchema, tokens: &[Token]) -> Vec<Mention> {
    let mut matches = Vec::new();
    let active = active_tables(schema, tokens);
    for at in 0..tokens.len() {
        let introduces = matches!(tokens[at].lower.as_str(), "named" | "called" | "titled");
        if !tokens[at].is_word() || is_filler(&tokens[at]) || introduces {
            continue;
        }
        let mut seen: Vec<NameId> = Vec::new();
        for id in names_of(schema, &tokens[at].stem, &active) {
            if !seen.contains(&id) {
                seen.push(id);
                matches.extend(best_match(schema, tokens, at, id));
            }
        }
    }
    matches.extend(persons(schema, tokens, &matches));
    chosen(matches, tokens)
}

/// Nouns for persons where no table is called so: the table of persons that most others refer to.
fn persons(schema: &QuestionSchema, tokens: &[Token], known: &[Match]) -> Vec<Match> {
    let Some(table) = schema.persons() else {
        return Vec::new();
    };
    let is_named = |at: usize| {
        known.iter().any(|found| {
            let is_here = (found.start..found.start + found.length).contains(&at);
            is_here
                && found.fit
                    >= if matches!(found.id, NameId::Table(_)) {
                        0.75
                    } else {
                        0.9
                    }
        })
    };
    let is_noun = |at: &usize| tokens[*at].is_word() && names_persons(&tokens[*at].stem);
    let nouns = (0..tokens.len())
        .filter(is_noun)
        .filter(|at| !is_named(*at));
    let found = nouns.map(|start| Match {
        start,
        length: 1,
        fit: 0.85,
        id: NameId::Table(table),
    });
    found.collect()
}

/// Names that have a word, or one that means the same.
fn names_of(schema: &QuestionSchema, stem: &str, active: &[usize]) -> Vec<NameId> {
    let mut names = Vec::new();
    let meant = cues().english(stem).map(data::words::stem);
    let is_unknown = !schema.postings.contains_key(stem);
    let stems = std::iter::once(stem)
        .chain(cues().same(stem))
        .chain(meant.as_deref())
        .chain(root(stem).filter(|_| is_unknown));
    for stem in stems {
        let Some(list) = schema.postings.get(stem) else {
            continue;
        };
        if list.len() <= MANY {
            names.extend_from_slice(list);
            continue;
        }
        for &table in active {
            names.extend(
                list.binary_search(&NameId::Table(table))
                    .map(|_| NameId::Table(table)),
            );
            let columns = schema.tables[table].columns.clone();
            names.extend(
                columns
                    .map(NameId::Column)
                    .filter(|id| list.binary_search(id).is_ok()),
            );
        }
    }
    names
}

/// What is left of a noun that names what a verb does: `approv` of `approval`.
fn root(stem: &str) -> Option<&str> {
    let ends = ["ation", "ition", "ment", "ance", "ion", "al", "or", "er"];
    let root = ends.iter().find_map(|end| stem.strip_suffix(end))?;
    (root.len() >= 5).then_some(root)
}

/// Tables that rare words of the question lead to, and their neighbours.
fn active_tables(schema: &QuestionSchema, tokens: &[Token]) -> Vec<usize> {
    let mut weights: HashMap<usize, f32> = HashMap::new();
    for token in tokens
        .iter()
        .filter(|token| token.is_word() && !is_filler(token))
    {
        for stem in std::iter::once(token.stem.as_str()).chain(cues().same(&token.stem)) {
            let Some(list) = schema.postings.get(stem) else {
                continue;
            };
            let rarity = 1.0 / (list.len() as f32).sqrt();
            for id in list.iter().take(4 * MANY) {
                let (table, weight) = match *id {
                    NameId::Table(table) => {
                        let words = schema.tables[table].words.len().max(1) as f32;
                        (table, 3.0 / words)
                    }
                    NameId::Column(column) => (schema.columns[column].table, rarity),
                };
                *weights.entry(table).or_default() += weight;
            }
        }
    }
    let mut tables: Vec<(usize, f32)> = weights.into_iter().collect();
    tables.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut active: Vec<usize> = tables
        .into_iter()
        .take(MAX_TABLES / 2)
        .map(|t| t.0)
        .collect();
    for at in 0..active.len() {
        for &link in &schema.at[active[at]] {
            let link = &schema.links[link];
            for table in [link.from, link.to] {
                if !active.contains(&table) && active.len() < MAX_TABLES {
                    active.push(table);
                }
            }
        }
    }
    active
}

/// Words that are in a span only between two words of a name.
const FILLERS: &[&str] = &[
    "of", "the", "a", "an", "for", "in", "is", "are", "to", "by", "from", "and", "do", "has", "no",
    "on", "at", "it", "its", "be", "or", "all", "each", "every", "any", "that", "which", "this",
    "with", "who", "me", "than",
];

fn is_filler(token: &Token) -> bool {
    FILLERS.contains(&token.lower.as_str())
}

/// How one word of the question fits a word of a name.
fn word_fit(name: &str, token: &Token) -> f32 {
    if name == token.stem {
        return 1.0;
    }
    let means = |english: &str| name == data::words::stem(english);
    if !token.stem.is_ascii() && cues().english(&token.stem).is_some_and(means) {
        return 0.9;
    }
    if cues().are_same(name, &token.stem) {
        return 0.8;
    }
    let (a, b) = (
        name.len().min(token.stem.len()),
        name.len().max(token.stem.len()),
    );
    let shared = name
        .bytes()
        .zip(token.stem.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    if a >= 4 && shared + 1 >= a && b - a <= 4 && shared >= 4 {
        0.7
    } else {
        0.0
    }
}

/// The best reading of a name from a token on.
fn best_match(schema: &QuestionSchema, tokens: &[Token], at: usize, id: NameId) -> Option<Match> {
    let readings = match id {
        NameId::Table(table) => table_readings(&schema.tables[table], tokens, at),
        NameId::Column(column) => column_readings(&schema.columns[column], tokens, at),
    };
    let mut best: Option<Match> = None;
    for (found, factor) in readings {
        let Some((length, fit)) = found else {
            continue;
        };
        let fit = fit * factor;
        let score = length as f32 + fit;
        let is_better = |best: &Match| score > best.length as f32 + best.fit;
        if best.as_ref().is_none_or(is_better) {
            best = Some(Match {
                start: at,
                length,
                fit,
                id,
            });
        }
    }
    best
}

/// A reading, if there is one, and how much it counts.
type WeighedReading = (Option<(usize, f32)>, f32);

/// The ways in which words of a question name a table.
fn table_readings(table: &IndexedTable, tokens: &[Token], at: usize) -> Vec<WeighedReading> {
    let mut readings = Vec::new();
    let whole = read(&table.words, tokens, at, true);
    if table.core == table.words {
        readings.push((whole, 1.0));
    } else {
        // The label of an application says nothing by itself.
        readings.push((whole.filter(|(_, fit)| *fit > 0.75), 1.0));
        readings.push((read(&table.core, tokens, at, true), 0.99));
    }
    if let Some(last) = table.core.last().filter(|_| table.core.len() > 1) {
        let last = std::slice::from_ref(last);
        readings.push((read(last, tokens, at, true), table.head));
    }
    for words in &table.others {
        readings.push((read(words, tokens, at, true), 1.0));
    }
    readings
}

/// The ways in which words of a question name a column.
fn column_readings(column: &IndexedColumn, tokens: &[Token], at: usize) -> Vec<WeighedReading> {
    let mut readings = vec![(read(&column.words, tokens, at, false), 1.0)];
    if column.bare != column.words {
        readings.push((read(&column.bare, tokens, at, false), 0.98));
    }
    for words in &column.others {
        readings.push((read(words, tokens, at, false), 1.0));
    }
    // A single adjective or verb may stand for the noun: `old` is not here, `named` is.
    let strong = column.bare.iter().filter(|word| !is_weak(word));
    let core: Vec<String> = strong.cloned().collect();
    if !core.is_empty() && core.len() < column.bare.len() && !column.is_key {
        readings.push((read(&core, tokens, at, false), core_fit(column)));
    }
    readings
}

/// How well a name without its weak words names a column. A `series_name` says what a series
/// is called; an identifier or a number of something is not that thing.
fn core_fit(column: &IndexedColumn) -> f32 {
    let last = column.bare.last().map_or("", String::as_str);
    match last {
        "nam" => 0.96,
        _ if column.is_id => 0.8,
        _ => 0.9,
    }
}

/// Words that a name often has without saying more.
fn is_weak(word: &str) -> bool {
    matches!(
        word,
        "nam"
            | "id"
            | "cod"
            | "number"
            | "valu"
            | "text"
            | "is"
            | "ha"
            | "at"
            | "on"
            | "ref"
            | "by"
            | "dat"
            | "tim"
    )
}

/// Reads the words of a name from a token on: how many tokens, and how well.
fn read(words: &[String], tokens: &[Token], at: usize, is_table: bool) -> Option<(usize, f32)> {
    if words.is_empty() || words.len() > 12 {
        return None;
    }
    let mut used = vec![false; words.len()];
    let (mut total, mut length, mut skipped, mut in_order) = (0.0f32, 0, 0, true);
    let mut last = None;
    for (offset, token) in tokens[at..].iter().enumerate().take(words.len() * 2 + 2) {
        if !matches!(token.kind, TokenKind::Word) && token.lower != "'s" && token.lower != "·" {
            break;
        }
        let open = (0..words.len()).filter(|&word| !used[word]);
        let best = open
            .map(|word| (word, word_fit(&words[word], token)))
            .reduce(|a, b| if b.1 > a.1 { b } else { a });
        match best {
            Some((word, fit)) if fit > 0.0 => {
                in_order &= last.is_none_or(|last| last < word);
                used[word] = true;
                last = Some(word);
                total += fit;
                length = offset + 1;
                skipped = 0;
            }
            Some(_) if offset > 0 && skipped < 2 && joins(token) && total >= 0.95 => skipped += 1,
            _ => break,
        }
        if used.iter().all(|used| *used) {
            break;
        }
    }
    let counts = matches!(
        tokens[at].stem.as_str(),
        "number" | "count" | "amount" | "total"
    );
    let is_count = counts && tokens.get(at + 1).is_some_and(|next| next.lower == "of");
    let before = at.checked_sub(1).map(|at| &tokens[at]);
    // `steps of build 7`: the number belongs to the build.
    let has_value = tokens.get(at + length).is_some_and(|next| {
        next.number().is_some() && next.year().is_none() || next.kind == TokenKind::Quoted
    });
    let is_verb = length > 1 && tokens[at + length - 1].lower.ends_with("ed");
    if is_table && has_value && is_verb {
        return None;
    }
    let is_tail = before.is_some_and(|token| {
        let is_content = token.is_word() && !cues().is_stop(&token.lower);
        let is_cue = cues().phrase(&[token.lower.as_str()]).is_some();
        words.contains(&token.stem) || is_content && !is_cue
    });
    if length == 0 || (is_count || is_tail || has_value) && !in_order {
        return None;
    }
    fit_of(words, &used, total, in_order, is_table).map(|fit| (length, fit))
}

fn joins(token: &Token) -> bool {
    matches!(token.lower.as_str(), "of" | "the" | "'s" | "·")
}

/// How well the words that were found stand for the whole name.
fn fit_of(
    words: &[String],
    used: &[bool],
    total: f32,
    in_order: bool,
    is_table: bool,
) -> Option<f32> {
    let found = used.iter().filter(|used| **used).count();
    let weight = |word: &String| if is_weak(word) { 0.6 } else { 1.0 };
    let all: f32 = words.iter().map(weight).sum();
    let has: f32 = words
        .iter()
        .zip(used)
        .filter(|(_, used)| **used)
        .map(|(w, _)| weight(w))
        .sum();
    let quality = total / found as f32;
    if found == words.len() {
        return Some(quality * if in_order { 1.0 } else { 0.95 });
    }
    let has_last = used.last() == Some(&true);
    let only_weak = words
        .iter()
        .zip(used)
        .all(|(word, used)| !used || is_weak(word));
    let part = has / all;
    let fit = match (is_table, has_last) {
        (true, true) => 0.55 + 0.25 * part,
        (true, false) => 0.35 + 0.25 * part,
        (false, _) if only_weak => 0.25 + 0.2 * part,
        (false, true) => 0.4 + 0.35 * part,
        (false, false) => 0.38 + 0.35 * part,
    };
    Some(fit * quality)
}

/// Spans that do not overlap, the longest and best first.
fn chosen(mut matches: Vec<Match>, tokens: &[Token]) -> Vec<Mention> {
    let rank = |found: &Match| found.length as f32 * found.fit.max(0.3) + found.fit * 1.5;
    matches.sort_by(|a, b| {
        rank(b)
            .total_cmp(&rank(a))
            .then(a.start.cmp(&b.start))
            .then(a.id.cmp(&b.id))
    });
    let mut owner: Vec<Option<usize>> = vec![None; tokens.len()];
    let mut mentions: Vec<Mention> = Vec::new();
    for found in matches {
        let span = found.start..found.start + found.length;
        let owners = &owner[span.clone()];
        let mention = match owners[0] {
            None if owners.iter().all(Option::is_none) => {
                owner[span.clone()].fill(Some(mentions.len()));
                mentions.push(Mention {
                    start: span.start,
                    end: span.end,
                    ..Mention::default()
                });
                mentions.len() - 1
            }
            Some(place)
                if mentions[place].start == span.start && mentions[place].end == span.end =>
            {
                place
            }
            _ => continue,
        };
        match found.id {
            NameId::Table(table) => mentions[mention].tables.push((table, found.fit)),
            NameId::Column(column) => mentions[mention].columns.push((column, found.fit)),
        }
    }
    mentions.sort_by_key(|mention| mention.start);
    for mention in &mut mentions {
        prefer_plural(mention, tokens);
    }
    mentions
}

/// A noun in the plural is rows of a table before it is a column of that name.
fn prefer_plural(mention: &mut Mention, tokens: &[Token]) {
    let last = &tokens[mention.end - 1].lower;
    let is_plural = last.len() > 3 && last.ends_with('s') && !last.ends_with("ss");
    let is_same = matches!(last.as_str(), "series" | "species" | "news");
    if is_plural && !is_same && mention.table_fit() >= 0.9 {
        for (_, fit) in &mut mention.columns {
            *fit -= 0.1;
        }
    }
}
