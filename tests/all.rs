//! Whole-server tests and the tidy test: one binary, one file per subject.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bugs;
mod chosen_model;
mod completing;
mod data_commands;
mod devices;
mod diagnose;
mod encrypted_engine;
mod fuzz;
mod hits;
mod http;
mod large_models;
mod learning;
mod lifecycle;
mod mcp;
mod models;
mod names;
mod next_edit;
mod notebooks;
mod pages;
mod predicted_edit;
mod program;
mod remote_engine;
mod schema;
mod settings;
mod sync;
mod tidy;
mod workspace;
