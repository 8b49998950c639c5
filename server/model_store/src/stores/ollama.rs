//! Ollama's store: manifests that name blobs, which are GGUF files.
//!
//! `manifests/HOST/NAMESPACE/NAME/TAG` is JSON with a list of layers. The layer of the media type
//! for models has a digest `sha256:HEX`, whose file is `blobs/sha256-HEX`.

use super::{ModelStore, file_name, files_below};
use crate::environment::{System, UserFolders};
use crate::listing::{FoundModel, StoreListing};
use serde::Deserialize;
use std::path::{Path, PathBuf};

pub(crate) const STORE: ModelStore = ModelStore {
    prefix: "ollama",
    name: "Ollama",
    folders,
    list,
};

/// The largest manifest that is read; real ones have a few kilobytes.
const MAX_MANIFEST: u64 = 1 << 20;
/// The layer with the weights.
const MODEL_LAYER: &str = "application/vnd.ollama.image.model";
/// The layer with a LoRA adapter that changes the weights.
const ADAPTER_LAYER: &str = "application/vnd.ollama.image.adapter";
/// Layers with one tensor each, which newer versions write for some models.
const TENSOR_LAYER: &str = "application/vnd.ollama.image.tensor";
/// Where models come from unless their name says otherwise.
const REGISTRY: [&str; 2] = ["registry.ollama.ai", "library"];
/// Folders between `manifests` and a tag.
const DEPTH: usize = 4;
/// What to do where the folder of Ollama's service is closed.
const CLOSED: &str = "; to let your user read it: sudo usermod -aG ollama $USER, then log in again";

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<ImageLayer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageLayer {
    media_type: String,
    digest: String,
    #[serde(default)]
    size: u64,
}

fn folders(folders: &UserFolders) -> Vec<PathBuf> {
    if let Some(folder) = folders.folder("OLLAMA_MODELS") {
        return vec![folder];
    }
    let own = folders.in_home(".ollama/models");
    // On Linux, the installer makes a user for the service.
    let service = folders.services.join("ollama/.ollama/models");
    let service = Some(service).filter(|_| folders.system() == System::Unix);
    own.into_iter().chain(service).collect()
}

fn list(folder: &Path, listing: &mut StoreListing) {
    let manifests = folder.join("manifests");
    match std::fs::read_dir(&manifests) {
        Ok(_) => {}
        // Nothing was ever pulled.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return listing.unreadable(&manifests, &error, CLOSED),
    }
    for manifest in files_below(&manifests, DEPTH, listing) {
        let Some(name) = name_of(&manifests, &manifest) else {
            continue;
        };
        let layers = model_layers(&manifest);
        let blobs = layers.as_ref().map_err(Clone::clone).and_then(|layers| {
            let file = |layer: &ImageLayer| blob(folder, &layer.digest, &name);
            Ok((
                file(&layers.weights)?,
                layers.adapter.as_ref().map(file).transpose()?,
            ))
        });
        listing.models.push(FoundModel {
            name: format!("{}:{name}", STORE.prefix),
            store: STORE.name,
            bytes: layers.ok().map(|layers| layers.weights.size),
            adapter: blobs.as_ref().ok().and_then(|(_, adapter)| adapter.clone()),
            path: blobs.map(|(weights, _)| weights),
        });
    }
}

/// What Ollama calls the model of a manifest: without the usual host and namespace.
fn name_of(manifests: &Path, manifest: &Path) -> Option<String> {
    let inside = manifest.strip_prefix(manifests).ok()?;
    let mut parts: Vec<&str> = inside
        .iter()
        .map(|part| part.to_str())
        .collect::<Option<_>>()?;
    // macOS and editors leave files such as .DS_Store.
    let tag = parts.pop().filter(|tag| !tag.starts_with('.'))?;
    let usual = REGISTRY
        .iter()
        .zip(&parts)
        .take_while(|(usual, part)| usual == part);
    let rest = &parts[usual.count()..];
    (!rest.is_empty()).then(|| format!("{}:{tag}", rest.join("/")))
}

/// What a model consists of.
struct ModelLayers {
    weights: ImageLayer,
    adapter: Option<ImageLayer>,
}

