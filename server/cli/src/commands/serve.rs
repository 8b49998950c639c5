//! `nigh serve`: the language server on standard input and output, or completions over HTTP.

use super::serve_http::ServeHttp;
use crate::engine_choice::EngineChoice;
use crate::model_choice::{ModelChoice, Otherwise, loading};
use assistant::device::Devices;
use assistant::dismissed;
use assistant::learning::{self, file::default_path};
use assistant::settings::Settings;
use assistant::switching_model::serving;
use lsp::convert::encoding_named;
use lsp::server::{ServerOptions, serve};
use std::path::PathBuf;
use std::process::ExitCode;
use text::Encoding;
use workspace::{Store, cache_folder};

/// Arguments of `nigh serve`.
#[derive(clap::Args)]
pub struct Serve {
    #[command(flatten)]
    choice: ModelChoice,
    #[command(flatten)]
    engine: EngineChoice,
    /// Write the log to this file instead of standard error
    #[arg(long, value_name = "PATH")]
    log_file: Option<PathBuf>,
    /// Answer the requests debug/text, debug/index and debug/prompt, which return source text
    #[arg(long)]
    debug_requests: bool,
    /// Count columns in utf-8, utf-16 or utf-32, whatever the editor announces
    #[arg(long, value_name = "ENCODING", value_parser = encoding_named)]
    position_encoding: Option<Encoding>,
    /// Accepted for editors that pass it; standard input and output are always used
    #[arg(long, hide = true)]
    stdio: bool,
    #[command(flatten)]
    http: ServeHttp,
}

impl Serve {
    /// Serves until the editor is done, or the program is interrupted.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        crate::log::start(self.log_file.as_deref())?;
        if let Some(address) = self.http.http {
            return self.http.run(address, &self.choice, &self.engine);
        }
        let settings = Settings {
            model: self.choice.settings(),
            engine: self.choice.engine(&self.engine),
            ..Settings::default()
        };
        let debug_requests = self.debug_requests;
        let learning = learning::LearningOptions {
            file: default_path(),
            ..learning::LearningOptions::default()
        };
        let devices = Devices::of_machine(self.choice.device.clone());
        let assistant = assistant::AssistantOptions {
            settings,
            model: loading(serving, Otherwise::Local, devices.clone()),
            devices,
            store: Store::of_user(),
            learning,
            checks: cache_folder().map(|folder| folder.join("nigh").join("checks")),
            dismissed: dismissed::default_path(),
            reports: cache_folder().map(|folder| folder.join("nigh").join("reports")),
        };
        let options = ServerOptions {
            assistant,
            debug_requests,
            encoding: self.position_encoding,
            watch_parent: true,
        };
        let runtime = super::runtime()?;
        let ended = runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout(), options));
        // Standard input may still be read by a thread that nothing can wake.
        assistant::leave(ended.code());
    }
}
