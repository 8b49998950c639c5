//! The work that a template may do.

/// What is left of the work that a template may do.
pub struct Budget(usize);

impl Budget {
    /// What a step costs; a byte of a new text costs one.
    const STEP: usize = 50;
    /// Enough for 80,000 steps, or for 4 MB of texts. Templates in use take a twentieth of it.
    const WHOLE: usize = 4_000_000;

    fn spend(&mut self, cost: usize) -> Result<(), String> {
        match self.0.checked_sub(cost) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err("the template does too much".into()),
        }
    }

    /// Pays for one step.
    pub fn step(&mut self) -> Result<(), String> {
        self.spend(Self::STEP)
    }

    /// Pays for so many steps.
    pub fn steps(&mut self, count: usize) -> Result<(), String> {
        self.spend(count.saturating_mul(Self::STEP))
    }

    /// Pays for a text of so many bytes before it is made.
    pub fn text(&mut self, bytes: usize) -> Result<(), String> {
        self.spend(bytes)
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self(Self::WHOLE)
    }
}
