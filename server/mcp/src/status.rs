//! The resource `nigh://status`: which folder this is, how far it is read, and what is allowed.

use crate::project::Project;
use serde_json::{Value, json};

/// What names the resource.
pub(crate) const URI: &str = "nigh://status";
const TYPE: &str = "application/json";

/// The resource as it is listed.
pub(crate) fn resource() -> Value {
    let about = "The folder, how far it is read, and what is allowed";
    json!({"uri": URI, "name": "status", "description": about, "mimeType": TYPE})
}

/// The resource as it is now.
pub(crate) fn contents(project: &Project) -> Value {
    let files = project.asked.files();
    let status = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "workspace": project.root,
        "index": match files {
            Some(_) => "ready",
            None => "being read",
        },
        "files": files,
        "allowed": {
            "checks": project.allowed.checks,
            "tests": project.allowed.test.is_some(),
            "apply": project.allowed.apply,
        },
    });
    json!({"uri": URI, "mimeType": TYPE, "text": format!("{status:#}")})
}
