//! Where bytes come in and go out: connections, requests read off them, and answers put on them.

mod certificate;
mod connection;
mod delivery;
mod gzip;
mod receive;
mod send;
mod writer;

pub use certificate::ServerCertificate;
pub(crate) use certificate::create;
pub(crate) use connection::{Connection, Ending};
pub(crate) use delivery::Delivery;
pub use delivery::{At, Framing, Settings};
pub(crate) use gzip::{HEADER, compress, zeros};
pub(crate) use receive::{NoRequest, receive_body, receive_head};
pub(crate) use send::send;