/// The layers of a model, or why it cannot be used.
fn model_layers(manifest: &Path) -> Result<ModelLayers, String> {
    let damaged = |why: String| {
        format!(
            "its manifest {} is damaged: {why}; pull the model again",
            manifest.display()
        )
    };
    let file = manifest
        .metadata()
        .map_err(|error| damaged(error.to_string()))?;
    // Opening a pipe would wait for a writer.
    if !file.is_file() {
        return Err(damaged("it is not a regular file".into()));
    }
    let size = file.len();
    if size > MAX_MANIFEST {
        return Err(damaged(format!("it has {size} bytes")));
    }
    let text = std::fs::read(manifest).map_err(|error| damaged(error.to_string()))?;
    let parsed: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    let is_split = parsed
        .layers
        .iter()
        .any(|layer| layer.media_type == TENSOR_LAYER);
    let mut weights = None;
    let mut adapters = Vec::new();
    for layer in parsed.layers {
        match &*layer.media_type {
            MODEL_LAYER if weights.is_none() => weights = Some(layer),
            ADAPTER_LAYER => adapters.push(layer),
            _ => {}
        }
    }
    let adapter = adapters.pop();
    match weights {
        Some(_) if !adapters.is_empty() => {
            Err("it has several adapters, and nigh applies only one; choose another model".into())
        }
        Some(weights) => Ok(ModelLayers { weights, adapter }),
        None if is_split => Err(
            "Ollama keeps it in its own format, not as a GGUF; pull a GGUF of the same model"
                .into(),
        ),
        None => Err(
            "it has no weights on this machine: it runs in Ollama's cloud, or is not pulled yet; \
             pull it, or choose another model"
                .into(),
        ),
    }
}

