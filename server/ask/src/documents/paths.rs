//! What the path of a file says of its worth for a question: tests, changelogs, copies of others'
//! code and translations come later than the rest.
//!
//! `rank` multiplies scores by it. Only the path is looked at.

/// Folders and names, and the factor they bring.
const RULES: &[(&[&str], f32)] = &[
    (
        &[
            "test",
            "tests",
            "testing",
            "spec",
            "specs",
            "__tests__",
            "testdata",
            "fixtures",
        ],
        0.6,
    ),
    (
        &["bench", "benches", "benchmark", "benchmarks", "fuzz"],
        0.7,
    ),
    (
        &["example", "examples", "demo", "demos", "sample", "samples"],
        0.8,
    ),
    (
        &[
            "vendor",
            "vendored",
            "_vendor",
            "third_party",
            "thirdparty",
            "extern",
            "node_modules",
        ],
        0.4,
    ),
    (
        &[
            "changelog",
            "changelogs",
            "changes",
            "history",
            "news",
            "releasenotes",
            "whatsnew",
        ],
        0.5,
    ),
    (
        &[
            "release-notes",
            "release_notes",
            "releases",
            "changelog_unreleased",
        ],
        0.5,
    ),
    (&["generated", "gen", "dist", "_generated"], 0.5),
];
/// Of the folders above a file, those that hold translations.
const TRANSLATED: &[&str] = &["i18n", "locale", "locales", "translations", "lang", "po"];
/// Languages with folders of their own in documents.
const LANGUAGES: &[&str] = &[
    "ar", "az", "bn", "cs", "de", "es", "fa", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "nl",
    "pl", "pt", "pt-br", "pt_br", "ro", "ru", "tr", "uk", "ur", "vi", "yo", "zh", "zh-cn", "zh_cn",
    "zh-hans", "zh-hant", "zh-tw",
];
const TRANSLATION: f32 = 0.35;

/// A factor of at most 1 for the passages of a file.
pub(crate) fn factor(path: &str, is_dense: bool) -> f32 {
    let path = path.to_lowercase();
    let mut factor: f32 = 1.0;
    let parts: Vec<&str> = path.split('/').collect();
    for (at, part) in parts.iter().enumerate() {
        let is_file = at + 1 == parts.len();
        let stem = if is_file {
            part.split('.').next().unwrap_or(part)
        } else {
            part
        };
        for (names, value) in RULES {
            if names.contains(&stem) {
                factor = factor.min(*value);
            }
        }
        if is_file && is_test_name(stem, part) {
            factor = factor.min(0.6);
        }
        if is_file && part.contains("_pb2.") || part.contains(".pb.") || part.contains(".min.") {
            factor = factor.min(0.5);
        }
        let language = match is_file {
            true => part.rsplit('.').nth(1).unwrap_or_default(),
            false => part,
        };
        let is_foreign = LANGUAGES.contains(&language) && at > 0
            || TRANSLATED.contains(part) && !is_file
            || is_file && part.split('.').count() > 2 && LANGUAGES.contains(&language);
        let is_asked = is_dense && language.starts_with(['z', 'j']);
        if is_foreign && !is_asked {
            factor = factor.min(TRANSLATION);
        }
    }
    factor
}

fn is_test_name(stem: &str, name: &str) -> bool {
    stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || stem == "conftest"
        || name.contains(".test.")
        || name.contains(".spec.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_project_itself_comes_later() {
        for path in [
            "src/lib.rs",
            "docs/guide.md",
            "docs/en/guide.md",
            "README.md",
            "it.py",
        ] {
            assert_eq!(factor(path, false), 1.0, "{path}");
        }
        for path in [
            "tests/a.py",
            "src/a_test.go",
            "CHANGELOG.md",
            "docs/de/guide.md",
            "README.zh-CN.md",
            "pip/_vendor/x.py",
        ] {
            assert!(factor(path, false) < 1.0, "{path}");
        }
        assert_eq!(factor("docs/zh/guide.md", true), 1.0);
    }
}
