//! Servers that lend the processor, in processes of their own.

use llama::Device;
use llama::rpc::Server;
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SERVE: &str = "LLAMA_TEST_RPC_SERVE";
const CACHE: &str = "LLAMA_TEST_RPC_CACHE";

/// What the test `serve` of each program does when [`Host::start`] runs it.
pub(crate) fn serve_if_asked() {
    let Ok(endpoint) = std::env::var(SERVE) else { return };
    let server = Server::new(processor()).n_threads(1);
    let server = std::env::var_os(CACHE).into_iter().fold(server, Server::cache);
    let error = server.serve(&endpoint).expect_err("it never ends well");
    panic!("{error}");
}

pub(crate) fn processor() -> Vec<Device> {
    let all = llama::devices().expect("devices");
    all.into_iter().filter(|device| device.kind() == llama::DeviceKind::Cpu).collect()
}

/// A server in a process of its own, killed when dropped.
pub(crate) struct Host {
    pub(crate) child: Child,
    pub(crate) endpoint: String,
}

impl Host {
    pub(crate) fn start(endpoint: String) -> Self {
        Self::run(Command::new(program()), endpoint)
    }

    /// Keeps weights in a folder.
    pub(crate) fn start_with_cache(endpoint: String, folder: &Path) -> Self {
        let mut command = Command::new(program());
        command.env(CACHE, folder);
        Self::run(command, endpoint)
    }

    /// Keeps weights in a folder where no file can have more than a few MiB.
    #[cfg(unix)]
    pub(crate) fn start_with_full_cache(endpoint: String, folder: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""]).arg(program());
        command.env(CACHE, folder);
        Self::run(command, endpoint)
    }

    fn run(mut command: Command, endpoint: String) -> Self {
        command.args(["serve", "--exact"]).env(SERVE, &endpoint).stdout(Stdio::null());
        let child = command.spawn();
        let host = Self { child: child.expect("the test program starts"), endpoint };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(&host.endpoint).is_err() {
            assert!(Instant::now() < deadline, "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        host
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> PathBuf {
    std::env::current_exe().expect("a test program")
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Never one that this process has had before: a server that is back must have the devices that it had.
pub(crate) fn free_endpoint() -> String {
    static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = listener.local_addr().expect("an address").to_string();
        if TAKEN.lock().expect("nobody panics with it").insert(endpoint.clone()) {
            return endpoint;
        }
    }
}

/// Something that answers questions about devices of 1 GiB, and can do nothing else: when it is asked to, it goes away.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    pub(crate) devices: u32,
    pub(crate) alignment: u64,
    /// Bytes of one allocation.
    pub(crate) max_size: u64,
    /// Free bytes, at the moment.
    pub(crate) free: Arc<AtomicU64>,
    /// How often it gives memory.
    pub(crate) allocations: u64,
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            devices: 1,
            alignment: 64,
            max_size: 1 << 30,
            free: Arc::new((1 << 30).into()),
            allocations: 0,
        }
    }
}

impl Claims {
    /// Answers at this endpoint, as soon as it is free.
    pub(crate) fn serve(mut self, endpoint: String) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        let listener = loop {
            match TcpListener::bind(&endpoint) {
                Ok(listener) => break listener,
                Err(error) => assert!(Instant::now() < deadline, "{endpoint}: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        std::thread::spawn(move || {
            let mut clients = listener.incoming().flatten();
            clients.find(|client| self.talk(client).is_err_and(|e| e.kind() == ErrorKind::Unsupported))
        });
        endpoint
    }

    fn talk(&mut self, mut stream: &TcpStream) -> std::io::Result<()> {
        loop {
            let (mut command, mut length) = ([0; 1], [0; 8]);
            stream.read_exact(&mut command)?;
            stream.read_exact(&mut length)?;
            let mut request = Vec::new();
            stream.take(u64::from_ne_bytes(length)).read_to_end(&mut request)?;
            // Memory is freed without an answer.
            if command[0] == 4 {
                continue;
            }
            let body = self.answer(command[0], &request).ok_or(ErrorKind::Unsupported)?;
            stream.write_all(&[&(body.len() as u64).to_ne_bytes(), body.as_slice()].concat())?;
        }
    }

    fn answer(&mut self, command: u8, request: &[u8]) -> Option<Vec<u8>> {
        let version = llama::rpc::protocol_version().map(|part| part.to_ne_bytes()[0]);
        match command {
            0 => {
                self.allocations = self.allocations.checked_sub(1)?;
                // Something that is not null, and as much as was asked for.
                Some([&[1; 8], request.get(4..12)?].concat())
            }
            3 => Some((1_u64 << 32).to_ne_bytes().to_vec()),
            1 => Some(self.alignment.to_ne_bytes().to_vec()),
            2 => Some(self.max_size.to_ne_bytes().to_vec()),
            11 => Some([self.free.load(Ordering::Relaxed), 1 << 30].map(u64::to_ne_bytes).concat()),
            // What a tensor takes: no more than it has.
            13 => Some(0_u64.to_ne_bytes().to_vec()),
            14 => Some([&version[..], &[0; 25]].concat()),
            15 => Some(self.devices.to_ne_bytes().to_vec()),
            _ => None,
        }
    }
}
