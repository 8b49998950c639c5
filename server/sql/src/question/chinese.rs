//! Puts the words of a Chinese question into the order that the parser expects.
//!
//! Chinese says `amount highest · top 3 product` where English says `top 3 products by amount`,
//! `employee number` where it says `number of employees`, and `by age sorted` for `sorted by age`.
//! Only the places of words change; `·` is the particle that joins a noun to what it has.

use super::tokens::{Token, TokenKind};

const HIGH: &[&str] = &["highest", "lowest"];

/// The tokens in English order.
pub(crate) fn reorder(mut tokens: Vec<Token>) -> Vec<Token> {
    for at in 1..tokens.len() {
        if tokens[at - 1].lower == "latest" && tokens[at].number().is_some() {
            tokens[at - 1] = Token::word("past");
        }
    }
    let is_number = |token: &Token| token.number().is_some();
    for at in (1..tokens.len()).rev() {
        // A measure word says nothing: `5 the customer`.
        if tokens[at].lower == "the" && is_number(&tokens[at - 1]) {
            tokens.remove(at);
        }
    }
    postpositions(&mut tokens);
    negated_clause(&mut tokens);
    sorted_by(&mut tokens);
    superlatives(&mut tokens);
    tokens
}

fn is_lower(tokens: &[Token], at: usize, words: &[&str]) -> bool {
    tokens
        .get(at)
        .is_some_and(|token| words.contains(&token.lower.as_str()))
}

/// Where the noun begins that ends before a token.
fn noun_start(tokens: &[Token], end: usize) -> usize {
    let mut start = end;
    while start > 0 && is_noun(tokens, start - 1) {
        // `each quarter sales`: the quarter belongs to `each`.
        if start >= 2 && is_lower(tokens, start - 2, &["each"]) {
            break;
        }
        start -= 1;
    }
    start
}

fn is_noun(tokens: &[Token], at: usize) -> bool {
    let others = [
        "each",
        "by",
        "in",
        "show",
        "which",
        "the",
        "and",
        "or",
        "not",
        "without",
        "than",
        "sorted",
        "highest",
        "lowest",
        "top",
        "total",
        "average",
        "different",
        "or",
        "more",
        "less",
        "many",
        "how",
        "year",
        "to",
        "greater",
        "at",
        "least",
        "most",
        "both",
        "of",
        "after",
        "before",
        "descending",
        "ascending",
        "equal",
        "compute",
        "grouped",
        "second",
        "third",
        "past",
        "without",
    ];
    tokens[at].kind == TokenKind::Word && !others.contains(&tokens[at].lower.as_str())
}

/// `employee <count` becomes `number of employee`.
fn postpositions(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        let words: Option<&[&str]> = match tokens[at].lower.as_str() {
            "<count" => Some(&["number", "of"]),
            "<average" => Some(&["average"]),
            "<total" => Some(&["total"]),
            "<maximum" => Some(&["maximum"]),
            "<minimum" => Some(&["minimum"]),
            "<median" => Some(&["median"]),
            "<percentage" => Some(&["percentage", "of"]),
            "<growth" => Some(&["growth"]),
            _ => None,
        };
        let Some(words) = words else {
            at += 1;
            continue;
        };
        tokens.remove(at);
        let end = if is_lower(tokens, at.wrapping_sub(1), &["·"]) {
            at - 1
        } else {
            at
        };
        let start = noun_start(tokens, end);
        for (offset, word) in words.iter().enumerate() {
            tokens.insert(start + offset, Token::word(word));
        }
        at += words.len();
    }
}

