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

impl LowRank {
    fn check_shape(&self, name: &str, shape: [usize; 2]) -> Result<(), LoadError> {
        let own = [self.rows, self.columns];
        if own == shape {
            return Ok(());
        }
        refused(format!(
            "it was made for another model: its {name} has the shape {own:?}, and the model's has \
             the shape {shape:?}; name the model that it was made for"
        ))
    }
}

/// What is said of a matrix that an adapter changes in vain.
const UNCHANGEABLE: &str =
    "which nigh cannot change in this model; merge the adapter into the model";

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

    /// Refuses an adapter that changes other matrices than these, or ones of other shapes.
    pub fn check(&self, matrices: &[(String, [usize; 2])]) -> Result<(), LoadError> {
        for (name, part) in &self.parts {
            match matrices.iter().find(|(known, _)| known == name) {
                Some((_, shape)) => part.check_shape(name, *shape)?,
                None => return refused(format!("it changes {name}, {UNCHANGEABLE}")),
            }
        }
        Ok(())
    }

    /// What is added to the matrix `name`, of this shape.
    pub fn part(&self, name: &str, shape: [usize; 2]) -> Result<Option<&LowRank>, LoadError> {
        let Some(part) = self.parts.get(name) else {
            return Ok(None);
        };
        part.check_shape(name, shape)?;
        part.is_used.store(true, Ordering::Relaxed);
        Ok(Some(part))
    }

    /// Refuses an adapter of which the model did not use every part.
    pub fn check_used(&self) -> Result<(), LoadError> {
        let unused = |part: &LowRank| !part.is_used.load(Ordering::Relaxed);
        match self.parts.iter().find(|(_, part)| unused(part)) {
            None => Ok(()),
            Some((name, _)) => refused(format!(
                "the adapter {} changes {name}, {UNCHANGEABLE}",
                self.path.display()
            )),
        }
    }
}

fn refused<T>(what: String) -> Result<T, LoadError> {
    Err(LoadError::Unsupported(what))
}
