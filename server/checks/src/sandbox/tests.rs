//! Each limit, proved by a program that breaks it. Where the kernel lacks the means the test says
//! so and is skipped.

use super::{End, Job, Memory, Ran, Sandbox, Workdir};
use crate::skipped::skip;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A job that runs a shell script, with limits small enough to reach.
fn shell(script: &str) -> Job {
    Job {
        program: PathBuf::from("/bin/sh"),
        folder: PathBuf::new(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        environment: Vec::new(),
        time: Duration::from_secs(20),
        memory: Memory::Mapped(512 << 20),
        file_bytes: 1 << 20,
        processes: 16,
        nice: false,
    }
}

fn python(code: &str) -> Option<Job> {
    let program = PathBuf::from("/usr/bin/python3");
    if !program.is_file() {
        skip("there is no /usr/bin/python3");
        return None;
    }
    Some(Job {
        program,
        arguments: ["-I", "-c", code].map(str::to_owned).to_vec(),
        ..shell("")
    })
}

fn run(job: &Job) -> (Workdir, Ran) {
    let room = Sandbox::new().unwrap().room().unwrap();
    let ran = room.run(job, "").unwrap();
    (room, ran)
}

#[test]
fn a_program_reads_its_input_and_writes_in_its_folder() {
    let room = Sandbox::new().unwrap().room().unwrap();
    room.write("sub/greeting", "hello ").unwrap();
    let ran = room
        .run(
            &shell("cat sub/greeting - > out && cat out; echo oops >&2; exit 3"),
            "you",
        )
        .unwrap();
    assert_eq!(
        (ran.end, ran.stdout.as_str(), ran.stderr.as_str()),
        (End::Exit(3), "hello you", "oops\n")
    );
    let path = room.path().to_owned();
    drop(room);
    assert!(!path.exists());
}

#[test]
fn the_environment_is_clean_and_the_folder_is_home() {
    // Cargo sets variables of its own, none of which may be seen.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let (room, ran) = run(&shell("env | cut -d= -f1 | sort | tr '\\n' ' '; pwd"));
    let folder = room.path().canonicalize().unwrap();
    assert_eq!(
        ran.stdout,
        format!("HOME LANG PATH PWD TMPDIR {}\n", folder.display())
    );
}

#[test]
fn an_endless_loop_ends_with_its_children() {
    let begin = Instant::now();
    let room = Sandbox::new().unwrap().room().unwrap();
    let job = Job {
        time: Duration::from_secs(1),
        ..shell("(sleep 3; echo late > late) & while :; do :; done")
    };
    assert_eq!(room.run(&job, "").unwrap().end, End::TimeOut);
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "{:?}",
        begin.elapsed()
    );
    std::thread::sleep(Duration::from_secs(4).saturating_sub(begin.elapsed()));
    assert!(
        !room.path().join("late").exists(),
        "a child has outlived the program"
    );
}

#[test]
fn nothing_outlives_the_program_in_a_session_of_its_own() {
    let sandbox = Sandbox::new().unwrap();
    if !sandbox.means.namespaces {
        skip("no namespaces here");
        return;
    }
    let room = sandbox.room().unwrap();
    let ran = room
        .run(
            &shell("setsid sh -c 'sleep 2; echo late > late' & sleep 0.3"),
            "",
        )
        .unwrap();
    assert_eq!(ran.end, End::Exit(0), "{ran:?}");
    std::thread::sleep(Duration::from_secs(3));
    assert!(!room.path().join("late").exists());
}

#[test]
fn sleeping_does_not_help() {
    let job = Job {
        time: Duration::from_millis(500),
        ..shell("sleep 60")
    };
    assert_eq!(run(&job).1.end, End::TimeOut);
}

#[test]
fn memory_is_limited_however_it_is_counted() {
    for memory in [Memory::Mapped(512 << 20), Memory::Written(512 << 20)] {
        let Some(job) = python("print(len(bytearray(10 << 30)))") else {
            return;
        };
        let (_, ran) = run(&Job { memory, ..job });
        assert!(
            ran.end != End::Exit(0) && ran.stderr.contains("MemoryError"),
            "{memory:?}: {ran:?}"
        );
    }
}

