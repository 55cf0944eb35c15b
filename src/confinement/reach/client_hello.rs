//! Which server somebody who begins TLS asks for: the first message of it, read as far as that stands
//! in it.

/// How a record begins that holds a handshake, and how a handshake does that is a client's first.
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

/// The extension with the name of the server, and the kind of name that there is.
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;

/// The longest first message that is read, in bytes. Those with the keys of many curves take 2 KiB.
pub(super) const LONGEST: usize = 32 << 10;

/// The longest record there is, with what encryption may add.
const LONGEST_RECORD: usize = (16 << 10) + 256;

/// What the first bytes of a connection are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FirstBytes {
    /// Not enough to say.
    More,
    /// Something else than TLS.
    Other,
    /// TLS, with the name of the server that is asked for, if one is.
    Tls(Option<String>),
    /// Neither.
    Broken,
}

pub(super) fn read(bytes: &[u8]) -> FirstBytes {
    match bytes.first() {
        None => FirstBytes::More,
        Some(&HANDSHAKE) => match message(bytes) {
            Ok(None) => FirstBytes::More,
            Ok(Some(message)) => server_name(&message).map_or(FirstBytes::Broken, FirstBytes::Tls),
            Err(Broken) => FirstBytes::Broken,
        },
        Some(_) => FirstBytes::Other,
    }
}

#[derive(Debug)]
struct Broken;

/// The first message, put together of its records; none as long as it is not whole.
fn message(bytes: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
    let (mut bytes, mut message) = (Part(bytes), Vec::new());
    loop {
        if let [kind, a, b, c, ..] = message[..] {
            let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
            if kind != CLIENT_HELLO || length > LONGEST {
                return Err(Broken);
            }
            if message.len() >= length + 4 {
                message.truncate(length + 4);
                return Ok(Some(message));
            }
        }
        let [kind, major, _, high, low] = bytes.0.first_chunk().copied().unwrap_or_default();
        if bytes.0.len() < 5 {
            return Ok(None);
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        if kind != HANDSHAKE || major != 3 || length == 0 || length > LONGEST_RECORD {
            return Err(Broken);
        }
        bytes.take(5).ok_or(Broken)?;
        let Some(record) = bytes.take(length) else { return Ok(None) };
        message.extend_from_slice(record);
    }
}

/// The name in a whole first message.
fn server_name(message: &[u8]) -> Result<Option<String>, Broken> {
    let extensions = extensions(message).ok_or(Broken)?;
    let mut found = None;
    let mut rest = Part(extensions.unwrap_or_default());
    while !rest.0.is_empty() {
        let kind = rest.short().ok_or(Broken)?;
        let data = rest.short().and_then(|length| rest.take(length.into())).ok_or(Broken)?;
        if kind == SERVER_NAME {
            let name = only_name(data).ok_or(Broken)?;
            if found.replace(name).is_some() {
                return Err(Broken);
            }
        }
    }
    Ok(found)
}

/// What stands behind versions, keys and ciphers; nothing, where the message ends there. None if it
/// is cut off.
fn extensions(message: &[u8]) -> Option<Option<&[u8]>> {
    let mut rest = Part(message);
    // Its kind and length, the version, what is random.
    rest.take(4 + 2 + 32)?;
    let session = rest.byte()?;
    rest.take(session.into())?;
    let ciphers = rest.short()?;
    rest.take(ciphers.into())?;
    let compressions = rest.byte()?;
    rest.take(compressions.into())?;
    if rest.0.is_empty() {
        return Some(None);
    }
    let length = rest.short()?;
    let extensions = rest.take(length.into())?;
    rest.0.is_empty().then_some(Some(extensions))
}

/// The one name of a list of names.
fn only_name(data: &[u8]) -> Option<String> {
    let mut rest = Part(data);
    let length = rest.short()?;
    let mut names = Part(rest.take(length.into())?);
    let kind = names.byte()?;
    let length = names.short()?;
    let name = names.take(length.into())?;
    let is_alone = kind == HOST_NAME && names.0.is_empty() && rest.0.is_empty();
    is_alone.then(|| String::from_utf8(name.to_vec()).ok()).flatten()
}

/// What is not read yet.
struct Part<'a>(&'a [u8]);

