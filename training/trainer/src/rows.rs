//! Packed rows from files, and batches of rows.
//!
//! A file NAME.rows holds rows of `context + 1` little-endian u16 (rows.json next to it says the
//! context): token ids, bit 15 set where the token is of a missing middle; a sample ends with token
//! 0, what is left of a row is token 4.

use crate::network::{Batch, TOKEN_BLOCK, Target};
use std::path::{Path, PathBuf};

const END: u16 = 0;
const PADDING: u16 = 4;
const MIDDLE: u16 = 0x8000;

/// The position of a stream: the number of its file and the next row in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StreamPosition {
    pub file: usize,
    pub row: usize,
}

/// The files train-*.rows of a folder, one after the other, from the first again after the last.
pub struct Stream {
    folder: PathBuf,
    pub context: usize,
    pub position: StreamPosition,
    open: Option<(usize, Vec<u16>)>,
}

impl Stream {
    pub fn new(folder: &Path, position: StreamPosition) -> Result<Self, String> {
        let context = read_context(folder)?;
        Ok(Self { folder: folder.to_owned(), context, position, open: None })
    }

    /// The next row; files that were written meanwhile join in.
    pub fn next(&mut self) -> Result<Vec<u16>, String> {
        let width = self.context + 1;
        loop {
            let StreamPosition { file, row } = self.position;
            if let Some(row) = self.tokens(file)?.get(row * width..(row + 1) * width) {
                let row = row.to_vec();
                self.position.row += 1;
                return Ok(row);
            }
            self.position = StreamPosition { file: (file + 1) % self.files()?.len(), row: 0 };
        }
    }

    fn files(&self) -> Result<Vec<PathBuf>, String> {
        let found = files(&self.folder, "train-")?;
        if found.is_empty() {
            return Err(format!("{}: no train-*.rows", self.folder.display()));
        }
        Ok(found)
    }

    /// The tokens of a file, which is kept until another one is asked for.
    fn tokens(&mut self, file: usize) -> Result<&[u16], String> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != file) {
            let files = self.files()?;
            let tokens = read_tokens(&files[file % files.len()])?;
            if tokens.len() <= self.context {
                return Err(format!("{}: a file of rows is empty", self.folder.display()));
            }
            self.open = Some((file, tokens));
        }
        Ok(&self.open.as_ref().expect("just opened").1)
    }
}

fn read_context(folder: &Path) -> Result<usize, String> {
    let path = folder.join("rows.json");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let json: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    json["context"].as_u64().map(|n| n as usize).ok_or(format!("{}: no context", path.display()))
}

/// The files PREFIX*.rows, by name.
pub fn files(folder: &Path, prefix: &str) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(prefix) && name.ends_with(".rows")
    };
    let mut found: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(named).collect();
    found.sort();
    Ok(found)
}

/// All rows of a file.
pub fn read_rows(path: &Path) -> Result<Vec<Vec<u16>>, String> {
    let width = read_context(path.parent().unwrap_or(Path::new(".")))? + 1;
    Ok(read_tokens(path)?.chunks_exact(width).map(<[u16]>::to_vec).collect())
}

fn read_tokens(path: &Path) -> Result<Vec<u16>, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect())
}

/// A batch of rows. Targets of missing middles weigh `middle_weight`, others 1; see `normalise`.
pub fn batch(rows: &[Vec<u16>], middle_weight: f32) -> Batch {
    let mut batch = Batch::default();
    for row in rows {
        let (mut start, first) = (0, batch.tokens.len());
        for (at, token) in row.iter().enumerate() {
            if *token == PADDING {
                break;
            }
            if token & !MIDDLE == END || at + 1 == row.len() {
                add_sample(&mut batch, &row[start..=at], first + start, middle_weight);
                start = at + 1;
            }
        }
        if row[start..].first().is_some_and(|token| *token != PADDING) {
            let end = row.iter().position(|token| *token == PADDING).unwrap_or(row.len());
            add_sample(&mut batch, &row[start..end], first + start, middle_weight);
        }
        batch.tokens.extend(row[..row.len() - 1].iter().map(|token| u32::from(token & !MIDDLE)));
    }
    while !batch.tokens.len().is_multiple_of(TOKEN_BLOCK) {
        batch.tokens.push(u32::from(PADDING));
    }
    batch
}

/// A sample of `tokens` whose first token is at `start`; its last token is a target only.
fn add_sample(batch: &mut Batch, tokens: &[u16], start: usize, middle_weight: f32) {
    if tokens.len() < 2 {
        return;
    }
    batch.samples.push(start..start + tokens.len() - 1);
    for (i, token) in tokens[1..].iter().enumerate() {
        let middle = token & MIDDLE != 0;
        let weight = if middle { middle_weight } else { 1.0 };
        batch.targets.push(Target {
            place: start + i,
            token: u32::from(token & !MIDDLE),
            weight,
            middle,
        });
    }
}

/// Divides the weights of all batches of a step by their sum. Returns the number of targets.
pub fn normalise(batches: &mut [Batch]) -> usize {
    let sum: f32 =
        batches.iter().flat_map(|batch| &batch.targets).map(|target| target.weight).sum();
    let targets = batches.iter_mut().flat_map(|batch| &mut batch.targets);
    targets.map(|target| target.weight /= sum.max(1.0)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_end_at_their_ends_and_padding_is_no_target() {
        let mut row = vec![6, 20, 3, 21 | MIDDLE, MIDDLE, 6, 30, 31, 0, 4, 4];
        row.resize(129, 4);
        let batch = batch(&[row], 4.0);
        assert_eq!(batch.tokens.len(), 128);
        assert_eq!(batch.samples, [0..4, 5..8]);
        let seen: Vec<_> =
            batch.targets.iter().map(|t| (t.place, t.token, t.weight, t.middle)).collect();
        let wanted = [
            (0, 20, 1.0, false),
            (1, 3, 1.0, false),
            (2, 21, 4.0, true),
            (3, 0, 4.0, true),
            (5, 30, 1.0, false),
            (6, 31, 1.0, false),
            (7, 0, 1.0, false),
        ];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn a_full_row_without_an_end_is_a_sample() {
        let batch = batch(&[(0..129).map(|i| 100 + i as u16).collect()], 4.0);
        assert_eq!((batch.samples.len(), batch.targets.len()), (1, 128));
        assert_eq!(batch.samples[0], 0..128);
    }
}
