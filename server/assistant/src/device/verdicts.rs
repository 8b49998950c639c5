//! What probes have found out, kept in the cache folder: a GPU is measured once for each driver,
//! model, number of threads and version of nigh.
//!
//! Each result is a file of its own, so that windows do not overwrite each other's. A file that
//! cannot be read, has another version, or is about something else is as good as none.

use super::FoundGpu;
use crate::private_files;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
use workspace::stable_hash;

/// The version of the files. Other ones are ignored.
const VERSION: u32 = 1;
/// How long a crash and a test that took too long are believed: the machine may have been short of
/// memory, or asleep.
const FAULT_LIFE: Duration = Duration::from_secs(24 * 3600);
/// The most bytes of a file.
const MAX_BYTES: u64 = 1 << 16;

/// What a probe found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "result",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum GpuVerdict {
    /// Its answers are right. The times are those of a typical request.
    Right {
        /// On the CPU.
        cpu_seconds: f64,
        /// On the GPU.
        gpu_seconds: f64,
    },
    /// It cannot be used.
    Unusable {
        /// What happened.
        fault: ProbeFault,
        /// The reason, for people.
        why: String,
    },
}

/// Why a GPU cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProbeFault {
    /// The probe crashed, or the GPU was lost.
    Crashed,
    /// The probe took too long.
    TimedOut,
    /// Its answers are wrong.
    Wrong,
    /// It does not have the memory now.
    OutOfMemory,
    /// It cannot compute this model.
    Unsupported,
    /// The probe could not be made.
    NotMade,
}

impl GpuVerdict {
    /// That it cannot be used.
    pub fn unusable(fault: ProbeFault, why: impl Into<String>) -> Self {
        let why = why.into();
        Self::Unusable { fault, why }
    }

    /// How many times as fast as the CPU it is, if it is right.
    pub fn gain(&self) -> Option<f64> {
        match self {
            Self::Right {
                cpu_seconds,
                gpu_seconds,
            } => Some(cpu_seconds / gpu_seconds.max(1e-9)),
            Self::Unusable { .. } => None,
        }
    }

    /// Whether it can be true: times are positive.
    fn is_sound(&self) -> bool {
        match self {
            Self::Right {
                cpu_seconds,
                gpu_seconds,
            } => [cpu_seconds, gpu_seconds]
                .into_iter()
                .all(|seconds| (0.0..1e6).contains(seconds)),
            Self::Unusable { .. } => true,
        }
    }

    /// How long it is believed; `None` for as long as nothing changes.
    fn life(&self) -> Option<Duration> {
        match self {
            Self::Unusable {
                fault: ProbeFault::Crashed | ProbeFault::TimedOut,
                ..
            } => Some(FAULT_LIFE),
            _ => None,
        }
    }

    /// Whether it will be the same next time. Memory may be free then.
    fn is_lasting(&self) -> bool {
        !matches!(
            self,
            Self::Unusable {
                fault: ProbeFault::OutOfMemory | ProbeFault::NotMade,
                ..
            }
        )
    }
}

/// What a verdict is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictKey {
    /// The GPU and its driver.
    pub gpu: FoundGpu,
    /// What distinguishes the model from others.
    pub model: String,
    /// Threads of the CPU that it was compared with.
    pub threads: usize,
    /// The version of nigh.
    pub version: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    key: VerdictKey,
    verdict: GpuVerdict,
}

/// The folder of verdicts; nothing is kept without one.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    folder: Option<PathBuf>,
}

