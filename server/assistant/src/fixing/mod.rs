//! Bugs of files and their fixes, for front ends without open documents: commands and agents.
//!
//! A front end reads files ([`DiskFile`]), searches them, and filters the fixes by the level that
//! they must reach ([`Verification`]). It decides which files may be read, whether programs may
//! run, and whether anything is written.

mod disk_file;
mod verification;

pub use disk_file::{DiskFile, SuspectingModel};
pub use verification::{Verification, VerifiedFixes};
