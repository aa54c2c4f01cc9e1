//! Where webhooks may go: `https`, to public addresses. The address is looked at when an endpoint is made, and again at each connection, since a
//! name can change what it points to. A setting lifts both for tests and closed networks.

use crate::http::Problem;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What may be a target in this process.
#[derive(Debug, Clone, Copy)]
pub struct Targets {
    /// Private networks too, and without TLS.
    pub private: bool,
}

impl Targets {
    /// The address, or a 422 at `/url` that says what is wrong with it.
    pub(super) fn checked(self, text: &str) -> Result<Url, Problem> {
        checked(text, self.private)
    }
}

fn checked(text: &str, open: bool) -> Result<Url, Problem> {
    // Parsers mend what is not quite an address; what the document's pattern does not allow is refused instead.
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let url = Url::parse(text).ok().filter(|_| plain);
    let url = url.ok_or_else(|| refused("format", "It is not a URL.", "網址格式不正確。"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "credentials",
            "It must not hold a user name or password: the signature proves who we are.",
            "網址不得含用戶名或密碼；請以簽名驗證來源。",
        ));
    }
    if url.fragment().is_some() {
        return Err(refused("fragment", "It must not have a fragment.", "網址不得含 # 片段。"));
    }
    if url.scheme() != "https" && !(open && url.scheme() == "http") {
        return Err(refused("scheme", "Webhooks go to `https` addresses.", "webhook 只發送到 https 網址。"));
    }
    let public = match url.host() {
        None => return Err(refused("format", "It names no host.", "網址沒有主機名。")),
        Some(url::Host::Ipv4(ip)) => is_public(IpAddr::V4(ip)),
        Some(url::Host::Ipv6(ip)) => is_public(IpAddr::V6(ip)),
        Some(url::Host::Domain(name)) => !is_local(name),
    };
    if public || open {
        return Ok(url);
    }
    Err(refused(
        "private",
        "It points into a private network or to this machine: webhooks go to public addresses.",
        "網址指向內網或本機；webhook 只發送到公開地址。",
    ))
}

fn refused(code: &'static str, en: &str, zh: &str) -> Problem {
    Problem::validation("/url", code, en, zh)
}

/// Names that never mean a public host.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.') || ["localhost", "local", "internal", "localdomain", "home", "lan"].contains(&last)
}

/// Whether an address can be reached by everyone (the special-purpose registries of RFC 6890 and its updates).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded(ip) {
            Some(inner) => is_public_v4(inner),
            // Global unicast is 2000::/3; documentation and benchmarks within it are not routed.
            None => {
                let [first, second, ..] = ip.segments();
                first & 0xe000 == 0x2000 && (first, second) != (0x2001, 0x0db8) && !(first == 0x2001 && second < 0x0200)
            }
        },
    }
}

/// The IPv4 address that an IPv6 one leads to: mapped, NAT64, 6to4.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return Some(mapped);
    }
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let join = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match (a, b, c, d, e, f) {
        (0x0064, 0xff9b, 0, 0, 0, 0) => Some(join(g, h)),
        (0x2002, ..) => Some(join(b, c)),
        _ => None,
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99))
}

/// Leaves out what is not public, just before each connection.
impl Resolve for Targets {
    fn resolve(&self, name: Name) -> Resolving {
        let open = self.private;
        Box::pin(async move {
            let all = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = all.filter(|address| open || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok::<Addrs, Box<dyn std::error::Error + Send + Sync>>(Box::new(allowed.into_iter()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_here_is_no_target_at_the_connection_either() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let resolved = |private| runtime.block_on(Targets { private }.resolve("localhost".parse().unwrap()));
        assert_eq!(resolved(false).err().unwrap().to_string(), "the name leads to no public address");
        assert!(resolved(true).unwrap().all(|address| address.ip().is_loopback()));
    }

    #[test]
    fn only_public_https_addresses_are_targets() {
        for good in
            ["https://hooks.example.com/fitout?x=1", "https://93.184.215.14/", "https://[2606:4700::1111]:8443/a"]
        {
            assert!(checked(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://hooks.example.com/",
            "ftp://hooks.example.com/",
            "hooks.example.com",
            "https://user:secret@hooks.example.com/",
            "https://hooks.example.com/#here",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://intranet/",
            "https://nas.local/",
            "https://metadata.internal/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://10.1.2.3/",
            "https://172.16.0.1/",
            "https://192.168.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://198.18.0.1/",
            "https://192.0.2.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://[::1]/",
            "https://[::]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001:db8::1]/",
        ] {
            assert!(checked(bad, false).is_err(), "{bad}");
        }
        assert!(checked("http://127.0.0.1:8080/", true).is_ok() && checked("ftp://127.0.0.1/", true).is_err());
    }
}
