//! Whole-server tests and the tidy test: one binary, one file per subject.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod completing;
mod learning;
mod lifecycle;
mod program;
mod settings;
mod sync;
mod tidy;
mod workspace;
