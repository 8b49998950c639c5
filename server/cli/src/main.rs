//! The program `nigh`.

fn main() -> std::process::ExitCode {
    // An empty variable is as good as none.
    for name in ["NIGH_MODEL", "NIGH_ADAPTER", "NIGH_DEVICE"] {
        if std::env::var_os(name).is_some_and(|value| value.is_empty()) {
            // SAFETY: no other thread runs yet that could read the environment.
            unsafe { std::env::remove_var(name) };
        }
    }
    nigh::cli::run()
}
