//! Devices of other hosts (feature `rpc`).
//!
//! A host that runs a [`Server`] lends its devices; [`connect`] makes them devices like any other, for
//! [`ModelBuilder::devices`](crate::ModelBuilder::devices):
//!
//! ```no_run
//! use llama::{Layers, Model, rpc};
//!
//! let host = rpc::connect("192.168.1.20:50052")?;
//! let model = Model::builder("model.gguf").devices(&host.devices()).gpu_layers(Layers::All).load()?;
//! println!("{}", model.chat("")?.ask("Hello!")?);
//! # Ok::<(), llama::Error>(())
//! ```
//!
//! # No protection
//! The protocol knows neither passwords nor encryption, and a server executes what it is sent. Use it on a private
//! network or through a tunnel. A client, too, must trust the server: it believes the results that it gets. Both sides
//! must run the same version of the protocol.
//!
//! # When a server goes away
//! What waits for its answer gets an error that says why; models and contexts concerned are unusable from then on and
//! can be dropped. A server whose host vanishes without a word is given up after about a minute, or some minutes where
//! it had taken no more data for long. One whose host lives is waited for: it may be computing.
//!
//! The same devices connect anew when something is loaded on them again. They must be what they were: a server that
//! is back with other devices is an error until the program starts again, for memory is laid out by what was
//! asked once.
//!
//! None of these times holds on Windows, where the system's own do.
#![forbid(unsafe_code)]

use crate::backend;
use crate::cancel::CancelToken;
use crate::context::threads;
use crate::device::{Device, DeviceKind};
use crate::error::{Error, Result};
use crate::model::path_string;
use crate::{ffi, log};
use llama_sys::FaultKind;
use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, ToSocketAddrs};
use std::path::PathBuf;

/// Version of the protocol: major, minor, patch.
#[must_use]
pub fn protocol_version() -> [i32; 3] {
    llama_sys::rpc::version()
}

/// A host that lends its devices.
///
/// ```no_run
/// let host = llama::rpc::connect("192.168.1.20:50052")?;
/// for device in host.devices() {
///     println!("{} of {} has {} bytes", device.name(), host.endpoint(), device.memory()?.total);
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RemoteHost {
    endpoint: String,
    devices: Vec<Device>,
}

impl RemoteHost {
    /// Address and port, as given to [`connect`].
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Its devices.
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }
}

/// Connects to a [`Server`] at `endpoint`, for example `192.168.1.20:50052`. The name or address must be
/// one of IPv4; a name stands for the address that it has now.
///
/// A server works for one process at a time. Its devices stay known for the life of the process; the connection is
/// held as long as something uses them. Where a server is still at work on what an earlier connection of this process
/// had asked for, its end is waited for, two minutes at most.
///
/// # Errors
/// [`Error::Remote`] when the endpoint is malformed or unknown, nobody answers there within some seconds, or
/// the server speaks another version of the protocol.
#[doc(alias = "ggml_backend_rpc_add_server")]
pub fn connect(endpoint: &str) -> Result<RemoteHost> {
    backend::init()?;
    let text = parse(endpoint)?;
    let refused = |detail: String| Error::Remote { endpoint: endpoint.to_owned(), detail };
    log::clear_detail();
    let found = ffi::rpc::connect(&text).map_err(|error| refused(words(error)))?;
    if found.is_empty() {
        return Err(refused("the server offers no devices".to_owned()));
    }
    let devices = found.into_iter().map(Device::new).collect::<Result<_>>();
    Ok(RemoteHost { endpoint: endpoint.to_owned(), devices: devices.map_err(|e| refused(words(e)))? })
}

/// The reason alone, where C++ has given one.
fn words(error: Error) -> String {
    match error {
        Error::Fault { fault, .. } => fault.message().to_owned(),
        other => other.to_string(),
    }
}

/// Checks an endpoint, and gives C its first IPv4 address: one server has one connection, whatever it is called.
fn parse(endpoint: &str) -> Result<CString> {
    let refuse = |detail: String| Error::Remote { endpoint: endpoint.to_owned(), detail };
    if endpoint.contains('\0') {
        return Err(refuse("it contains a zero byte".to_owned()));
    }
    let parts = endpoint.split_once(':').filter(|(host, port)| !host.is_empty() && !port.contains(':'));
    let Some((host, port)) = parts else {
        return Err(refuse("it must be an IPv4 address or a name, a colon and a port".to_owned()));
    };
    let port: u16 = port
        .parse()
        .ok()
        .filter(|&port| port > 0)
        .ok_or_else(|| refuse(format!("\"{port}\" is no port, those are 1 to 65535")))?;
    let mut addresses = (host, port).to_socket_addrs().map_err(|error| refuse(error.to_string()))?;
    let address = addresses.find(SocketAddr::is_ipv4);
    let address = address.ok_or_else(|| refuse("it has no IPv4 address".to_owned()))?;
    CString::new(address.to_string()).map_err(|error| refuse(error.to_string()))
}

