//! Tests of all readers together.

mod cases;
mod folders;
mod hostile;
