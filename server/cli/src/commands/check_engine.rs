//! `nigh check-model URL`: who answers at an address, whether its model can complete, and how fast.
//!
//! `nigh doctor` says the same in one line.

use anyhow::{Context, bail};
use assistant::documents::file_snapshot;
use assistant::settings::EngineSettings;
use assistant::{EnginePhase, EngineStatus, RemoteLimits, RemoteWriter};
use context::{Answer, CountTokens, PendingText, Writer, fill_in};
use next_edit::EditFormat;
use std::ops::ControlFlow;
use std::time::Instant;

/// What is completed to measure the time.
const EXAMPLE: &str = "def add(a, b):\n    return ";
/// Tokens of the answer.
const TOKENS: usize = 8;

/// What the server is, for people; the error says why it cannot be used.
pub fn account(settings: &EngineSettings) -> anyhow::Result<String> {
    let limits = RemoteLimits::default();
    let writer = RemoteWriter::open(settings, limits).map_err(anyhow::Error::msg)?;
    let mut writer = writer.context("no engine is named")?;
    writer.wait(limits.load);
    let (dialect, model, context, ability) = match writer.server() {
        Some((server, format)) => {
            let context = server.context().map(|tokens| format!("{tokens} tokens"));
            let context = context.unwrap_or_else(|| "unknown".into());
            (
                server.dialect.name(),
                server.model.clone(),
                context,
                format.ability(),
            )
        }
        None => bail!(why(&status(&writer))),
    };
    let edits = EditFormat::of_writer(&writer);
    let edits = edits.map_or("no".into(), |format| {
        format!("in the format of {}", format.name())
    });
    let start = Instant::now();
    let answer = example(&mut writer)?;
    let whole = start.elapsed().as_millis();
    let now = status(&writer);
    let Some(answer) = answer else {
        bail!(why(&now));
    };
    let first = now.first_text_ms.unwrap_or_default();
    let probabilities = if answer.tokens.is_empty() {
        "no"
    } else {
        "yes"
    };
    Ok(format!(
        "{}: {ability}\n  kind          {dialect}\n  \
         model         {model}\n  context       {context}\n  first text    {first} ms\n  \
         answer        {whole} ms\n  probabilities {probabilities}\n  next edits    {edits}\n",
        now.url
    ))
}

/// The server in a line: its model and speed, or why it cannot be used.
pub fn line(settings: &EngineSettings) -> Result<String, String> {
    let account = account(settings).map_err(|error| format!("engine: {error:#}"))?;
    let lines = account.lines().map(str::split_whitespace);
    let words: Vec<String> = lines
        .map(|line| line.collect::<Vec<_>>().join(" "))
        .collect();
    Ok(format!("engine: {}", words.join(", ")))
}

fn status(writer: &RemoteWriter) -> EngineStatus {
    writer.status().borrow().clone()
}

fn why(status: &EngineStatus) -> String {
    let EngineStatus {
        url, why, phase, ..
    } = status;
    let why = why.as_deref().unwrap_or(match phase {
        EnginePhase::Connecting => "it did not identify itself in time",
        _ => "it gave no answer",
    });
    format!("{url} cannot be used: {why}")
}

/// Estimates tokens where no vocabulary is at hand.
struct Estimate;

impl CountTokens for Estimate {
    fn count(&self, text: &str) -> usize {
        text.len().div_ceil(3)
    }
}

/// The server's answer to an example.
fn example(writer: &mut RemoteWriter) -> anyhow::Result<Option<Answer>> {
    let snapshot = file_snapshot("example.py", EXAMPLE)?;
    let format = writer.fim_format();
    let prompt = fill_in(
        &snapshot,
        EXAMPLE.len(),
        &format,
        writer.budget(),
        &Estimate,
    );
    let pending = writer.start(&snapshot, &prompt, TOKENS);
    let read = |pending: Box<dyn PendingText>| pending.read(&mut |_| ControlFlow::Continue(()));
    Ok(pending.map(read).transpose()?.flatten())
}
