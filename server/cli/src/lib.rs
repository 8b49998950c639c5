//! The command line of `nigh`: one subcommand per file in `commands/`.
//!
//! `main.rs` calls [`cli::run`]. Commands call the same crates as the servers do and print for
//! people or scripts.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
mod commands;
mod engine_choice;
mod log;
mod model_choice;
