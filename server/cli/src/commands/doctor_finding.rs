//! A line of what the doctor reports.

/// Something that was looked at: fine, or what is wrong and what to do.
pub struct DoctorFinding {
    /// Whether nothing needs to be done.
    pub fine: bool,
    /// What was found.
    pub what: String,
    /// What to do.
    pub remedy: &'static str,
}