impl Verdicts {
    /// In this folder, which is made when it is needed.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    fn path(&self, key: &VerdictKey) -> Option<PathBuf> {
        let text = serde_json::to_vec(key).ok()?;
        let name = format!("{:016x}.json", stable_hash(&[&text]));
        Some(self.folder.as_ref()?.join(name))
    }

    /// What is known.
    pub fn get(&self, key: &VerdictKey) -> Option<GpuVerdict> {
        let (text, age) = read(&self.path(key)?).ok()?;
        let stored: Stored = serde_json::from_slice(&text).ok()?;
        let verdict = stored.verdict;
        let is_young = verdict.life().is_none_or(|life| age < life);
        let is_same = stored.version == VERSION && stored.key == *key;
        (is_same && is_young && verdict.is_sound()).then_some(verdict)
    }

    /// Keeps a verdict that will be the same next time.
    pub fn keep(&self, key: &VerdictKey, verdict: &GpuVerdict) -> io::Result<()> {
        let (Some(path), Some(folder)) = (self.path(key), &self.folder) else {
            return Ok(());
        };
        if !verdict.is_lasting() {
            return Ok(());
        }
        workspace::make_private_folder(folder)?;
        let stored = Stored {
            version: VERSION,
            key: key.clone(),
            verdict: verdict.clone(),
        };
        private_files::replace(&path, &serde_json::to_string(&stored)?)
    }

    /// Forgets a verdict, so that the GPU is measured again.
    pub fn forget(&self, key: &VerdictKey) {
        if let Some(path) = self.path(key) {
            // There may be none.
            let _ = std::fs::remove_file(path);
        }
    }

    /// The right to measure, so that windows do not disturb each other's times; `None` while
    /// another process has it. It ends when the answer is dropped.
    pub fn turn(&self) -> Option<Turn> {
        let Some(folder) = &self.folder else {
            return Some(Turn { _lock: None });
        };
        let made = workspace::make_private_folder(folder);
        let lock = made.and_then(|()| File::create(folder.join("probe.lock")));
        match lock {
            Ok(lock) => lock
                .try_lock()
                .is_ok()
                .then_some(Turn { _lock: Some(lock) }),
            // Where nothing can be written, windows do not share anything.
            Err(_) => Some(Turn { _lock: None }),
        }
    }
}

/// The bytes and the age of a file, if it is one of a sensible size.
fn read(path: &Path) -> io::Result<(Vec<u8>, Duration)> {
    // A pipe would wait for a writer.
    let about = std::fs::metadata(path)?;
    if !about.is_file() || about.len() > MAX_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    // A time in the future is now.
    let age = about.modified()?.elapsed().unwrap_or_default();
    Ok((bytes, age))
}

/// The right to measure.
pub struct Turn {
    _lock: Option<File>,
}

#[cfg(test)]
mod tests {
    use super::super::ranking::tests::gpu;
    use super::*;
    use crate::device::GpuClass;

    fn key() -> VerdictKey {
        VerdictKey {
            gpu: gpu("RTX 4060", GpuClass::Discrete),
            model: "embedded".into(),
            threads: 4,
            version: "1.0".into(),
        }
    }

    const FAST: GpuVerdict = GpuVerdict::Right {
        cpu_seconds: 0.4,
        gpu_seconds: 0.1,
    };

    #[test]
    fn a_verdict_is_about_one_driver_model_and_version() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::new(Some(folder.path().join("gpu")));
        assert_eq!(verdicts.get(&key()), None);
        verdicts.keep(&key(), &FAST).unwrap();
        assert_eq!(verdicts.get(&key()), Some(FAST));
        let mut others = [key(), key(), key(), key()];
        others[0].gpu.driver = "driver 1.1".into();
        others[1].model = "another".into();
        others[2].threads = 2;
        others[3].version = "1.1".into();
        assert!(others.iter().all(|other| verdicts.get(other).is_none()));
        verdicts.forget(&key());
        assert_eq!(verdicts.get(&key()), None);
    }

    #[test]
    fn files_that_mean_nothing_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::new(Some(folder.path().to_owned()));
        verdicts.keep(&key(), &FAST).unwrap();
        let path = verdicts.path(&key()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for wrong in [
            text.replace("\"version\":1,", "\"version\":0,"),
            text.replace("RTX", "GTX"),
            text.replace("0.4", "-0.4"),
            text.replace("0.1", "1e300"),
            format!("{text}{}", " ".repeat(MAX_BYTES as usize)),
            text[..20].to_owned(),
            String::new(),
        ] {
            assert_ne!(wrong, text);
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(verdicts.get(&key()), None);
        }
    }

    #[test]
    fn what_may_be_otherwise_next_time_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::new(Some(folder.path().to_owned()));
        for (fault, is_kept) in [
            (ProbeFault::OutOfMemory, false),
            (ProbeFault::NotMade, false),
            (ProbeFault::Crashed, true),
        ] {
            let verdict = GpuVerdict::unusable(fault, "a reason");
            verdicts.keep(&key(), &verdict).unwrap();
            assert_eq!(verdicts.get(&key()).is_some(), is_kept, "{fault:?}");
        }
        // A crash may not happen again on another day.
        let file = File::open(verdicts.path(&key()).unwrap()).unwrap();
        file.set_modified(std::time::SystemTime::now() - FAULT_LIFE)
            .unwrap();
        assert_eq!(verdicts.get(&key()), None);
    }

    #[test]
    fn one_process_measures_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::new(Some(folder.path().to_owned()));
        let turn = verdicts.turn();
        assert!(turn.is_some() && verdicts.turn().is_none());
        drop(turn);
        assert!(verdicts.turn().is_some());
    }
}
