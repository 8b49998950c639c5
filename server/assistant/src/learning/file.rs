//! The one local file of what was learned: where it is, how it is read, and how several servers
//! share it.
//!
//! A change is made under a lock next to the file: the file is read, a changed one is written and
//! renamed over it. So no server loses what another one counted, and no crash leaves half a file. A
//! damaged file is moved aside. Only the user may read it.

use super::phrases::Phrases;
use super::table::Table;
use crate::private_files::{self, replace, sibling_path};
use serde::{Deserialize, Serialize};
use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The format that this program reads and writes.
const VERSION: u32 = 1;
/// The largest file, in bytes.
pub const MAX_BYTES: usize = 256 << 10;

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learned {
    version: u32,
    /// Whether anything is recorded and used.
    pub enabled: bool,
    /// Salts the hashes of phrases; made by chance.
    pub salt: u64,
    /// How suggestions fared.
    pub counts: Table,
    /// Which phrases were taken.
    pub phrases: Phrases,
}

impl Default for Learned {
    fn default() -> Self {
        let salt = RandomState::new().build_hasher().finish();
        Self {
            version: VERSION,
            enabled: true,
            salt,
            counts: Table::default(),
            phrases: Phrases::default(),
        }
    }
}

/// Where the file is on this system; `None` if the system does not say where such files go.
pub fn default_path() -> Option<PathBuf> {
    Some(private_files::folder()?.join("learning.json"))
}

/// Reads the file; an absent one is empty. Damage is an error of the kind `InvalidData`, a newer
/// format `Unsupported`.
pub fn read(path: &Path) -> io::Result<Learned> {
    let mut text = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Learned::default()),
        Err(error) => return Err(error),
        Ok(file) => file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text)?,
    };
    let damaged = |why: String| {
        io::Error::new(
            ErrorKind::InvalidData,
            format!("{} is damaged: {why}", path.display()),
        )
    };
    if text.len() > MAX_BYTES {
        return Err(damaged(format!("it has more than {MAX_BYTES} bytes")));
    }
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    let version = value
        .get("version")
        .and_then(serde_json::Value::as_u64)
        .unwrap_or_default();
    if version > u64::from(VERSION) {
        let why = format!(
            "{} was written by a newer version of nigh (format {version}); update nigh, or run `nigh learning delete`",
            path.display()
        );
        return Err(io::Error::new(ErrorKind::Unsupported, why));
    }
    let learned: Learned =
        serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
    match learned.counts.fault().or(learned.phrases.fault()) {
        Some(why) => Err(damaged(why.into())),
        None => Ok(learned),
    }
}

/// Reads the file; a damaged one is set aside, and nothing was learned then.
pub fn read_or_set_aside(path: &Path) -> io::Result<Learned> {
    match read(path) {
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            let aside = sibling_path(path, "damaged");
            fs::rename(path, &aside)?;
            tracing::warn!(
                "{error}; it was moved to {} and learning starts over",
                aside.display()
            );
            Ok(Learned::default())
        }
        result => result,
    }
}

/// Changes the file under its lock and gives back what it holds then. Nothing is written where
/// `change` says no.
pub fn update(path: &Path, change: impl FnOnce(&mut Learned) -> bool) -> io::Result<Learned> {
    let _lock = private_files::lock(path)?;
    let mut learned = read_or_set_aside(path)?;
    if change(&mut learned) {
        replace(path, &bounded(&mut learned)?)?;
    }
    Ok(learned)
}

