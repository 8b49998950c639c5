//! The model that the user chose for all editors: one small file in the folder for settings.
//!
//! It keeps a name rather than a file, so that a model that its own program updates stays chosen.
//! It is never in a workspace, so no repository chooses what runs on its reader's machine.

use crate::environment::UserFolders;
use crate::find::{LocatedModel, find};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::PathBuf;

/// What the file holds.
#[derive(Deserialize, Serialize)]
struct Choice {
    model: String,
}

/// Where the choice is kept, if the system says where settings go.
pub fn path(folders: &UserFolders) -> Option<PathBuf> {
    Some(folders.configuration()?.join("nigh").join("model.json"))
}

/// The name of the chosen model; none if the user chose none. The error is a whole sentence.
pub fn read(folders: &UserFolders) -> Result<Option<String>, String> {
    let Some(path) = path(folders) else {
        return Ok(None);
    };
    let wrong = |why: String| {
        format!(
            "cannot read the choice of a model in {}: {why}; choose again with `nigh model use \
             NAME`",
            path.display()
        )
    };
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let choice: Choice = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(Some(choice.model))
}

/// The model that the user chose; none if there is no choice. The error says what is wrong with
/// the choice and what to do.
pub fn located(folders: &UserFolders) -> Result<Option<LocatedModel>, String> {
    let Some(name) = read(folders)? else {
        return Ok(None);
    };
    let located = find(folders, &name).and_then(LocatedModel::existing);
    located.map(Some).map_err(|why| {
        format!(
            "{why}. It is the choice of `nigh model use`: `nigh model use NAME` chooses another \
             model, and `nigh model rm` goes back to the embedded one"
        )
    })
}

/// Keeps a name; returns the file.
pub fn write(folders: &UserFolders, name: &str) -> std::io::Result<PathBuf> {
    let path = path(folders)
        .ok_or_else(|| std::io::Error::other("the folder for settings is not known; set HOME"))?;
    let folder = path.parent().unwrap_or(&path);
    std::fs::create_dir_all(folder)?;
    let choice = Choice {
        model: name.to_owned(),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".nigh")
        .tempfile_in(folder)?;
    writeln!(file, "{}", serde_json::to_string_pretty(&choice)?)?;
    file.persist(&path)?;
    Ok(path)
}

/// Forgets the choice; says whether there was one.
pub fn forget(folders: &UserFolders) -> std::io::Result<bool> {
    let Some(path) = path(folders) else {
        return Ok(false);
    };
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::System;

    #[test]
    fn a_choice_is_kept_replaced_and_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let folders = UserFolders::at(System::Unix, home.path());
        assert_eq!(read(&folders), Ok(None));
        assert!(!forget(&folders).unwrap());
        for name in ["ollama:qwen2.5-coder:1.5b-base", "/models/a \"b\".gguf"] {
            let path = write(&folders, name).unwrap();
            assert_eq!(path, home.path().join(".config/nigh/model.json"));
            assert_eq!(read(&folders), Ok(Some(name.to_owned())));
        }
        assert!(forget(&folders).unwrap());
        assert_eq!(read(&folders), Ok(None));
    }

    #[test]
    fn a_damaged_choice_says_what_to_do() {
        let home = tempfile::tempdir().unwrap();
        let folders = UserFolders::at(System::Unix, home.path());
        let path = write(&folders, "x").unwrap();
        for text in ["", "{", "[]", "{\"model\": 1}"] {
            std::fs::write(&path, text).unwrap();
            let error = read(&folders).unwrap_err();
            assert!(error.contains("nigh model use"), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(read(&folders).unwrap_err().contains("model.json"));
        assert!(write(&folders, "x").is_err());
    }

    #[test]
    fn a_choice_that_is_gone_is_named_once_with_what_to_do() {
        let home = tempfile::tempdir().unwrap();
        let folders = UserFolders::at(System::Unix, home.path());
        assert_eq!(located(&folders), Ok(None));
        let file = home.path().join("a.gguf").display().to_string();
        for name in ["ollama:qwen2.5-coder:1.5b-base", &file] {
            write(&folders, name).unwrap();
            let error = located(&folders).unwrap_err();
            assert!(error.contains("the choice of `nigh model use`"), "{error}");
            assert!(error.contains(&format!("{name}`")) || error.contains(&format!("{name}.")));
        }
        std::fs::write(&file, "weights").unwrap();
        let found = located(&folders).unwrap().unwrap();
        assert_eq!(found.name, file);
    }
}
