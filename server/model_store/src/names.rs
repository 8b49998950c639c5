//! What the names of model files say: the type of the weights, the number of weights, the parts of
//! a split model.

/// The parts that types of weights have in file names, in capital letters.
const FLOATS: &[&str] = &["F16", "F32", "BF16", "FP16", "MXFP4", "NVFP4"];

/// The type of the weights that a file's name ends with, such as `Q4_K_M`, in capital letters.
pub fn type_in(file: &str) -> Option<String> {
    let stem = without_part(strip_gguf(file));
    let words: Vec<&str> = stem.split(['-', '.']).collect();
    let at = words.iter().rposition(|word| is_type(word))?;
    let found = words[at].to_ascii_uppercase();
    let is_dynamic = at > 0 && words[at - 1].eq_ignore_ascii_case("UD");
    Some(if is_dynamic {
        format!("UD-{found}")
    } else {
        found
    })
}

/// Whether a word is the name of a type, whatever its case.
pub fn is_type(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    let word = word.strip_prefix("UD-").unwrap_or(&word);
    let quantised = word
        .strip_prefix("IQ")
        .or_else(|| word.strip_prefix("TQ"))
        .or_else(|| word.strip_prefix('Q'));
    let has_bits = quantised.is_some_and(|rest| {
        let mut characters = rest.chars();
        characters.next().is_some_and(|bits| bits.is_ascii_digit())
            && characters.next() == Some('_')
    });
    has_bits || FLOATS.contains(&word)
}

/// A file's name without its ending.
pub fn strip_gguf(file: &str) -> &str {
    match file.len().checked_sub(".gguf".len()) {
        Some(at) if is_gguf(file) => &file[..at],
        _ => file,
    }
}

/// Whether this is the name of a GGUF.
pub fn is_gguf(file: &str) -> bool {
    let bytes = file.as_bytes();
    bytes.len() > 5 && bytes[bytes.len() - 5..].eq_ignore_ascii_case(b".gguf")
}

/// The number of a part of a split model: 3 for `x-00003-of-00004.gguf`.
pub fn part(file: &str) -> Option<u32> {
    split_part(file).map(|(_, number, _)| number)
}

/// What all parts of a split model share: `x` and `00004` for `x-00003-of-00004.gguf`. llama.cpp
/// writes both numbers with five digits.
pub fn shared_by_parts(file: &str) -> Option<(&str, &str)> {
    split_part(file).map(|(stem, _, count)| (stem, count))
}

fn split_part(file: &str) -> Option<(&str, u32, &str)> {
    let (head, count) = strip_gguf(file).rsplit_once("-of-")?;
    let (stem, number) = head.rsplit_once('-')?;
    let is_number = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(number) || !is_number(count) {
        return None;
    }
    Some((stem, number.parse().ok()?, count))
}

/// A split model's name without the number of its part.
pub fn without_part(stem: &str) -> &str {
    shared_by_parts(stem).map_or(stem, |(stem, _)| stem)
}

/// A name for people, in which control characters are spelt out: they could change what a terminal
/// shows.
pub fn printable(name: &str) -> String {
    let spelt = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    name.chars().map(spelt).collect()
}

/// Weights that a name speaks of: 1.5 billion for `Qwen2.5-Coder-1.5B-GGUF` or `coder:1.5b-base`.
pub fn weights_in(name: &str) -> Option<f64> {
    name.split(['-', ':', '_', '/'])
        .filter_map(|word| {
            let number = word
                .strip_suffix(['b', 'B'])
                .map(|number| (number, 1e9))
                .or_else(|| word.strip_suffix(['m', 'M']).map(|number| (number, 1e6)));
            let (number, unit) = number?;
            let is_plain = number.starts_with(|c: char| c.is_ascii_digit());
            Some(number.parse::<f64>().ok().filter(|_| is_plain)? * unit)
        })
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_in_names() {
        for (name, found) in [
            ("qwen2.5-coder-1.5b-q8_0.gguf", Some("Q8_0")),
            ("Qwen2.5-Coder-7B-Q4_K_M.gguf", Some("Q4_K_M")),
            ("codellama-7b.Q5_K_S.gguf", Some("Q5_K_S")),
            ("Qwen3-8B-UD-Q4_K_XL.gguf", Some("UD-Q4_K_XL")),
            ("x-IQ4_XS.gguf", Some("IQ4_XS")),
            ("x-bf16-00001-of-00002.gguf", Some("BF16")),
            ("gpt-oss-20b-mxfp4.gguf", Some("MXFP4")),
            ("Qwen-model.gguf", None),
            ("q8.gguf", None),
            ("", None),
        ] {
            assert_eq!(type_in(name).as_deref(), found, "{name}");
        }
    }

    #[test]
    fn parts_and_numbers_of_weights_are_found_in_names() {
        assert_eq!(part("a-00002-of-00003.gguf"), Some(2));
        assert_eq!(part("one-of-us.gguf"), None);
        for odd in [
            "x-1-of-2.gguf",
            "x-\u{e9}-of-00002.gguf",
            "-of-",
            "x-000001-of-00002",
        ] {
            assert_eq!(part(odd), None, "{odd}");
        }
        assert_eq!(
            shared_by_parts("a-00002-of-00003.gguf"),
            Some(("a", "00003"))
        );
        assert_eq!(printable("a\u{1b}[2J\nb"), "a\\u{1b}[2J\\nb");
        assert_eq!(weights_in("Qwen/Qwen2.5-Coder-1.5B-GGUF:Q8_0"), Some(1.5e9));
        assert_eq!(weights_in("qwen2.5-coder:7b-base"), Some(7e9));
        assert_eq!(weights_in("SmolLM2-135M"), Some(135e6));
        assert_eq!(weights_in("codestral:latest"), None);
    }
}