/// Removes everything learned, and what was set aside. Gives back what was removed. If learning is
/// off, it stays off.
pub fn delete(path: &Path) -> io::Result<Vec<PathBuf>> {
    let off = read(path).is_ok_and(|learned| !learned.enabled);
    let mut removed = Vec::new();
    for path in [
        path.to_owned(),
        sibling_path(path, "damaged"),
        sibling_path(path, "lock"),
    ] {
        match fs::remove_file(&path) {
            Ok(()) => removed.push(path),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    if off {
        update(path, |learned| {
            learned.enabled = false;
            true
        })?;
    }
    Ok(removed)
}

/// The text of the file, within its size: phrases, then languages that weigh little are left out.
fn bounded(learned: &mut Learned) -> io::Result<String> {
    loop {
        let text = serde_json::to_string(learned)? + "\n";
        if text.len() <= MAX_BYTES || !(learned.phrases.halve() || learned.counts.halve()) {
            return Ok(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Kind, Source};
    use super::*;
    use completion::SuggestionOutcome;

    fn count(learned: &mut Learned) -> bool {
        let mut newer = Table::default();
        newer.count(
            "python",
            Kind::MidLine,
            Source::Model,
            0.5,
            SuggestionOutcome::Ignored,
        );
        learned.counts.absorb(&newer);
        true
    }

    #[test]
    fn what_several_write_at_once_is_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nigh/learning.json");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10).for_each(|_| drop(update(&path, count).unwrap())));
            }
        });
        let ignored = read(&path).unwrap().counts.total().ignored;
        assert!((38.5..40.1).contains(&ignored), "{ignored}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nigh/learning.json");
        update(&path, count).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::metadata(path.parent().unwrap())
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o700
        );
    }

    #[test]
    fn damage_is_set_aside_and_a_newer_format_is_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("learning.json");
        for damaged in [
            "",
            "{",
            "[]",
            r#"{"version": 1}"#,
            &"x".repeat(MAX_BYTES + 1),
        ] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(
                read(&path).unwrap_err().kind(),
                ErrorKind::InvalidData,
                "{damaged:.20}"
            );
            update(&path, count).unwrap();
            assert_eq!(
                fs::read_to_string(sibling_path(&path, "damaged")).unwrap(),
                damaged
            );
            assert_eq!(read(&path).unwrap().counts.total().ignored, 1.0);
        }
        fs::write(&path, r#"{"version": 2, "more": true}"#).unwrap();
        assert_eq!(
            update(&path, count).unwrap_err().kind(),
            ErrorKind::Unsupported
        );
        assert!(fs::read_to_string(&path).unwrap().contains("more"));
    }

    #[test]
    fn the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("learning.json");
        let fill = |learned: &mut Learned| {
            for language in 0..60 {
                for kind in [
                    Kind::LineStart,
                    Kind::MidLine,
                    Kind::AfterDot,
                    Kind::AfterParen,
                    Kind::Block,
                ] {
                    for step in 0..15 {
                        let source = [Source::Model, Source::Copy, Source::Both][step / 5];
                        let confidence = (step % 5) as f32 / 5.0 + 0.1;
                        let language = format!("a-rather-long-language-name-{language}");
                        learned.counts.count(
                            &language,
                            kind,
                            source,
                            confidence,
                            SuggestionOutcome::Ignored,
                        );
                    }
                }
            }
            (0..4000).for_each(|word| learned.phrases.count(1, &format!("word{word} ( )"), true));
            true
        };
        let learned = update(&path, fill).unwrap();
        assert!(fs::metadata(&path).unwrap().len() <= MAX_BYTES as u64);
        assert_eq!(read(&path).unwrap(), learned);
        assert!(learned.counts.total().ignored > 100.0);
    }

    #[test]
    fn deleting_keeps_it_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("learning.json");
        update(&path, count).unwrap();
        assert!(delete(&path).unwrap().contains(&path));
        assert!(!path.exists());
        assert_eq!(delete(&path).unwrap(), Vec::<PathBuf>::new());
        update(&path, |learned| {
            learned.enabled = false;
            count(learned)
        })
        .unwrap();
        delete(&path).unwrap();
        let learned = read(&path).unwrap();
        assert!(!learned.enabled && learned.counts.total().shown() == 0.0);
    }
}
