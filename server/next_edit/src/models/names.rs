//! Which next-edit model a name means. Files, repositories and servers spell the names in many
//! ways: `sweep-next-edit-1.5b.q8_0.v2.gguf`, `zed-industries/zeta-2.1`, `zeta.Q4_K_M.gguf`.

use super::format::EditFormat;
use context::Generate;

impl EditFormat {
    /// The format of a model by what it is called, if its vocabulary has the format's markers.
    pub fn detect<'n>(
        names: impl IntoIterator<Item = &'n str>,
        knows: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let mut named = names.into_iter().filter_map(format);
        named.find_map(|format| format.with_vocabulary(&knows))
    }

    /// The format of a model of which only the name is known.
    pub fn named(name: &str) -> Option<Self> {
        format(name)
    }

    /// The format of a model that can be asked.
    pub fn of(model: &dyn Generate) -> Option<Self> {
        let names = model.names();
        Self::detect(names.iter().map(String::as_str), |marker| {
            model.knows(marker)
        })
    }
}

/// The format of the model that is called so, as far as the name says it.
fn format(name: &str) -> Option<EditFormat> {
    let name = name.to_lowercase();
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if letters.contains("sweepnextedit") {
        // The second generation marks the cursor and numbers lines: another format.
        let is_second = letters.contains("nexteditv2");
        return (!is_second).then_some(EditFormat::Sweep);
    }
    name.match_indices("zeta")
        .find_map(|(at, zeta)| version(&name[..at], &name[at + zeta.len()..]))
}

/// The version of Zeta between the rest of a name.
fn version(before: &str, after: &str) -> Option<EditFormat> {
    let is_word = |c: char| c.is_alphanumeric();
    if before.ends_with(is_word) || after.starts_with(char::is_alphabetic) {
        return None;
    }
    let Some(rest) = number(after, '2') else {
        return is_first(after).then_some(EditFormat::Zeta);
    };
    // A size such as `2-1b` is no version.
    match number(rest, '1') {
        Some(rest) if !rest.starts_with(is_word) => Some(EditFormat::Zeta21),
        _ if rest.starts_with(is_word) => None,
        _ => Some(EditFormat::Zeta2),
    }
}

/// What comes after a digit that follows directly or after a separator.
fn number(text: &str, digit: char) -> Option<&str> {
    let separators: &[char] = &['-', '_', '.', ' ', 'v'];
    text.trim_start_matches(separators).strip_prefix(digit)
}

/// Whether no later version follows: nothing, the first one, or a size such as `7b`.
fn is_first(after: &str) -> bool {
    let rest = after.trim_start_matches(['-', '_', '.', ' ']);
    let unnumbered = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    unnumbered.len() == rest.len() || unnumbered.starts_with('b') || rest.starts_with('1')
}

#[cfg(test)]
mod tests {
    use super::format;
    use crate::EditFormat::{Sweep, Zeta, Zeta2, Zeta21};

    #[test]
    fn models_are_known_by_their_files_and_repositories() {
        for (name, expected) in [
            ("sweepai/sweep-next-edit-0.5B", Some(Sweep)),
            ("sweep-next-edit-1.5b.q8_0.v2.gguf", Some(Sweep)),
            ("Sweep Next Edit 1.5B", Some(Sweep)),
            ("sweepai/sweep-next-edit-v2-7B", None),
            ("sweep", None),
            ("zed-industries/zeta", Some(Zeta)),
            ("zeta.Q4_K_M.gguf", Some(Zeta)),
            ("zed-industries_zeta-IQ4_NL.gguf", Some(Zeta)),
            ("ollama:nishtahir/zeta:7b-q4_K_M", Some(Zeta)),
            ("zeta-7b", Some(Zeta)),
            ("ollama:nishtahir/zeta:latest", Some(Zeta)),
            ("zeta-2", Some(Zeta2)),
            ("zeta-2-mlx-4bit", Some(Zeta2)),
            ("Zeta 2", Some(Zeta2)),
            ("zeta-2.Q4_K_M.gguf", Some(Zeta2)),
            ("zeta-2.1.Q6_K.gguf", Some(Zeta21)),
            ("hf:mradermacher/zeta-2.1-GGUF:Q4_K_M", Some(Zeta21)),
            ("Zeta_2_1", Some(Zeta21)),
            ("zeta2.1-q4", Some(Zeta21)),
            ("zeta-2-16bit", Some(Zeta2)),
            ("zeta-2-1b", Some(Zeta2)),
            ("zeta-3", None),
            ("zetabase", None),
            ("betazeta", None),
            ("Qwen2.5-Coder-1.5B", None),
        ] {
            assert_eq!(format(name), expected, "{name}");
        }
    }
}
