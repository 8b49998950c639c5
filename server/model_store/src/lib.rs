//! Models that are already on this machine, and which one its user chose.
//!
//! Other programs keep models in folders of their own: one file per program in `stores/`, and a
//! line in its list. [`list`] reads them all, [`find`] finds the model that a name or a path means,
//! [`choice`] keeps the user's choice for all editors, [`pull`] says which command would fetch a
//! model, and [`remove`] deletes what may be deleted.
//!
//! This crate knows nothing of editors and nothing of how a model runs: whether a file can be used
//! is for its caller to judge. It opens no connection, runs no program, and reads no workspace.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod catalogue;
pub mod choice;
mod environment;
mod find;
mod judge;
mod list;
mod listing;
mod names;
pub mod pull;
pub mod remove;
mod stores;

pub use catalogue::{CATALOGUE, KnownModel};
pub use environment::{System, UserFolders};
pub use find::{EMBEDDED, LocatedModel, find};
pub use judge::judge;
pub use list::list;
pub use listing::{FoundModel, StoreListing};
pub use names::printable;
pub use stores::own_folder;
