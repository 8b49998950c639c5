//! Between standard input and output and the protocol library: a server that no byte sequence can
//! end.
//!
//! `frames` cuts bytes into bodies, `screen` judges a body, `mend` and `uris` make its parameters
//! readable, `pump` moves bodies through in-memory pipes and knows when the server's life ends,
//! `guard` keeps handlers apart, `parent` watches the editor's process.

mod frames;
mod guard;
mod mend;
mod parent;
mod pump;
mod screen;
mod uris;

pub use guard::Guarded;
pub use mend::{NO_VERSION, UNREAD, known_version};
pub use parent::exit_with;
pub use pump::{Ended, Pipes, connect};
