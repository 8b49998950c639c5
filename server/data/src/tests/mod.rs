//! Tests of all readers together.

mod cases;
mod hostile;
