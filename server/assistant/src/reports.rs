//! Reports of data files for editors: made in the background, and written to nigh's own folder as
//! one HTML page each.
//!
//! Only the user can read the folder, and pages older than a week are deleted. Nothing is written
//! to the workspace.

use crate::assistant::Assistant;
use crate::blocking::blocking;
use crate::documents::DocumentSnapshot;
use data::files::{DataFile, ReadOptions};
use report::ReportOptions;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use workspace::{make_private_folder, stable_hash};

/// How long pages are there.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

impl Assistant {
    /// Whether reports can be written.
    pub fn can_report(&self) -> bool {
        self.reports_folder().is_some()
    }

    /// Makes a report of a data file that a document names, and gives the file of the page.
    ///
    /// # Errors
    ///
    /// A sentence for the user.
    pub async fn report(&self, document: &DocumentSnapshot, path: &str) -> Result<PathBuf, String> {
        let file = self.names.data_file(document, path);
        let file = file.ok_or_else(|| format!("there is no file {path} in this workspace"))?;
        let folder = self
            .reports_folder()
            .ok_or("nigh has no folder for reports")?;
        let folder = folder.to_owned();
        let made = blocking(move || write(&file, &folder)).await;
        made.map_err(|error| error.to_string())?
    }
}

/// Writes the page of a data file into a folder.
fn write(file: &Path, folder: &Path) -> Result<PathBuf, String> {
    let shown = file.display();
    let data = DataFile::read(file, &ReadOptions::default()).map_err(|error| error.to_string())?;
    let made = report::make(&data, &ReportOptions::default()).map_err(|error| error.to_string())?;
    let cannot = |error: std::io::Error| {
        format!(
            "the report of {shown} cannot be written to {}: {error}",
            folder.display()
        )
    };
    make_private_folder(folder).map_err(cannot)?;
    delete_old(folder);
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let key = stable_hash(&[file.to_string_lossy().as_bytes()]);
    let page = folder.join(format!("{name}-{key:016x}.html"));
    fs::write(&page, made.to_html()).map_err(cannot)?;
    Ok(page)
}

/// Deletes pages that are older than [`LIFETIME`].
fn delete_old(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let written = entry.metadata().and_then(|found| found.modified());
        let age = written
            .ok()
            .and_then(|at| SystemTime::now().duration_since(at).ok());
        let is_page = entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "html");
        if is_page && age.is_some_and(|age| age > LIFETIME) {
            // What cannot be deleted now is old the next time, too.
            let _ = fs::remove_file(entry.path());
        }
    }
}
