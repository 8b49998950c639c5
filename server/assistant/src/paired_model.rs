//! A model here together with one on a server: the server's writes, the one here ranks, and answers
//! by itself while the server is gone, slow or wrong.

use crate::model::{ChosenHandle, Description, Model};
use crate::remote_writer::RemoteWriter;
use crate::settings::EngineSettings;
use context::{Alternative, Answer, AnswerMask, Budget, CountTokens, Effort, FimFormat, Generate};
use context::{GenerateError, Prompt, Segment, Writer};
use engine::Cancel;
use remote::{EngineAddress, EnginePhase, EngineStatus};
use std::ops::ControlFlow;
use std::time::Instant;
use tokio::sync::watch;

/// The two models.
struct PairedModel {
    here: Box<dyn Model>,
    /// Absent if the settings of the engine are wrong.
    writer: Option<RemoteWriter>,
    status: watch::Receiver<EngineStatus>,
}

/// `model` together with one on a server, if there is one.
pub fn paired(model: Box<dyn Model>, writer: Option<RemoteWriter>) -> Box<dyn Model> {
    match writer {
        Some(writer) => Box::new(PairedModel {
            here: model,
            status: writer.status(),
            writer: Some(writer),
        }),
        None => model,
    }
}

/// `model` only, as the settings of the engine are wrong; its status says so.
pub fn unpaired(model: Box<dyn Model>, settings: &EngineSettings, why: String) -> Box<dyn Model> {
    tracing::error!("only the embedded model completes: {why}");
    let address = settings.url.as_deref().map(EngineAddress::parse);
    let status = EngineStatus {
        url: address
            .and_then(Result::ok)
            .map_or_else(String::new, |url| url.to_string()),
        phase: EnginePhase::Unusable,
        why: Some(why),
        ..EngineStatus::default()
    };
    Box::new(PairedModel {
        here: model,
        writer: None,
        status: watch::Sender::new(status).subscribe(),
    })
}

impl CountTokens for PairedModel {
    fn count(&self, text: &str) -> usize {
        self.here.count(text)
    }
}

impl Generate for PairedModel {
    fn fim_format(&self) -> Option<FimFormat> {
        self.here.fim_format()
    }

    fn budget(&self) -> Budget {
        self.here.budget()
    }

    fn spare_tokens(&self) -> usize {
        self.here.spare_tokens()
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        self.here.generate(prompt, effort, on_text)
    }

    fn names(&self) -> Vec<String> {
        self.here.names()
    }

    fn knows(&self, marker: &str) -> bool {
        self.here.knows(marker)
    }

    fn score(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        self.here.score(prompt, continuations)
    }

    fn begin(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<f32>, GenerateError> {
        self.here.begin(prompt, continuations)
    }

    fn read_ahead(&mut self, prompt: &Prompt) -> Result<(), GenerateError> {
        self.here.read_ahead(prompt)
    }

    fn alternatives(
        &mut self,
        prompt: &Prompt,
        count: usize,
        max_tokens: usize,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        self.here.alternatives(prompt, count, max_tokens, goes_on)
    }

    fn generate_masked(
        &mut self,
        prompt: &Prompt,
        max_tokens: usize,
        mask: &dyn AnswerMask,
    ) -> Result<Option<String>, GenerateError> {
        self.here.generate_masked(prompt, max_tokens, mask)
    }

    fn writer(&mut self) -> Option<&mut dyn Writer> {
        let writer = self.writer.as_mut()?;
        writer.is_ready().then_some(writer)
    }
}

impl Model for PairedModel {
    fn set_cancel(&mut self, cancel: Cancel) {
        if let Some(writer) = &mut self.writer {
            writer.set_cancel(cancel.clone());
        }
        self.here.set_cancel(cancel);
    }

    fn description(&self) -> Description {
        self.here.description()
    }

    fn engine(&self) -> Option<watch::Receiver<EngineStatus>> {
        Some(self.status.clone())
    }

    fn chosen(&self) -> Option<ChosenHandle> {
        self.here.chosen()
    }

    fn rests_at(&self) -> Option<Instant> {
        self.here.rests_at()
    }

    fn rest(&mut self) {
        self.here.rest();
    }
}
