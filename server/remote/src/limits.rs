//! How long and how much: no one waits longer for a server, and no answer may be larger.

use std::time::Duration;

/// The times that a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteLimits {
    /// Until a connection is open, the look-up of the name included.
    pub connect: Duration,
    /// From the request to the first text, connecting included; and from one text to the next.
    pub first_token: Duration,
    /// From the request to the end. What has arrived by then counts if it is a line or more.
    pub whole: Duration,
    /// The same for a predicted edit, which completions wait for.
    pub edit: Duration,
    /// Until a server that is met for the first time has said who it is. Nothing waits for that.
    pub meet: Duration,
    /// Until a server has loaded its model, where it does so on request. Nothing waits for that.
    pub load: Duration,
    /// The first pause after a failure; each failure in a row doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for RemoteLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(300),
            first_token: Duration::from_millis(1500),
            whole: Duration::from_millis(4000),
            edit: Duration::from_millis(2500),
            meet: Duration::from_secs(5),
            load: Duration::from_secs(120),
            first_pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(300),
        }
    }
}

impl RemoteLimits {
    /// The pause after so many failures in a row.
    pub(crate) fn pause(&self, failures: u32) -> Duration {
        let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
        self.first_pause
            .saturating_mul(doubled)
            .min(self.longest_pause)
    }
}

/// Bytes of an answer that is read whole, such as a list of models.
pub(crate) const MAX_BODY: usize = 4 << 20;
/// Bytes of a streamed answer, with all that a server writes around the text.
pub(crate) const MAX_STREAM: usize = 4 << 20;
/// Bytes of a line of a stream.
pub(crate) const MAX_LINE: usize = 1 << 20;
/// Bytes of generated text.
pub(crate) const MAX_TEXT: usize = 64 << 10;
/// Characters of a server's own message that are shown.
pub(crate) const MAX_MESSAGE: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_up_to_a_limit() {
        let limits = RemoteLimits::default();
        let delays = [1, 2, 3, 8, 40].map(|failures| limits.pause(failures).as_secs());
        assert_eq!(delays, [2, 4, 8, 256, 300]);
    }
}
