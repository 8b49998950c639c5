//! Questions in English and Chinese become queries that are proven to prepare.
//!
//! [`answer`] reads a question against a [`QuestionSchema`]: tokens and periods, names of the
//! schema (`link.rs`), the parts of the question (`parse/`), the tables that join them
//! (`joins.rs`, `build/`). What the question leaves open makes several readings; `rank.rs` orders
//! them and says how sure the first is. Only readings whose print prepares are given. A question
//! that nothing is found for, or that asks to change data, is refused with a sentence that says
//! why. Nothing here reads a database or a clock.

mod build;
mod chinese;
mod cues;
mod heads;
mod index;
mod joins;
mod labels;
mod link;
mod parse;
mod periods;
mod rank;
mod sketch;
mod sorts;
#[cfg(test)]
mod tests;
mod tokens;
mod written;

pub use index::QuestionSchema;
pub use written::{BEGIN, QueryTask, SqlMask, prompt, rank_by, task};

use crate::query::dates::CalendarDay;
use crate::query::{QueryTree, SayLanguage, SourceRows, print, say};
use build::TreeBuilder;
use cues::{Cue, cues};
use data::{SqlDialect, TableName};
use index::TableLink;
use joins::NoWay;
use parse::{Choices, Parser};
use rank::{Features, confidence, score, signs};
use tokens::Token;

/// The most readings that are tried.
const MAX_TRIED: usize = 24;
/// The most readings that are given.
const MAX_GIVEN: usize = 3;
/// The confidence from which a reading may be shown unasked.
const SURE: f32 = 0.75;

/// A query that a question may mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The query in the dialect that was asked for, without a semicolon.
    pub sql: String,
    /// The query in words.
    pub title: String,
    /// How likely it is what was meant, from 0 to 1.
    pub confidence: f32,
    /// Words of the question that nothing in the query comes from.
    pub unknown_words: Vec<String>,
    /// What its confidence was computed of, by the names of the weights.
    pub signs: Vec<(&'static str, f32)>,
}

impl Reading {
    /// Whether it may be shown without being asked for.
    pub fn is_sure(&self) -> bool {
        self.confidence >= SURE && self.unknown_words.is_empty()
    }
}

/// The readings of a question, the likeliest first, or why there are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Up to three readings.
    pub readings: Vec<Reading>,
    /// Why there are none, in one sentence.
    pub refusal: Option<String>,
}

impl Answer {
    fn refused(why: impl Into<String>) -> Self {
        Self {
            readings: Vec::new(),
            refusal: Some(why.into()),
        }
    }
}

/// Answers a question with queries of a dialect. `today`: the day, for months without a year.
pub fn answer(
    schema: &QuestionSchema,
    question: &str,
    dialect: SqlDialect,
    today: CalendarDay,
) -> Answer {
    if schema.tables.is_empty() {
        return Answer::refused(
            "no CREATE TABLE, migration, model or .db in this workspace; give --schema PATH",
        );
    }
    let (tokens, is_chinese) = tokens::tokens(question, schema);
    if let Some(word) = changing_word(&tokens) {
        return Answer::refused(format!(
            "the question asks to change data (`{word}`); only questions that read are answered"
        ));
    }
    let tokens = if is_chinese {
        chinese::reorder(tokens)
    } else {
        tokens
    };
    let tokens = periods::find_periods(tokens, today);
    let mut parser = Parser::new(schema, &tokens, is_chinese);
    if !parser.has_names() {
        return Answer::refused(nothing_understood(&tokens));
    }
    let language = if is_chinese {
        SayLanguage::Chinese
    } else {
        SayLanguage::English
    };
    match readings(&mut parser, dialect, language) {
        Ok(readings) if readings.is_empty() => Answer::refused(nothing_understood(&tokens)),
        Ok(readings) => Answer {
            readings,
            refusal: None,
        },
        Err(no_way) => Answer::refused(format!(
            "`{}` and `{}` are not linked: no foreign key or column name joins them",
            schema.tables[no_way.from].name, schema.tables[no_way.to].name
        )),
    }
}

/// The word that asks to change data, if the question begins with one.
fn changing_word(tokens: &[Token]) -> Option<&str> {
    let polite = [
        "please", "can", "could", "you", "i", "want", "to", "now", "show", "the", "a", "let", "us",
    ];
    let first = tokens
        .iter()
        .find(|token| !polite.contains(&token.lower.as_str()))?;
    let is_change = matches!(
        cues().phrase(&[first.lower.as_str()]),
        Some((_, Cue::Change))
    );
    is_change.then_some(first.text.as_str())
}

fn nothing_understood(tokens: &[Token]) -> String {
    let words = tokens
        .iter()
        .filter(|token| token.is_word() && !cues().is_stop(&token.lower));
    let words: Vec<String> = words
        .take(8)
        .map(|token| format!("`{}`", token.text))
        .collect();
    match words.is_empty() {
        true => "the question names nothing that a query could return".into(),
        false => format!(
            "none of {} is a table or column of the schema",
            words.join(", ")
        ),
    }
}

/// A tree with what is known of it.
struct Candidate {
    tree: QueryTree,
    sqlite: String,
    features: Features,
    unknown: Vec<String>,
}

