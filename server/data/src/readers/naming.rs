//! How frameworks make the names of tables from those of classes.

/// `OrderLine` and `HTTPHost` as `order_line` and `http_host`.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let next_is_lower = chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        let begins = c.is_uppercase()
            && before
                .is_some_and(|before| before != '_' && (!before.is_uppercase() || next_is_lower));
        if begins {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Words whose plural has no rule, and those that have none.
const IRREGULAR: &[(&str, &str)] = &[
    ("person", "people"),
    ("man", "men"),
    ("woman", "women"),
    ("child", "children"),
    ("mouse", "mice"),
    ("ox", "oxen"),
    ("datum", "data"),
    ("quiz", "quizzes"),
    ("move", "moves"),
    ("foot", "feet"),
    ("index", "indices"),
    ("vertex", "vertices"),
    ("matrix", "matrices"),
    ("status", "statuses"),
    ("alias", "aliases"),
    ("bus", "buses"),
    ("octopus", "octopi"),
    ("virus", "viri"),
    ("axis", "axes"),
    ("crisis", "crises"),
    ("testis", "testes"),
];
const UNCOUNTED: &[&str] = &[
    "equipment",
    "information",
    "rice",
    "money",
    "species",
    "series",
    "fish",
    "sheep",
    "jeans",
    "police",
    "news",
    "data",
    "metadata",
    "media",
    "staff",
    "feedback",
];

/// The plural of the last word of a name, as Rails and GORM form it.
pub(crate) fn plural(name: &str) -> String {
    let at = name.rfind('_').map_or(0, |at| at + 1);
    let (before, word) = name.split_at(at);
    format!("{before}{}", plural_word(word))
}

fn plural_word(word: &str) -> String {
    if UNCOUNTED.contains(&word) {
        return word.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(one, _)| *one == word) {
        return (*plural).to_owned();
    }
    let is_vowel = |c: char| "aeiou".contains(c);
    let before_last = word.chars().rev().nth(1);
    if word.ends_with('y') && before_last.is_some_and(|c| !is_vowel(c)) {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    if let Some(start) = word.strip_suffix("sis") {
        return format!("{start}ses");
    }
    if let Some(start) = word.strip_suffix("fe") {
        return format!("{start}ves");
    }
    if word.ends_with("lf") || word.ends_with("rf") {
        return format!("{}ves", &word[..word.len() - 1]);
    }
    if ["s", "x", "ch", "sh", "z"]
        .iter()
        .any(|end| word.ends_with(end))
    {
        return match word.ends_with("ss") || !word.ends_with('s') {
            true => format!("{word}es"),
            false => word.to_owned(),
        };
    }
    format!("{word}s")
}

#[cfg(test)]
mod tests {
    use super::{plural, snake};

    #[test]
    fn names_of_tables_are_made_as_frameworks_do() {
        for (class, table) in [
            ("OrderLine", "order_lines"),
            ("HTTPHost", "http_hosts"),
            ("Category", "categories"),
            ("Person", "people"),
            ("Box", "boxes"),
            ("Key", "keys"),
            ("Address", "addresses"),
            ("UserStatus", "user_statuses"),
            ("News", "news"),
            ("APIKey2", "api_key2s"),
        ] {
            assert_eq!(plural(&snake(class)), table);
        }
    }
}
