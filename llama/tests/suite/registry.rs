//! Back ends, limits, and the tuning of the process.

use llama::{DeviceKind, NumaStrategy, backend, registries};
use std::process::Command;

#[test]
fn the_cpu_is_registered_with_its_features() {
    let registries = registries().unwrap();
    let cpu = registries.iter().find(|r| r.name() == "CPU").unwrap();
    assert!(cpu.devices().iter().any(|device| device.kind() == DeviceKind::Cpu));
    assert!(!cpu.features().is_empty());
    assert!(cpu.features().iter().all(|(name, _)| !name.is_empty()));
    let all: usize = registries.iter().map(|registry| registry.devices().len()).sum();
    assert_eq!(all, llama::devices().unwrap().len());
}

#[test]
fn limits_are_known() {
    assert!(backend::max_devices().unwrap() >= 1);
    assert!(backend::max_tensor_overrides().unwrap() >= 1);
    backend::supports_rpc().unwrap();
    assert!(backend::builtin_chat_templates().unwrap().iter().any(|name| name == "chatml"));
}

#[test]
fn numa_comes_too_late_after_a_model() {
    let _model = crate::common::model();
    let refused = llama::init_numa(NumaStrategy::Distribute).unwrap_err();
    assert!(refused.to_string().contains("model was loaded"), "{refused}");
}

/// Run by the test below in a process of its own.
#[test]
fn numa_first() {
    if std::env::var_os("LLAMA_TEST_NUMA").is_none() {
        return;
    }
    llama::init_numa(NumaStrategy::Isolate).unwrap();
    assert!(llama::init_numa(NumaStrategy::Isolate).unwrap_err().to_string().contains("before"));
    let mut ctx = crate::common::model().context_builder().n_ctx(256).n_threads(2).build().unwrap();
    ctx.decode(&crate::common::batch(0, 0, &[llama::Token(5)])).unwrap();
}

#[test]
fn numa_can_be_initialised_once() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["registry::numa_first", "--exact", "--nocapture"])
        .env("LLAMA_TEST_NUMA", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