#[test]
fn a_fork_bomb_is_bounded() {
    let sandbox = Sandbox::new().unwrap();
    if !sandbox.means.namespaces && !sandbox.means.root {
        skip("without namespaces the processes of this user would be counted");
        return;
    }
    let code = "import os, time\nn = 0\ntry:\n    while n < 200:\n        if os.fork() == 0:\n            time.sleep(60)\n            \
                os._exit(0)\n        n += 1\nexcept OSError:\n    print('bounded at', n)\n";
    let Some(job) = python(code) else { return };
    let (_, ran) = run(&job);
    let count: usize = ran
        .stdout
        .trim()
        .rsplit(' ')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(usize::MAX);
    assert!(count <= 16, "{ran:?}");
    let bomb = Job {
        time: Duration::from_secs(2),
        ..shell("bomb() { bomb | bomb & }; bomb; wait")
    };
    let begin = Instant::now();
    run(&bomb);
    assert!(begin.elapsed() < Duration::from_secs(15));
}

#[test]
fn there_is_no_network() {
    let sandbox = Sandbox::new().unwrap();
    if !sandbox.means.namespaces && !sandbox.means.landlock {
        skip("neither namespaces nor Landlock here");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!(
        "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)\nprint('connected')"
    );
    let Some(job) = python(&connect) else { return };
    let (_, ran) = run(&job);
    assert!(
        ran.end != End::Exit(0) && !ran.stdout.contains("connected"),
        "{ran:?}"
    );
}

#[test]
fn services_of_this_machine_are_not_reached_by_unix_sockets() {
    if !Sandbox::new().unwrap().means.calls {
        skip("no filter of system calls here");
        return;
    }
    let outside = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(outside.path(), open).unwrap();
    let path = outside.path().join("service");
    let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let code = format!(
        "import socket\na, b = socket.socketpair()\na.send(b'pair')\nprint(b.recv(9).decode())\n\
         for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n    try:\n        \
         socket.socket(socket.AF_UNIX, kind).connect({:?})\n        print('connected')\n    \
         except OSError as error:\n        print(type(error).__name__)\n",
        path.display().to_string()
    );
    let Some(job) = python(&code) else { return };
    let (_, ran) = run(&job);
    assert_eq!(
        (ran.end, ran.stdout.as_str()),
        (End::Exit(0), "pair\nPermissionError\nPermissionError\n"),
        "{ran:?}"
    );
}

#[test]
fn io_uring_is_no_way_around_the_filter() {
    if !Sandbox::new().unwrap().means.calls {
        skip("no filter of system calls here");
        return;
    }
    let number = libc::SYS_io_uring_setup;
    let code = format!(
        "import ctypes, os\ncall = ctypes.CDLL(None, use_errno=True).syscall\n\
         print(call({number}, 8, ctypes.create_string_buffer(120)), os.strerror(ctypes.get_errno()))"
    );
    let Some(job) = python(&code) else { return };
    let (_, ran) = run(&job);
    assert_eq!(ran.stdout, "-1 Operation not permitted\n", "{ran:?}");
}

#[test]
fn nothing_is_written_outside_the_folder() {
    let sandbox = Sandbox::new().unwrap();
    if !sandbox.means.landlock {
        skip("no Landlock here");
        return;
    }
    let outside = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(outside.path(), open).unwrap();
    let target = outside.path().join("written");
    let script = format!(
        "echo x > {}; echo x > /tmp/nigh-written; mkdir {0}; echo x > inside",
        target.display()
    );
    let (room, ran) = run(&shell(&script));
    assert!(room.path().join("inside").exists(), "{ran:?}");
    assert!(!target.exists() && !Path::new("/tmp/nigh-written").exists());
    assert_eq!(ran.stderr.matches("denied").count(), 3, "{}", ran.stderr);
}

#[test]
fn a_flood_of_output_is_dammed() {
    let room = Sandbox::new().unwrap().room().unwrap();
    let ran = room.run(&shell("exec yes"), "").unwrap();
    assert!(
        matches!(ran.end, End::Signal(libc::SIGXFSZ)),
        "{:?}",
        ran.end
    );
    assert_eq!(ran.stdout.len(), 1 << 20);
    let ran = room.run(&shell("yes > file"), "").unwrap();
    assert!(
        ran.end != End::Exit(0) && room.path().join("file").metadata().unwrap().len() == 1 << 20
    );
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let room = Sandbox::new().unwrap().room().unwrap();
    let error = room
        .run(
            &Job {
                program: "/no/such/program".into(),
                ..shell("")
            },
            "",
        )
        .unwrap_err();
    assert!(error.to_string().contains("/no/such/program"), "{error}");
}
