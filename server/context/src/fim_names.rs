//! The markers of a model of which only the name is known: one row of data for each family.
//!
//! Servers name their models after files and repositories, such as `Qwen/Qwen2.5-Coder-7B-AWQ` or
//! `deepseek-coder:6.7b-base`.

use crate::fim::{FORMATS, FimFormat, PathHeader};

/// Parts of a name, all of which it must have, and the family; the first match wins. Letters and
/// digits count, in lower case.
const NAMES: &[(&[&str], &str)] = &[
    (&["nigh"], "nigh"),
    (&["qwen25coder"], "Qwen-Coder"),
    (&["qwen3coder"], "Qwen-Coder"),
    (&["codegemma"], "CodeGemma"),
    (&["granite", "code"], "Granite code"),
    (&["granite33"], "Granite 3/4"),
    (&["granite4"], "Granite 3/4"),
    (&["starcoder2"], "StarCoder2"),
    (&["starcoder"], "Granite code"),
    (&["refact"], "Granite code"),
    (&["deepseekcoder"], "DeepSeek-Coder"),
    (&["codellama"], "CodeLlama"),
    (&["codestral"], "Codestral"),
    (&["mellum"], "Mellum"),
    (&["seedcoder"], "Seed-Coder"),
    (&["zeta2"], "Seed-Coder"),
];

impl FimFormat {
    /// The family of a model by its name.
    pub fn of_model(name: &str) -> Option<&'static Self> {
        let letters = |c: &char| c.is_ascii_alphanumeric();
        let name: String = name.to_lowercase().chars().filter(letters).collect();
        let fits = |(parts, _): &&(&[&str], &str)| parts.iter().all(|part| name.contains(part));
        let (_, family) = NAMES.iter().find(fits)?;
        Self::of_family(family)
    }

    /// A family by its own name, in whatever case.
    pub fn of_family(family: &str) -> Option<&'static Self> {
        FORMATS
            .iter()
            .find(|format| format.name.eq_ignore_ascii_case(family))
    }

    /// The spellings of all markers of all families, each once.
    pub fn all_markers() -> Vec<String> {
        let mut all = Vec::new();
        for format in FORMATS {
            let own = [&*format.prefix, &format.suffix, &format.middle];
            let path = match format.path {
                PathHeader::Marker(marker) => marker,
                PathHeader::Line(_) | PathHeader::Comment => "",
            };
            all.extend(
                own.into_iter()
                    .chain([path])
                    .chain(format.only_with.iter().copied())
                    .chain(format.stops.iter().copied()),
            );
        }
        all.retain(|marker| !marker.is_empty());
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_leads_to_a_family() {
        for (_, family) in NAMES {
            assert!(FimFormat::of_family(family).is_some(), "{family}");
        }
    }

    #[test]
    fn models_are_known_by_the_names_that_servers_give_them() {
        for (name, family) in [
            ("qwen2.5-coder:1.5b-base", Some("Qwen-Coder")),
            ("Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8", Some("Qwen-Coder")),
            ("/models/qwen2.5_coder-7b-q8_0.gguf", Some("Qwen-Coder")),
            ("bigcode/starcoder2-3b", Some("StarCoder2")),
            ("granite-8b-code-base", Some("Granite code")),
            ("granite4:3b", Some("Granite 3/4")),
            ("TheBloke/CodeLlama-7B-AWQ", Some("CodeLlama")),
            ("codestral:latest", Some("Codestral")),
            ("deepseek-coder-v2:16b", Some("DeepSeek-Coder")),
            ("JetBrains/Mellum-4b-base", Some("Mellum")),
            ("zeta-2.1", Some("Seed-Coder")),
            ("qwen2.5:7b-instruct", None),
            ("gpt-oss:20b", None),
        ] {
            let found = FimFormat::of_model(name).map(|format| format.name);
            assert_eq!(found, family, "{name}");
        }
    }

    #[test]
    fn markers_are_listed_once() {
        let all = FimFormat::all_markers();
        let fim = all.iter().filter(|marker| *marker == "<|fim_prefix|>");
        assert_eq!(fim.count(), 1);
        assert!(all.len() < 90, "a server is asked about each");
    }
}
