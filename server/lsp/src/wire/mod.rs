//! Between standard input and output and the protocol library: a server that no byte sequence can end.
//!
//! `frames` cuts bytes into bodies, `screen` judges a body, `pump` moves them through in-memory pipes and knows when the
//! server's life ends, `parent` watches the editor's process.

mod frames;
mod parent;
mod pump;
mod screen;

pub use parent::exit_with;
pub use pump::{Ended, Pipes, connect};
