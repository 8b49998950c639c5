//! What a LoRA adapter adds to the matrices of a model (arXiv 2106.09685); `adapter` reads it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::LoadError;

/// What is added to one matrix.
pub struct LowRank {
    /// `[rank][columns]`
    pub a: Vec<f32>,
    /// `[rows][rank]`, multiplied with the adapter's factor.
    pub b: Vec<f32>,
    pub rank: usize,
    pub rows: usize,
    pub columns: usize,
    /// Whether the model has it.
    pub is_used: AtomicBool,
}

/// An adapter: what it adds, by the names of a GGUF without `.weight`.
pub struct Adapter {
    path: PathBuf,
    parts: BTreeMap<String, LowRank>,
}

impl Adapter {
    /// What was read from `path`.
    pub fn new(path: PathBuf, parts: BTreeMap<String, LowRank>) -> Adapter {
        Adapter { path, parts }
    }

    /// What is added to the matrix `name`, of this shape.
    pub fn part(
        &self,
        name: &str,
        [rows, columns]: [usize; 2],
    ) -> Result<Option<&LowRank>, LoadError> {
        let Some(part) = self.parts.get(name) else {
            return Ok(None);
        };
        if (part.rows, part.columns) != (rows, columns) {
            let path = self.path.display();
            let own = [part.rows, part.columns];
            return refused(format!(
                "the adapter {path} is for another model: its {name} has the shape {own:?}, the \
                 model's {:?}",
                [rows, columns]
            ));
        }
        part.is_used.store(true, Ordering::Relaxed);
        Ok(Some(part))
    }

    /// Refuses an adapter of which the model did not use every part.
    pub fn check_used(&self) -> Result<(), LoadError> {
        let unused = |part: &LowRank| !part.is_used.load(Ordering::Relaxed);
        match self.parts.iter().find(|(_, part)| unused(part)) {
            None => Ok(()),
            Some((name, _)) => refused(format!(
                "the adapter {} changes {name}, which nigh cannot change in this model; merge it \
                 into the model",
                self.path.display()
            )),
        }
    }
}

fn refused<T>(what: String) -> Result<T, LoadError> {
    Err(LoadError::Unsupported(what))
}
