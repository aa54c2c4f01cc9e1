//! The connections themselves: where a request really comes from, and when to give up on who reads nothing.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

/// Lets the kernel end a connection whose other side has taken nothing of what was sent for so long (RFC 5482): an answer that is streamed waits for
/// its reader, and one who never reads would hold it for ever. Linux only; elsewhere the system's own patience must do.
pub fn give_up_on_the_stalled(connection: &dyn Any, after: Duration) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = (stream, after);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(after)) {
        tracing::debug!(%error, "a connection keeps the system's own patience");
    }
}

/// Networks whose `X-Forwarded-For` is believed: `10.0.0.0/8,127.0.0.1,::1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<(IpAddr, u32)>);

impl TrustedProxies {
    /// Is the address in one of the networks?
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(network, prefix)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32_u32.saturating_sub(*prefix);
                let part = |ip: Ipv4Addr| ip.to_bits().checked_shr(shift).unwrap_or(0);
                part(*network) == part(address)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128_u32.saturating_sub(*prefix);
                let part = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
                part(network.to_bits()) == part(address.to_bits())
            }
            _ => false,
        })
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut networks = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (address, prefix) = entry.split_once('/').map_or((entry, None), |(a, p)| (a, Some(p)));
            let wrong = || format!("{entry} is neither an address nor a network such as 10.0.0.0/8");
            let address: IpAddr = address.parse().map_err(|_| wrong())?;
            let whole = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Ok(whole), str::parse).map_err(|_| wrong())?;
            if prefix > whole {
                return Err(wrong());
            }
            networks.push((address, prefix));
        }
        Ok(Self(networks))
    }
}

/// The caller's address, for throttling: the peer's, unless the peer is a trusted proxy; then the
/// last address in `X-Forwarded-For` that no trusted proxy has. What a caller writes there himself
/// stands further left and counts for nothing.
pub fn client_address(req: &HttpRequest, trusted: &TrustedProxies) -> IpAddr {
    let peer = req.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let mut client = peer.to_canonical();
    let lines: Vec<&str> = req.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok()).collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.contains(client) {
            break;
        }
        match entry.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn only_trusted_proxies_are_believed() -> Result<(), Box<dyn std::error::Error>> {
        let trusted: TrustedProxies = "10.0.0.0/8, ::1".parse()?;
        let from = |peer: &str, header: &str| -> Result<String, std::net::AddrParseError> {
            let req = TestRequest::get()
                .peer_addr(peer.parse()?)
                .insert_header(("x-forwarded-for", header))
                .to_http_request();
            Ok(client_address(&req, &trusted).to_string())
        };
        assert_eq!(from("203.0.113.9:1", "198.51.100.1")?, "203.0.113.9");
        assert_eq!(from("10.1.2.3:1", "6.6.6.6, 198.51.100.1, 10.9.9.9")?, "198.51.100.1");
        assert_eq!(from("10.1.2.3:1", "nonsense")?, "10.1.2.3");
        assert_eq!(from("[::1]:1", "2001:db8::7")?, "2001:db8::7");
        assert!("10.0.0.0/33".parse::<TrustedProxies>().is_err());
        assert!("0.0.0.0/0".parse::<TrustedProxies>()?.contains("9.9.9.9".parse()?));
        Ok(())
    }
}
