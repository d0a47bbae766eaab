//! What the whole process must keep: a silent standard error, and a quiet end.

use std::process::Command;
use std::sync::{Arc, Barrier};

/// Run by the test below in a process of its own.
#[test]
fn noisy_work() {
    if std::env::var_os("LLAMA_TEST_NOISY_WORK").is_none() {
        return;
    }
    let model = llama::Model::load(crate::common::default_path()).unwrap();
    let mut ctx = model.context_builder().n_ctx(256).build().unwrap();
    ctx.decode(&crate::common::batch(0, 0, &[llama::Token(5)])).unwrap();
    assert!(llama::Model::load("/no/such/file").is_err());
    assert!(llama::Model::load(file!()).is_err());
    // llama.cpp's grammar parser knows no log; nothing of it may appear here, and the reason reaches the caller.
    for (broken, reason) in [("root ::= \"a\" )", "expected"), ("root ::= nowhere", "nowhere")] {
        let error = llama::Grammar::new(&model.vocab(), broken).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn nothing_is_written_to_standard_error() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["process::noisy_work", "--exact", "--nocapture"])
        .env("LLAMA_TEST_NOISY_WORK", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// Run by the test below in processes of their own: each ends while threads of its work.
#[test]
fn work_without_end() {
    if std::env::var_os("LLAMA_TEST_WORK_WITHOUT_END").is_none() {
        return;
    }
    let working = Arc::new(Barrier::new(5));
    for _ in 0..4 {
        let working = Arc::clone(&working);
        std::thread::spawn(move || {
            working.wait();
            loop {
                let model = llama::Model::load(crate::common::default_path()).unwrap();
                let mut ctx = model.context_builder().n_ctx(256).build().unwrap();
                ctx.decode(&crate::common::batch(0, 0, &[llama::Token(5)])).unwrap();
            }
        });
    }
    working.wait();
    std::thread::sleep(std::time::Duration::from_millis(50));
}

#[test]
fn a_process_may_end_while_its_threads_work() {
    if !llama::sys::build_info::SYMBOLS_LOCAL {
        println!("skipped: objects are not merged here, so destructors run at the end");
        return;
    }
    for _ in 0..20 {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["process::work_without_end", "--exact"])
            .env("LLAMA_TEST_WORK_WITHOUT_END", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}