/// The file of a digest.
fn blob(folder: &Path, digest: &str, name: &str) -> Result<PathBuf, String> {
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    // Nothing that leads out of the folder.
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!(
            "its manifest is damaged: the digest of its weights is not valid; pull it again: \
             ollama pull {name}"
        ));
    }
    let path = folder.join("blobs").join(format!("sha256-{hex}"));
    // Opening a pipe would wait for a writer.
    let opened = match path.metadata() {
        Ok(file) if !file.is_file() => Err(std::io::ErrorKind::InvalidInput.into()),
        Ok(_) => std::fs::File::open(&path).map(drop),
        Err(error) => Err(error),
    };
    match opened {
        Ok(()) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(format!(
            "its weights are missing ({}); fetch them again: ollama pull {name}",
            file_name(&path)
        )),
        Err(error) => Err(format!("cannot read {}: {error}{CLOSED}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::list;
    use std::fs;

    const HEX: &str = "c5396e06af294bd101b30dce59131a76d2b773e76950acc870eda801d3ab0515";

    /// A store with a manifest per name, all of one blob.
    fn store(models: &Path, manifests: &[(&str, &str)]) {
        fs::create_dir_all(models.join("blobs")).unwrap();
        fs::write(
            models.join("blobs").join(format!("sha256-{HEX}")),
            "weights",
        )
        .unwrap();
        for (path, text) in manifests {
            let path = models.join("manifests").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn manifest(media_type: &str, digest: &str) -> String {
        serde_json::json!({"schemaVersion": 2, "config": {"digest": "sha256:00"}, "layers": [
            {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:11", "size": 1},
            {"mediaType": media_type, "digest": digest, "size": 7},
        ]})
        .to_string()
    }

    fn listed(home: &Path) -> StoreListing {
        list(&UserFolders::at(System::Unix, home))
    }

    #[test]
    fn models_are_named_as_ollama_names_them() {
        let home = tempfile::tempdir().unwrap();
        let whole = manifest(MODEL_LAYER, &format!("sha256:{HEX}"));
        let models = home.path().join(".ollama/models");
        store(
            &models,
            &[
                ("registry.ollama.ai/library/qwen2.5-coder/1.5b-base", &whole),
                ("registry.ollama.ai/library/.DS_Store", "x"),
                ("registry.ollama.ai/someone/coder/latest", &whole),
                ("hf.co/Qwen/Qwen2.5-Coder-7B-GGUF/Q8_0", &whole),
            ],
        );
        let listing = listed(home.path());
        assert!(listing.problems.is_empty(), "{listing:?}");
        let names: Vec<&str> = listing.models.iter().map(|model| &*model.name).collect();
        let expected = [
            "ollama:hf.co/Qwen/Qwen2.5-Coder-7B-GGUF:Q8_0",
            "ollama:qwen2.5-coder:1.5b-base",
            "ollama:someone/coder:latest",
        ];
        assert_eq!(names, expected);
        let blob = models.join("blobs").join(format!("sha256-{HEX}"));
        assert!(
            listing
                .models
                .iter()
                .all(|model| model.path == Ok(blob.clone()))
        );
        assert!(listing.models.iter().all(|model| model.bytes == Some(7)));
    }

    #[test]
    fn the_adapter_of_a_model_comes_with_it() {
        let home = tempfile::tempdir().unwrap();
        let models = home.path().join(".ollama/models");
        let adapter = HEX.replace('c', "e");
        let layer = |kind: &str, hex: &str| serde_json::json!({"mediaType": kind, "digest": format!("sha256:{hex}"), "size": 7});
        let with = |layers: &[serde_json::Value]| serde_json::json!({"layers": layers}).to_string();
        let weights = layer(MODEL_LAYER, HEX);
        let one = layer(ADAPTER_LAYER, &adapter);
        let tuned = with(&[weights.clone(), one.clone()]);
        let twice = with(&[weights, one.clone(), one]);
        let at = |name: &str| format!("registry.ollama.ai/library/{name}/latest");
        store(&models, &[(&at("tuned"), &tuned), (&at("twice"), &twice)]);
        let blob = models.join("blobs").join(format!("sha256-{adapter}"));
        let missing = listed(home.path()).models.remove(0);
        assert!(missing.path.is_err(), "the adapter is not there");
        fs::write(&blob, "adapter").unwrap();
        let listing = listed(home.path());
        assert_eq!(listing.models[0].adapter, Some(blob));
        let several = listing.models[1].path.as_ref().unwrap_err();
        assert!(several.contains("several adapters"), "{several}");
    }

    #[test]
    fn what_is_broken_is_a_line_of_its_own() {
        let home = tempfile::tempdir().unwrap();
        let library = |name: &str| format!("registry.ollama.ai/library/{name}/latest");
        let other = HEX.replace('c', "d");
        for (name, text, why) in [
            ("half", "{\"layers\": [".to_owned(), "is damaged"),
            ("cloud", "{\"layers\": []}".to_owned(), "cloud"),
            ("mlx", manifest(TENSOR_LAYER, "sha256:11"), "its own format"),
            (
                "gone",
                manifest(MODEL_LAYER, &format!("sha256:{other}")),
                "ollama pull gone:latest",
            ),
            (
                "escape",
                manifest(MODEL_LAYER, "sha256:../../../etc/passwd"),
                "digest",
            ),
            ("huge", " ".repeat(2 << 20), "bytes"),
            ("good", manifest(MODEL_LAYER, &format!("sha256:{HEX}")), ""),
        ] {
            store(
                &home.path().join(".ollama/models"),
                &[(&library(name), &text)],
            );
            let listing = listed(home.path());
            let name = format!("ollama:{name}:latest");
            let model = listing
                .models
                .iter()
                .find(|model| model.name == name)
                .unwrap();
            match &model.path {
                Ok(_) => assert_eq!(why, ""),
                Err(reason) => assert!(!why.is_empty() && reason.contains(why), "{reason}"),
            }
        }
        assert_eq!(listed(home.path()).models.len(), 7, "none hides another");
    }

    #[test]
    fn the_store_of_the_service_and_that_of_the_variable_are_found() {
        let home = tempfile::tempdir().unwrap();
        let whole = manifest(MODEL_LAYER, &format!("sha256:{HEX}"));
        let at = "registry.ollama.ai/library/a/latest";
        store(
            &home.path().join("services/ollama/.ollama/models"),
            &[(at, &whole)],
        );
        assert_eq!(listed(home.path()).models.len(), 1);
        let mac = UserFolders::at(System::MacOs, home.path());
        assert_eq!(
            list(&mac).models.len(),
            0,
            "there is no such service on macOS"
        );
        let elsewhere = home.path().join("elsewhere");
        store(
            &elsewhere,
            &[(at, &whole), ("registry.ollama.ai/library/b/1b", &whole)],
        );
        let moved = mac.with("OLLAMA_MODELS", elsewhere);
        assert_eq!(list(&moved).models.len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_closed_folder_is_a_problem_and_no_failure() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let manifests = home.path().join(".ollama/models/manifests");
        fs::create_dir_all(&manifests).unwrap();
        fs::set_permissions(&manifests, fs::Permissions::from_mode(0o0)).unwrap();
        // Nothing is closed to the superuser.
        if fs::read_dir(&manifests).is_err() {
            let listing = listed(home.path());
            assert!(listing.problems[0].contains("usermod"), "{listing:?}");
        }
        fs::set_permissions(&manifests, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