impl<'a> Part<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }
}

#[cfg(test)]
mod tests {
    use crate::confinement::reach::client_hello::*;

    fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
        let mut all = kind.to_be_bytes().to_vec();
        all.extend((data.len() as u16).to_be_bytes());
        all.extend(data);
        all
    }

    fn name(name: &str) -> Vec<u8> {
        let mut list = vec![HOST_NAME];
        list.extend((name.len() as u16).to_be_bytes());
        list.extend(name.as_bytes());
        let mut data = (list.len() as u16).to_be_bytes().to_vec();
        data.extend(list);
        extension(SERVER_NAME, &data)
    }

    fn hello(extensions: &[Vec<u8>]) -> Vec<u8> {
        let extensions = extensions.concat();
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x13, 1, 1, 0]);
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        let mut message = vec![CLIENT_HELLO, 0];
        message.extend((body.len() as u16).to_be_bytes());
        message.extend(body);
        message
    }

    fn records(message: &[u8], size: usize) -> Vec<u8> {
        let record = |part: &[u8]| {
            [&[HANDSHAKE, 3, 1][..], &(part.len() as u16).to_be_bytes(), part].concat()
        };
        message.chunks(size).flat_map(record).collect()
    }

    fn named(name: &str) -> FirstBytes {
        FirstBytes::Tls(Some(name.to_owned()))
    }

    #[test]
    fn the_name_is_found_wherever_it_stands_and_however_it_is_cut() {
        let message = hello(&[extension(10, &[1, 2]), name("api.example.com"), extension(11, &[])]);
        for size in [1, 5, 60, 16_000] {
            let bytes = records(&message, size);
            assert_eq!(read(&bytes), named("api.example.com"), "{size}");
            for cut in 0..bytes.len() {
                assert_eq!(read(&bytes[..cut]), FirstBytes::More, "{size} {cut}");
            }
        }
        assert_eq!(read(&records(&hello(&[]), 99)), FirstBytes::Tls(None));
    }

    #[test]
    fn what_a_real_client_sends_is_understood() {
        let roots = rustls::RootCertStore::empty();
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "api.example.com".try_into().unwrap();
        let mut client = rustls::ClientConnection::new(config.into(), name).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        assert_eq!(read(&bytes), named("api.example.com"));
    }

    #[test]
    fn what_is_not_whole_or_says_two_things_is_broken() {
        let two = hello(&[name("a.example"), name("b.example")]);
        assert_eq!(read(&records(&two, 999)), FirstBytes::Broken);
        let mut double = name("a.example");
        double[4..6].copy_from_slice(&3_u16.to_be_bytes());
        assert_eq!(read(&records(&hello(&[double]), 999)), FirstBytes::Broken);
        for bytes in [
            &[22, 4, 1, 0, 9][..],
            &[22, 3, 1, 0, 0],
            &[22, 3, 1, 0xff, 0xff],
            &[22, 3, 1, 0, 4, 2, 0, 0, 0],
            &[22, 3, 1, 0, 4, 1, 0xff, 0, 0],
            &[22, 3, 1, 0, 5, 1, 0, 0, 1, 3],
            &[22, 3, 1, 0, 1, 1, 23, 3, 1, 0, 1],
        ] {
            assert_eq!(read(bytes), FirstBytes::Broken, "{bytes:?}");
        }
        for bytes in [&b"GET / HTTP/1.1"[..], b"SSH-2.0-", &[0x80, 0x2e, 1]] {
            assert_eq!(read(bytes), FirstBytes::Other);
        }
    }
}
