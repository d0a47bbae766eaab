//! Lends this host's devices to other hosts.
//!
//! `cargo run --release --features rpc --example rpc-server`

mod support;

use llama::rpc::Server;
use pico_args::Arguments;
use std::process::ExitCode;
use support::Outcome;

const HELP: &str = "\
Lends this host's devices to programs on other hosts, which use them with llama::rpc::connect.

There is no protection: no password, no encryption. Whoever reaches the port can use the devices, read what passes
through them, and may be able to do more. Use a private network, or loopback behind a tunnel.

Usage: rpc-server [OPTIONS]

  -l, --listen ADDRESS:PORT  where to listen (default: 127.0.0.1:50052)
  -d, --device NAME          lend this device only; may be repeated (default: all but the processor, or the
                             processor where there is nothing else)
      --threads N            threads of the processor
  -c, --cache FOLDER         keep weights that clients send, so that a model need not be sent twice
  -h, --help                 show this";

fn main() -> ExitCode {
    support::main(HELP, run)
}

fn run(mut args: Arguments) -> Outcome {
    let listen: Option<String> = args.opt_value_from_str(["-l", "--listen"])?;
    let listen = listen.unwrap_or_else(|| "127.0.0.1:50052".to_owned());
    let wanted: Vec<String> = args.values_from_str(["-d", "--device"])?;
    let threads = support::number(&mut args, "--threads")?;
    let cache: Option<String> = args.opt_value_from_str(["-c", "--cache"])?;
    support::texts(args, 0)?;

    let devices = choose(&wanted)?;
    let mut server = Server::new(devices.clone());
    if let Some(threads) = threads {
        server = server.n_threads(threads);
    }
    if let Some(cache) = cache {
        server = server.cache(cache);
    }
    for device in &devices {
        println!("{} ({}): {}", device.name(), device.kind(), device.description().trim());
    }
    println!("listening on {listen}, without any protection: see --help");
    if !listen.starts_with("127.") {
        eprintln!(
            "WARNING: everybody who reaches {listen} can use this host's devices. Is that network private?"
        );
    }
    match server.serve(&listen)? {}
}

fn choose(wanted: &[String]) -> Outcome<Vec<llama::Device>> {
    let mut all = llama::devices()?;
    // They help the processor and have no memory that could be lent.
    all.retain(|device| device.kind() != llama::DeviceKind::Accelerator);
    if wanted.is_empty() {
        let (processors, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|device| device.kind() == llama::DeviceKind::Cpu);
        return Ok(if others.is_empty() { processors } else { others });
    }
    let find = |name: &String| {
        let names: Vec<&str> = all.iter().map(llama::Device::name).collect();
        let found = all.iter().find(|device| device.name() == name).cloned();
        found.ok_or_else(|| format!("there is no device {name}, there is {}", names.join(", ")).into())
    };
    wanted.iter().map(find).collect()
}
