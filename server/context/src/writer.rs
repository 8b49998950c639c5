//! A second model, elsewhere, that writes answers while the one of [`Generate`] ranks them.
//!
//! It may be slow, gone or wrong, so its answer is asked for early, read late, and may be missing.
//!
//! [`Generate`]: crate::Generate

use crate::{Answer, Budget, FimFormat, GenerateError, Prompt, Snapshot};
use std::ops::ControlFlow;

/// A model that is asked for text and for nothing else.
pub trait Writer {
    /// Its markers for filling in the middle.
    fn fim_format(&self) -> FimFormat;

    /// Tokens its prompt may take.
    fn budget(&self) -> Budget;

    /// Asks for the text at the cursor of the snapshot's document, and does not wait for it. A writer
    /// that cannot require anything of its answer asks with [`Prompt::whole`]. `None` where the
    /// prompt must not be sent.
    fn start(
        &mut self,
        snapshot: &Snapshot,
        prompt: &Prompt,
        max_tokens: usize,
    ) -> Option<Box<dyn PendingText>>;
}

/// An answer that is on its way; dropping it stops the model that writes it.
pub trait PendingText {
    /// The answer after the required part, waited for as long as the writer's limits allow. `on_text` gets the whole answer
    /// so far and may stop it. `None` where there is none.
    fn read(
        self: Box<Self>,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Answer>, GenerateError>;
}