/// `past 90 day without order · customer` becomes `customer without order past 90 day`.
fn negated_clause(tokens: &mut Vec<Token>) {
    let Some(not) = tokens.iter().position(|token| token.lower == "without") else {
        return;
    };
    let mark = (not + 2..tokens.len().min(not + 7)).find(|at| is_lower(tokens, *at, &["·"]));
    let Some(mark) = mark else {
        return;
    };
    let words = ["number", "of", "how", "many", "the"];
    let is_rest = |at: usize| is_noun(tokens, at) || is_lower(tokens, at, &words);
    let end = (mark + 1..tokens.len()).find(|at| !is_rest(*at));
    let end = end.unwrap_or(tokens.len());
    if end == mark + 1 {
        return;
    }
    let is_period = not >= 3 && is_lower(tokens, not - 3, &["past"]);
    let is_plain = not >= 2 && is_lower(tokens, not - 2, &["last", "this"]);
    let start = match (is_period, is_plain) {
        (true, _) => not - 3,
        (_, true) => not - 2,
        _ => not,
    };
    let noun: Vec<Token> = tokens[mark + 1..end].to_vec();
    let clause: Vec<Token> = tokens[not..mark].to_vec();
    let period: Vec<Token> = tokens[start..not].to_vec();
    let all = noun.into_iter().chain(clause).chain(period);
    tokens.splice(start..end, all);
}

/// `by age descending` becomes `sorted by age descending`, `by region grouped` `each region`.
fn sorted_by(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        if is_lower(tokens, at, &["by"]) {
            let end = (at + 2..tokens.len().min(at + 9)).find(|at| {
                is_lower(
                    tokens,
                    *at,
                    &[
                        "sorted",
                        "descending",
                        "ascending",
                        "grouped",
                        "compute",
                        "how",
                        "number",
                        "show",
                        "total",
                        "average",
                    ],
                ) || matches!(tokens[*at].lower.as_str(), "," | ".")
            });
            let is_order = end
                .is_some_and(|end| is_lower(tokens, end, &["sorted", "descending", "ascending"]));
            let is_group = end.is_some_and(|end| {
                is_lower(
                    tokens,
                    end,
                    &[
                        "grouped", "compute", "compute", "how", "number", "total", "average",
                    ],
                )
            });
            if let (true, Some(end)) = (is_order, end) {
                tokens.insert(at, Token::word("sorted"));
                if is_lower(tokens, end + 1, &["sorted"]) {
                    tokens.remove(end + 1);
                }
                at += 1;
            } else if is_group {
                tokens[at] = Token::word("each");
            }
        }
        at += 1;
    }
}

/// `amount highest · product` becomes `highest amount · product`, with a number `top 3 product by
/// amount`.
fn superlatives(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        let start = noun_start(tokens, at);
        if !is_lower(tokens, at, HIGH) || start == at {
            at += 1;
            continue;
        }
        let mut start = start;
        while start > 0 && is_lower(tokens, start - 1, &["average", "total"]) {
            start -= 1;
        }
        if start >= 2
            && is_lower(tokens, start - 2, &["number"])
            && is_lower(tokens, start - 1, &["of"])
        {
            start -= 2;
        }
        let top = (at + 1..tokens.len().min(at + 4))
            .find(|at| is_lower(tokens, *at, &["top"]) || tokens[*at].number().is_some());
        let word = tokens.remove(at);
        match top.map(|top| top - 1) {
            Some(top) => {
                let measure: Vec<Token> = tokens[start..at].to_vec();
                let has_word = is_lower(tokens, top, &["top"]);
                let down = word.lower == "lowest";
                let mut rest: Vec<Token> = tokens.split_off(top + usize::from(has_word));
                tokens.truncate(start);
                tokens.push(Token::word(if down { "lowest" } else { "top" }));
                let mut end = 1;
                while end < rest.len()
                    && (is_noun(&rest, end) || is_lower(&rest, end, &["the", "·"]))
                {
                    end += 1;
                }
                let tail = rest.split_off(end.min(rest.len()));
                tokens.append(&mut rest);
                tokens.push(Token::word("by"));
                tokens.extend(measure);
                tokens.extend(tail);
                at = tokens.len();
            }
            None => {
                tokens.insert(start, word);
                at += 1;
            }
        }
    }
}