/// Lends devices of this host to others.
///
/// There is no protection: whoever reaches the port can use the devices, read what others leave in memory and, through
/// faults of the C++ code, possibly do more. Listen on loopback, on a private network, or behind a tunnel.
///
/// ```no_run
/// use llama::rpc::Server;
///
/// let mut devices = llama::devices()?;
/// devices.retain(|device| device.kind() != llama::DeviceKind::Accelerator);
/// let error = Server::new(devices).n_threads(8).serve("127.0.0.1:50052").unwrap_err();
/// println!("the server has ended: {error}");
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is served before `serve`"]
pub struct Server {
    devices: Vec<Device>,
    n_threads: u32,
    cache: Option<PathBuf>,
    cancel: CancelToken,
}

impl Server {
    /// A server for these devices, see [`devices`](crate::devices). An accelerator such as BLAS cannot be among them:
    /// it has no memory of its own.
    pub fn new(devices: impl IntoIterator<Item = Device>) -> Self {
        Self {
            devices: devices.into_iter().collect(),
            n_threads: crate::default_threads(),
            cache: None,
            cancel: CancelToken::new(),
        }
    }

    /// Threads that a device computes with where it is the processor.
    /// Default: [`default_threads`](crate::default_threads).
    pub fn n_threads(mut self, n_threads: u32) -> Self {
        self.n_threads = n_threads;
        self
    }

    /// Keeps large weights that clients send in files of this folder, so that a model that is loaded again need not
    /// be sent again. The folder is made where it is missing. What cannot be written or read is sent again, and what
    /// is damaged is removed, see the log.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Ends [`serve`](Self::serve) with [`Error::Cancelled`] when the token is cancelled: within a second, or when the
    /// computation of a client is done. On Windows only when a client comes or goes.
    pub fn cancel(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }

    /// Listens at `endpoint`, an IPv4 address with a port, and works for one client after the other: each as long as
    /// it stays, or some seconds where it does not say a word. A client whose request fails is sent away, see the log.
    ///
    /// # Errors
    /// [`Error::Remote`] when the endpoint is malformed, is no address of this host or is taken;
    /// [`Error::InvalidParameter`] without devices or threads, or with an accelerator; [`Error::Io`] when there can be
    /// no folder for the [`cache`](Self::cache); [`Error::Cancelled`] after a [`cancel`](Self::cancel);
    /// [`Error::Fault`] when llama.cpp failed in the middle of a computation of several threads, which are lost then.
    #[doc(alias = "ggml_backend_rpc_start_server")]
    pub fn serve(&self, endpoint: &str) -> Result<Infallible> {
        backend::init()?;
        if self.devices.is_empty() {
            return Err(Error::invalid("devices", "there are none to serve"));
        }
        if let Some(device) = self.devices.iter().find(|device| device.kind() == DeviceKind::Accelerator) {
            let why = format!("{} works in the memory of the processor and cannot be lent", device.name());
            return Err(Error::invalid("devices", why));
        }
        let n_threads = usize::try_from(threads::checked("n_threads", self.n_threads)?).unwrap_or(1);
        let refuse = |detail: String| Error::Remote { endpoint: endpoint.to_owned(), detail };
        let text = parse(endpoint)?;
        let address: SocketAddrV4 =
            endpoint.parse().map_err(|_| refuse("it must be an IPv4 address and a port".to_owned()))?;
        let cache = self.cache.as_deref().map(path_string).transpose()?;
        if let Some(path) = &self.cache {
            let failed = |error: io::Error| Error::Io { path: path.clone(), detail: error.to_string() };
            std::fs::create_dir_all(path).map_err(failed)?;
        }
        // Says why that is not possible on every system.
        drop(std::net::TcpListener::bind(address).map_err(|error| refuse(error.to_string()))?);
        let devices: Vec<_> =
            self.devices.iter().map(|device| device.single("devices")).collect::<Result<_>>()?;
        log::clear_detail();
        match ffi::rpc::serve(&text, cache.as_deref(), n_threads, &devices, self.cancel.flag()) {
            Ok(()) => Err(Error::Cancelled),
            Err(Error::Fault { fault, .. }) if fault.kind() == FaultKind::Exception => {
                Err(refuse(fault.message().to_owned()))
            }
            Err(error) => Err(error),
        }
    }
}
