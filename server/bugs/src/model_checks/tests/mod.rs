//! Checks by a model that knows a few answers and their probabilities.

mod misuse;
mod repair;
mod unlikely;
