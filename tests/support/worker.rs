//! Servers that lend the processor, in processes of their own.

use llama::Device;
use llama::rpc::Server;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SERVE: &str = "LLAMA_TEST_RPC_SERVE";

/// What the test `serve` of each program does when [`Host::start`] runs it.
pub(crate) fn serve_if_asked() {
    let Ok(endpoint) = std::env::var(SERVE) else { return };
    let error = Server::new(processor()).n_threads(1).serve(&endpoint).expect_err("it never ends well");
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
        let program = std::env::current_exe().expect("a test program");
        let mut command = Command::new(program);
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

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn free_endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}
