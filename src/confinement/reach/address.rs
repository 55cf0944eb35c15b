//! Which addresses are of the open internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whose an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressKind {
    /// A server's of the open internet.
    Public,
    /// A machine's of somebody's own network.
    Private,
    /// This machine's, its neighbours', or no machine's: what clouds tell their machines among them.
    Reserved,
}

impl AddressKind {
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

fn of_v4(address: Ipv4Addr) -> AddressKind {
    match address.octets() {
        [10, ..] | [172, 16..32, ..] | [192, 168, ..] | [100, 64..128, ..] => AddressKind::Private,
        // "This" network, loopback, link-local, protocols, documentation, relays, benchmarks,
        // multicast and what is above it.
        [0 | 127 | 224.., ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => AddressKind::Reserved,
        // Where one cloud tells its machines what they are.
        [168, 63, 129, 16] => AddressKind::Reserved,
        _ => AddressKind::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> AddressKind {
    let within = |high: u16, low: u16| {
        let [a, b, c, d] = [high >> 8, high & 0xff, low >> 8, low & 0xff].map(|byte| byte as u8);
        of_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // IPv4 in other clothes: mapped, translated, and routed through a relay.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            within(high, low)
        }
        [0x2002, high, low, ..] => within(high, low),
        [0xfc00..=0xfdff, ..] => AddressKind::Private,
        // Protocols (tunnels among them) and documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => {
            AddressKind::Reserved
        }
        [0x2000..=0x3fff, ..] => AddressKind::Public,
        _ => AddressKind::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use crate::confinement::reach::address::*;

    #[test]
    fn whose_an_address_is_shows_in_every_form_of_it() {
        use AddressKind::{Private, Public, Reserved};
        for (text, expected) in [
            ("1.1.1.1", Public),
            ("172.15.255.255", Public),
            ("172.32.0.0", Public),
            ("100.63.255.255", Public),
            ("100.128.0.0", Public),
            ("192.0.1.1", Public),
            ("223.255.255.255", Public),
            ("10.0.0.1", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.1.1", Private),
            ("100.64.0.1", Private),
            ("100.100.100.200", Private),
            ("0.0.0.0", Reserved),
            ("0.1.2.3", Reserved),
            ("127.0.0.1", Reserved),
            ("127.255.255.255", Reserved),
            ("169.254.169.254", Reserved),
            ("168.63.129.16", Reserved),
            ("192.0.0.192", Reserved),
            ("192.0.2.1", Reserved),
            ("198.18.0.1", Reserved),
            ("198.51.100.1", Reserved),
            ("203.0.113.1", Reserved),
            ("224.0.0.1", Reserved),
            ("255.255.255.255", Reserved),
            ("2606:4700:4700::1111", Public),
            ("2001:4860:4860::8888", Public),
            ("::ffff:1.1.1.1", Public),
            ("64:ff9b::1.1.1.1", Public),
            ("::ffff:10.0.0.1", Private),
            ("64:ff9b::192.168.0.1", Private),
            ("2002:a00:1::1", Private),
            ("fc00::1", Private),
            ("fd00:ec2::254", Private),
            ("::", Reserved),
            ("::1", Reserved),
            ("::127.0.0.1", Reserved),
            ("::ffff:127.0.0.1", Reserved),
            ("::ffff:169.254.169.254", Reserved),
            ("64:ff9b::a9fe:a9fe", Reserved),
            ("64:ff9b:1::1", Reserved),
            ("2002:7f00:1::1", Reserved),
            ("2001::1", Reserved),
            ("2001:db8::1", Reserved),
            ("3fff::1", Reserved),
            ("100::1", Reserved),
            ("fe80::1", Reserved),
            ("fec0::1", Reserved),
            ("ff02::1", Reserved),
        ] {
            assert_eq!(AddressKind::of(text.parse().unwrap()), expected, "{text}");
        }
    }
}
