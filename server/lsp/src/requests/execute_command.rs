//! `workspace/executeCommand`: the commands of code actions.

use super::{dismiss, report, write_query};
use crate::context::RequestContext;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::ExecuteCommandParams;

/// The names of all commands.
pub fn commands() -> Vec<String> {
    [dismiss::COMMAND, report::COMMAND, write_query::COMMAND]
        .map(str::to_owned)
        .to_vec()
}

/// Runs a command.
pub async fn execute_command(context: &RequestContext, params: ExecuteCommandParams) -> Result<()> {
    match params.command.as_str() {
        dismiss::COMMAND => dismiss::execute(context, params.arguments).await,
        report::COMMAND => report::execute(context, params.arguments).await,
        write_query::COMMAND => write_query::execute(context, params.arguments).await,
        other => {
            let message = format!("there is no command `{other}`");
            Err(Error::invalid_params(message))
        }
    }
}
