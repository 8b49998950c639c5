//! The names that a wrong one may have been meant to be.

/// The most names that are offered.
const MAX_OFFERED: usize = 3;

/// The names nearest to one that does not exist, the likeliest first. `owner` is the name of the
/// table that it was looked for in, if only one.
pub(super) fn nearest<'a>(
    wanted: &str,
    names: impl Iterator<Item = &'a str>,
    owner: Option<&str>,
) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut found: Vec<(u32, &str)> = names
        .filter_map(|name| Some((distance(&wanted, &name.to_lowercase(), owner)?, name)))
        .collect();
    found.sort_unstable();
    found.dedup_by(|a, b| a.1.eq_ignore_ascii_case(b.1));
    let names = found.into_iter().take(MAX_OFFERED);
    names.map(|(_, name)| name.to_owned()).collect()
}

/// How far a name is from another, both in lower case; none if too far.
fn distance(wanted: &str, name: &str, owner: Option<&str>) -> Option<u32> {
    let plain = |text: &str| text.replace('_', "");
    let (flat_wanted, flat_name) = (plain(wanted), plain(name));
    if flat_wanted == flat_name {
        return Some(1);
    }
    let length = wanted.len().max(name.len());
    // Names of very different lengths cannot be near; counting their letters takes long.
    let is_near = wanted.len().abs_diff(name.len()) <= length / 3 + 1 && length < 200;
    if is_near {
        let edits = strsim::osa_distance(wanted, name);
        let shorter = wanted.chars().count().min(name.chars().count());
        let allowed = match shorter {
            0..=2 => 1,
            3..=5 => 2,
            _ => shorter / 3,
        };
        if edits <= allowed && edits < shorter.max(2) {
            let starts_alike = wanted.chars().next() == name.chars().next();
            return Some(edits as u32 * 10 + u32::from(!starts_alike));
        }
    }
    if is_respelt(wanted, name) {
        return Some(12);
    }
    let of_owner = owner.is_some_and(|owner| {
        let owner = singular(&owner.to_lowercase());
        let joined = |column: &str| plain(&format!("{owner}{column}"));
        joined(name) == flat_wanted || joined(wanted) == flat_name
    });
    if of_owner {
        return Some(14);
    }
    let (short, long) = if wanted.len() < name.len() {
        (wanted, name)
    } else {
        (name, wanted)
    };
    let is_part = short.len() > 2
        && (long
            .strip_prefix(short)
            .is_some_and(|rest| rest.starts_with('_'))
            || long
                .strip_suffix(short)
                .is_some_and(|rest| rest.ends_with('_')));
    is_part.then_some(45)
}

/// Whether two names have the same words, in any order, number and case.
pub(super) fn is_respelt(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let mut words: Vec<String> = text.split('_').map(singular).collect();
        words.sort_unstable();
        words
    };
    a.replace('_', "") == b.replace('_', "") || words(a) == words(b)
}

/// Whether names that differ by one letter do so by a slip of the fingers: in the middle of the
/// name, or by two letters that changed places. Names that differ at an end or by a digit are often
/// two names.
pub(super) fn is_slip(a: &str, b: &str) -> bool {
    let ends = |text: &str| (text.chars().next(), text.chars().last());
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let shorter = a.len().min(b.len());
    let is_swap = shorter > 3 && sorted(a) == sorted(b);
    let is_inside = shorter > 3 && a.len() > 4 && ends(a) == ends(b);
    is_same_number(a, b) && (is_swap || is_inside)
}

/// Whether names have the same digits: `users2` is mostly not meant to be `users`.
pub(super) fn is_same_number(a: &str, b: &str) -> bool {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    digits(a) == digits(b)
}

/// A word without the ending of its plural.
fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let stem = word
        .strip_suffix('s')
        .filter(|stem| stem.len() > 2 && !stem.ends_with('s'));
    stem.unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    fn first(wanted: &str, names: &[&str], owner: Option<&str>) -> Option<String> {
        nearest(wanted, names.iter().copied(), owner)
            .into_iter()
            .next()
    }

    #[test]
    fn slips_are_not_other_names() {
        for (a, b) in [
            ("tsak", "task"),
            ("custmers", "customers"),
            ("jbos", "jobs"),
        ] {
            assert!(super::is_slip(a, b), "{a}");
        }
        for (a, b) in [
            ("hits", "hints"),
            ("orders", "order"),
            ("log1", "log2"),
            ("ab", "ba"),
        ] {
            assert!(!super::is_slip(a, b), "{a}");
        }
    }

    #[test]
    fn the_likeliest_name_comes_first() {
        let names = ["id", "first_name", "created_at", "categories", "username"];
        for (wanted, expected) in [
            ("first_nmae", "first_name"),
            ("firstName", "first_name"),
            ("name_first", "first_name"),
            ("created", "created_at"),
            ("category", "categories"),
            ("usrname", "username"),
            ("idd", "id"),
        ] {
            assert_eq!(
                first(wanted, &names, None).as_deref(),
                Some(expected),
                "{wanted}"
            );
        }
        assert_eq!(
            first("user_id", &["id", "age"], Some("users")).as_deref(),
            Some("id")
        );
        assert_eq!(first("price", &["id", "age"], Some("users")), None);
    }
}
