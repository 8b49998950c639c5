//! `nigh serve --http`: completions over HTTP instead of the Language Server Protocol.

use super::{print, workspace};
use crate::engine_choice::EngineChoice;
use crate::model_choice::{ModelChoice, Otherwise, chosen_model, loading};
use anyhow::{Context, bail};
use assistant::device::Devices;
use assistant::learning;
use assistant::model::{ChosenModel, fim_format};
use assistant::settings::Settings;
use assistant::switching_model::completing;
use context::GenerateError;
use engine::LoadError;
use http_api::{Access, HttpOptions, ServeError, Showing, bind};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use workspace::Store;

/// The variable that holds the token.
const TOKEN: &str = "NIGH_HTTP_TOKEN";

/// Arguments of `nigh serve` for HTTP.
#[derive(clap::Args)]
pub struct ServeHttp {
    /// Serve completions over HTTP at this address, such as 127.0.0.1:8012; port 0 picks a free
    /// one. Endpoints: /v1/completions (OpenAI), /infill and /completion (llama.cpp), /v1/models,
    /// /health
    #[arg(long, value_name = "IP:PORT", value_parser = address)]
    pub http: Option<SocketAddr>,
    /// How likely a completion must be to be returned; `?show=` in the address of a request
    /// overrides it
    #[arg(
        long,
        value_name = "WHEN",
        requires = "http",
        value_enum,
        default_value_t
    )]
    http_show: Showing,
    /// With --http: folder whose files may be copied from
    #[arg(long, value_name = "DIR", requires = "http")]
    workspace: Option<PathBuf>,
    /// File with the token that requests must send (`Authorization: Bearer TOKEN`); NIGH_HTTP_TOKEN
    /// works too
    #[arg(long, value_name = "PATH", requires = "http")]
    http_token_file: Option<PathBuf>,
    /// Allow web pages of this origin, such as https://editor.example; can be repeated
    #[arg(long, value_name = "ORIGIN", requires = "http")]
    http_origin: Vec<String>,
    /// Allow other machines; needs a token, and nothing is encrypted
    #[arg(long, requires = "http")]
    http_allow_remote: bool,
}

impl ServeHttp {
    /// Serves until it is interrupted.
    pub fn run(
        self,
        address: SocketAddr,
        choice: &ModelChoice,
        engine: &EngineChoice,
    ) -> anyhow::Result<ExitCode> {
        let token = self.token()?;
        let access = Access::new(address, self.http_allow_remote, self.http_origin, token)
            .map_err(anyhow::Error::msg)?;
        let workspace = self.workspace.as_deref().map(workspace).transpose()?;
        let chosen = chosen_model(choice.model.as_deref(), choice.adapter.as_deref())
            .map_err(ServeError::NoModel)?;
        if let Some(chosen) = chosen {
            look_at(&chosen).map_err(ServeError::NoModel)?;
        }
        let devices = Devices::of_machine(choice.device.clone());
        let assistant = assistant::AssistantOptions {
            settings: Settings {
                model: choice.settings(),
                engine: choice.engine(engine),
                ..Settings::default()
            },
            // Whoever starts it sees at once why a model cannot complete.
            model: loading(completing, Otherwise::Fail, devices.clone()),
            devices,
            store: Store::of_user(),
            learning: learning::LearningOptions::default(),
            checks: None,
            dismissed: None,
            reports: None,
        };
        let options = HttpOptions {
            assistant,
            address,
            access,
            show: self.http_show,
            workspace,
        };
        let runtime = super::runtime()?;
        runtime.block_on(async {
            let stop = interrupted()?;
            let bound = bind(options).await?;
            print(&format!("nigh answers at http://{}\n", bound.address()))?;
            bound.serve(stop).await?;
            Ok(ExitCode::SUCCESS)
        })
    }

    /// The token, from the file or from the environment.
    fn token(&self) -> anyhow::Result<Option<String>> {
        let Some(path) = &self.http_token_file else {
            let token = std::env::var_os(TOKEN).filter(|token| !token.is_empty());
            let text = token.map(|token| token.into_string());
            return text
                .transpose()
                .map_err(|_| anyhow::anyhow!("{TOKEN} is no UTF-8"));
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the token file {}", path.display()))?;
        warn_if_open(path);
        Ok(Some(text.trim().to_owned()))
    }
}

/// Looks at all of a model but its weights: whoever reads an address may take it for a server that
/// answers. The error says why it cannot complete.
fn look_at(chosen: &ChosenModel) -> Result<(), String> {
    let refused = |error: LoadError| chosen.refused(&error.to_string());
    let model = engine::inspect(&chosen.path, chosen.adapter.as_deref()).map_err(refused)?;
    model.check_memory().map_err(refused)?;
    match fim_format(&model.tokenizer) {
        Some(_) => Ok(()),
        None => Err(chosen.refused(&GenerateError::NoFillIn.to_string())),
    }
}

/// Says so where others may read the token.
fn warn_if_open(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0) {
            eprintln!(
                "nigh: other users may read the token file {0}: chmod 600 {0}",
                path.display()
            );
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Reads `IP:PORT`, or `localhost:PORT`. Other names are not looked up: they may lead anywhere.
fn address(text: &str) -> anyhow::Result<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    match text
        .strip_prefix("localhost:")
        .and_then(|port| port.parse().ok())
    {
        Some(port) => Ok((Ipv4Addr::LOCALHOST, port).into()),
        None => bail!("write an address and a port, such as 127.0.0.1:8012 or [::1]:8012"),
    }
}

/// Comes when the program is to end: on SIGINT and SIGTERM, on Windows on Ctrl-C.
fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        );
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
