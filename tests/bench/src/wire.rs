//! As much HTTP/1.1 as the bench needs: messages with a length or in chunks, over connections that stay open.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
};

/// A request or an answer.
pub(crate) struct Message {
    /// The bytes of the first line and the headers, with the empty line.
    pub(crate) head: Vec<u8>,
    /// The body as it was sent, which may be in chunks.
    pub(crate) raw: Vec<u8>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The first line.
    pub(crate) fn first_line(&self) -> String {
        let line = self.head.split(|byte| *byte == b'\r').next().unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head);
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    }
}

/// Reads a message; `None` when the other side has closed the connection.
pub(crate) fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Message>> {
    let mut head = Vec::new();
    loop {
        let before = head.len();
        if stream.read_until(b'\n', &mut head)? == 0 {
            return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if head.get(before..) == Some(b"\r\n") {
            break;
        }
    }
    let mut message = Message { head, raw: Vec::new(), body: Vec::new() };
    if message.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        read_chunks(stream, &mut message)?;
    } else if let Some(length) = message.header("content-length").and_then(|length| length.parse().ok()) {
        message.body = vec![0; length];
        stream.read_exact(&mut message.body)?;
        message.raw.clone_from(&message.body);
    }
    Ok(Some(message))
}

fn read_chunks(stream: &mut BufReader<TcpStream>, message: &mut Message) -> io::Result<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        message.raw.extend_from_slice(line.as_bytes());
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk)?;
        message.raw.extend_from_slice(&chunk);
        if size == 0 {
            return Ok(());
        }
        message.body.extend_from_slice(chunk.get(..size).unwrap_or_default());
    }
}

/// Writes a message that was read.
pub(crate) fn write(stream: &mut TcpStream, message: &Message) -> io::Result<()> {
    let mut bytes = message.head.clone();
    bytes.extend_from_slice(&message.raw);
    stream.write_all(&bytes)
}

/// Writes an answer.
pub(crate) fn answer(stream: &mut TcpStream, status: &str, headers: &[(&str, String)], body: &[u8]) -> io::Result<()> {
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        bytes += &format!("{name}: {value}\r\n");
    }
    let mut bytes = (bytes + "\r\n").into_bytes();
    bytes.extend_from_slice(body);
    stream.write_all(&bytes)
}

/// A connection to an address.
pub(crate) fn connect(address: &str) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}
