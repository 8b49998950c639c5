//! An answer that is no longer wanted: the server sees its connection close, and nothing is left.

use super::*;
use crate::testing::{FakeStep, chunk, llama_server, piece, stream};

const TIMES: usize = 1000;

/// Open files of this process, sockets among them, and its threads.
#[cfg(target_os = "linux")]
fn resources() -> (usize, usize) {
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < TIMEOUT, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_dropped_answer_closes_its_connection() {
    let fake = llama_server(|_| vec![stream(), chunk(&piece("x", 7, -0.1)), FakeStep::UntilClosed]);
    let engine = engine(options(&fake.url));
    let pending = ask(&engine).unwrap();
    assert!(matches!(pending.next(TIMEOUT), Some(AnswerEvent::Chunk(_))));
    assert_eq!((fake.open(), fake.hung_up()), (1, 0));
    let start = Instant::now();
    drop(pending);
    until("the server does not see it", || {
        fake.hung_up() == 1 && fake.open() == 0
    });
    assert!(start.elapsed() < SLACK, "{:?}", start.elapsed());
    assert_eq!(
        status(&engine).failed,
        0,
        "a cancelled answer is no failure"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_thousand_cancelled_answers_leave_nothing_open() {
    let fake = llama_server(|_| vec![stream(), chunk(&piece("x", 7, -0.1)), FakeStep::UntilClosed]);
    let engine = engine(options(&fake.url));
    until("the first connection stays open", || fake.open() == 0);
    let before = resources();
    for number in 0..TIMES {
        let pending = ask(&engine).unwrap();
        match number % 3 {
            0 => {}
            1 => drop(pending.next(Duration::from_millis(1))),
            _ => assert!(matches!(pending.next(TIMEOUT), Some(AnswerEvent::Chunk(_)))),
        }
    }
    until("connections stay open", || fake.open() == 0);
    // Other tests of this process open files too.
    until("files or threads stay", || {
        let now = resources();
        now.0 <= before.0 + 60 && now.1 <= before.1 + 60
    });
    assert_eq!(status(&engine).failed, 0);
    assert_eq!(status(&engine).phase, EnginePhase::Ready);
}
