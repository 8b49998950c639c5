//! The transport: JSON-RPC messages between an editor's pipes and a `tower` service. No byte
//! sequence on standard input ends the server.
//!
//! On the way in, `frames` cuts bytes into bodies and `validate` turns a body into a typed message,
//! with the help of `normalize` and `uris`, which make the parameters of careless clients readable.
//! `transport` calls the service and writes its answers; it decides when the session ends.
//! `catch_panic` keeps a failing handler from ending it, `watch_parent` ends the process with the
//! editor's. Nothing here knows what a method does.

mod catch_panic;
mod frames;
mod normalize;
mod transport;
mod uris;
mod validate;
mod watch_parent;

pub use normalize::{NO_VERSION, UNREADABLE_CHANGE, known_version};
pub use transport::{Ended, serve};
pub use validate::request;
pub use watch_parent::exit_with_process;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