fn readings(
    parser: &mut Parser<'_>,
    dialect: SqlDialect,
    language: SayLanguage,
) -> Result<Vec<Reading>, NoWay> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut no_way = None;
    let mut choices = vec![Choices::default()];
    let mut at = 0;
    while at < choices.len().min(MAX_TRIED) {
        let candidate = candidate(parser, choices[at]);
        if at == 0 {
            choices.extend(further(&parser.open_mentions));
        }
        match candidate {
            Ok(Some(found)) if candidates.iter().all(|known| known.sqlite != found.sqlite) => {
                candidates.push(found);
            }
            Ok(_) => {}
            Err(failed) if at == 0 => no_way = Some(failed),
            Err(_) => {}
        }
        at += 1;
    }
    if let Some(no_way) = no_way {
        let are_named = parser.names(no_way.from) && parser.names(no_way.to);
        if candidates.is_empty() || are_named {
            return Err(no_way);
        }
    }
    candidates.sort_by(|a, b| score(&b.features).total_cmp(&score(&a.features)));
    let scores: Vec<f32> = candidates
        .iter()
        .map(|candidate| score(&candidate.features))
        .collect();
    let best = scores.first().copied().unwrap_or(0.0);
    let given = candidates.into_iter().take(MAX_GIVEN).enumerate();
    let given = given
        .map(|(at, candidate)| {
            let rival = if at == 0 {
                scores.get(1).map_or(-1.0, |next| next - best)
            } else {
                best - scores[at]
            };
            let signs = signs(&candidate.features, rival);
            Reading {
                sql: print(&candidate.tree, dialect),
                title: say(&candidate.tree, language),
                confidence: confidence(&signs),
                signs,
                unknown_words: candidate.unknown,
            }
        })
        .collect();
    Ok(with_own_titles(given))
}

/// Readings with the same title get the first line of their SQL that no other one has.
fn with_own_titles(mut readings: Vec<Reading>) -> Vec<Reading> {
    for at in 1..readings.len() {
        let (before, rest) = readings.split_at_mut(at);
        let same = before.iter().find(|known| known.title == rest[0].title);
        let Some(same) = same else {
            continue;
        };
        let lines: Vec<&str> = same.sql.lines().map(str::trim).collect();
        let mut own = rest[0].sql.lines().map(str::trim);
        let own = own.find(|line| !lines.contains(line));
        let shorter = "without further tables".to_owned();
        let own = own.map_or(shorter, |line| line.chars().take(80).collect());
        rest[0].title = format!("{} ({own})", rest[0].title);
    }
    readings
}

/// The choices next to the first ones.
fn further(open: &[usize]) -> Vec<Choices> {
    let plain = Choices::default();
    let mut choices: Vec<Choices> = open
        .iter()
        .take(6)
        .map(|&mention| Choices {
            second: Some(mention),
            ..plain
        })
        .collect();
    choices.extend([
        Choices {
            groups_by_label: true,
            ..plain
        },
        Choices {
            joins_keys: true,
            ..plain
        },
        Choices {
            drops_tables: true,
            ..plain
        },
        Choices {
            second_subject: true,
            ..plain
        },
        Choices {
            distinct: true,
            ..plain
        },
    ]);
    choices
}

/// One reading, if its print prepares.
fn candidate(parser: &mut Parser<'_>, choices: Choices) -> Result<Option<Candidate>, NoWay> {
    let Some(sketch) = parser.read(choices) else {
        return Ok(None);
    };
    let stems: Vec<&str> = parser
        .tokens
        .iter()
        .map(|token| token.stem.as_str())
        .collect();
    let schema = parser.schema;
    let prefers = |link: &TableLink| {
        let is_named = sketch
            .links
            .iter()
            .any(|named| schema.links[*named] == *link);
        link_fit(schema, link, &stems) + if is_named { 2.0 } else { 0.0 }
    };
    let builder = TreeBuilder {
        schema,
        prefers: &prefers,
    };
    let Some(tree) = builder.build(&sketch)? else {
        return Ok(None);
    };
    let sqlite = print(&tree, SqlDialect::Sqlite);
    if schema
        .judge
        .as_ref()
        .is_none_or(|judge| judge.prepares(&sqlite).is_err())
    {
        return Ok(None);
    }
    let unknown = parser.unknown_words();
    let features = Features {
        choices,
        margin: parser.margin,
        unknown_words: unknown.len(),
        guesses: parser.guesses,
        unused_names: parser.unused_names(),
        weakness: parser.weakness(),
        tables: tree.select.sources.len(),
        leftovers: parser.leftovers(&sqlite),
        relating: parser.relating_words(),
        table_rivals: parser.table_rivals(),
        unnamed_tables: parser.unnamed(&tables_of(schema, &tree)),
        schema_tables: schema.tables.len(),
        is_involved: tree.select.per_group.is_some() || sqlite.contains("OVER ("),
    };
    Ok(Some(Candidate {
        tree,
        sqlite,
        features,
        unknown,
    }))
}

/// The tables of a query, by their places in the schema.
fn tables_of(schema: &QuestionSchema, tree: &QueryTree) -> Vec<usize> {
    let names = tree
        .select
        .sources
        .iter()
        .filter_map(|source| match &source.rows {
            SourceRows::Table(name) => Some(name),
            SourceRows::Query(..) => None,
        });
    let find = |name: &TableName| schema.tables.iter().position(|table| table.name == *name);
    names.filter_map(find).collect()
}

/// How well the columns of a reference fit the words of a question: `source` and `departing`.
fn link_fit(schema: &QuestionSchema, link: &TableLink, stems: &[&str]) -> f32 {
    let cues = cues();
    let mut fit = 0.0;
    for (from, _) in &link.pairs {
        let column = &schema.columns[*from];
        let target = &schema.tables[link.to].words;
        for word in column.bare.iter().filter(|word| !target.contains(word)) {
            let is_said = stems.iter().any(|stem| {
                let is_long = word.len() >= 6 && stem.starts_with(word.as_str());
                is_long || cues.are_same(word, stem)
            });
            fit += if is_said { 1.0 } else { 0.0 };
        }
    }
    fit
}
