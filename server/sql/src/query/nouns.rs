//! Plural and singular forms of the English nouns that titles are made of.
//!
//! Names of schemas are regular enough for the rules of `s`, `es` and `ies`; nothing here knows a
//! dictionary.

/// More than one: `name` becomes `names`, `city` `cities`.
pub(super) fn plural(noun: &str) -> String {
    let before = noun.chars().rev().nth(1).unwrap_or('a');
    let is_vowel = matches!(before, 'a' | 'e' | 'i' | 'o' | 'u');
    match noun {
        _ if !noun.is_ascii() || noun.is_empty() || noun.ends_with('s') => noun.to_owned(),
        _ if noun.ends_with('y') && !is_vowel => format!("{}ies", &noun[..noun.len() - 1]),
        _ if ["x", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// One: `customers` becomes `customer`, `categories` `category`.
pub(super) fn singular(noun: &str) -> String {
    let cut = |end: usize| noun[..noun.len() - end].to_owned();
    match noun {
        _ if !noun.is_ascii() || noun.len() < 4 || noun.ends_with("ss") => noun.to_owned(),
        _ if noun.ends_with("ies") => format!("{}y", cut(3)),
        _ if ["xes", "ches", "shes", "sses"]
            .iter()
            .any(|end| noun.ends_with(end)) =>
        {
            cut(2)
        }
        _ if noun.ends_with("us") || noun.ends_with("is") => noun.to_owned(),
        _ if noun.ends_with('s') => cut(1),
        _ => noun.to_owned(),
    }
}
