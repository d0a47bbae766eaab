//! Devices of other hosts.

use super::Row;
use llama::rpc::{Server, connect};
use llama::{Device, DeviceKind, Error};

/// Where no server can be: malformed, unknown, or nobody listens.
const ENDPOINTS: [&str; 9] = [
    "",
    ":",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:0",
    "127.0.0.1:65536",
    "127.0.0.1:-1",
    ":50052",
    "127.0.0.1:5\0",
];

/// Devices that are accelerators, or those that are none.
fn devices(accelerators: bool) -> Result<Vec<Device>, Error> {
    let wanted = |device: &Device| (device.kind() == DeviceKind::Accelerator) == accelerators;
    Ok(llama::devices()?.into_iter().filter(wanted).collect())
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::new("connect: nobody there", "Remote", |_| connect("127.0.0.1:1").map(drop)),
        Row::new("Server::serve: nothing", "InvalidParameter", |_| {
            Server::new([]).serve("127.0.0.1:0").map(drop)
        }),
        Row::new("Server::serve: nothing but accelerators", "InvalidParameter", |_| {
            Server::new(devices(true)?).serve("127.0.0.1:50052").map(drop)
        }),
        Row::new("Server::serve: no threads", "InvalidParameter", |_| {
            Server::new(devices(false)?).n_threads(0).serve("127.0.0.1:50052").map(drop)
        }),
        Row::new("Server::serve: an address of another host", "Remote", |_| {
            Server::new(devices(false)?).serve("192.0.2.1:50052").map(drop)
        }),
    ];
    for endpoint in ENDPOINTS {
        rows.push(Row::new(format!("connect: {endpoint:?}"), "Remote", move |_| connect(endpoint).map(drop)));
        rows.push(Row::new(format!("Server::serve: {endpoint:?}"), "Remote", move |_| {
            Server::new(devices(false)?).serve(endpoint).map(drop)
        }));
    }
    rows
}
