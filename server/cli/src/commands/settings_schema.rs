//! `nigh settings-schema`: the settings for those who write plugins of editors.

use super::print;
use assistant::schema;
use std::process::ExitCode;

/// Arguments of `nigh settings-schema`.
#[derive(clap::Args)]
pub struct SettingsSchema {}

impl SettingsSchema {
    /// Prints one JSON object: the name of each setting, and its schema.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        print(&format!(
            "{:#}\n",
            serde_json::Value::Object(schema::properties())
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
