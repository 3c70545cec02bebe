//! Message scripts as text: frontend messages to bytes, backend messages to lines.
//!
//! A script is made of blocks with an empty line between them. A block sends (`> Query "SELECT 1"`), then lists what comes back
//! (`< CommandComplete "SELECT 1"`). A name before the arrow is another connection (`b> CancelRequest`), `wait 200` lets so many
//! milliseconds pass, `> EndOfInput` ends the client's side of the connection, `#` begins a comment. Strings are quoted; `\n`, `\t`, `\\`, `\"` and `\x0f` stand for themselves.

use std::fmt::Write;

/// One line of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// `# text`, kept when a script is recorded.
    Comment(String),
    /// `> Message`: the connection, the message's words as they stand.
    Send(String, String),
    /// `< Message`.
    Expect(String, String),
    /// `wait n`.
    Wait(u64),
    /// An empty line: the end of a block.
    End,
}

/// Reads a script.
pub fn lines(text: &str) -> Vec<Line> {
    let line = |line: &str| {
        let arrow = |sign: char| {
            let (name, rest) = line.split_once(sign)?;
            (name.len() < 3 && name.chars().all(char::is_alphanumeric)).then(|| (name.to_owned(), rest.trim().to_owned()))
        };
        match line.trim() {
            "" => Line::End,
            comment if comment.starts_with('#') => Line::Comment(comment.to_owned()),
            wait if wait.starts_with("wait ") => Line::Wait(wait[5..].trim().parse().expect("wait and milliseconds")),
            _ => match (arrow('>'), arrow('<')) {
                (Some((name, rest)), _) => Line::Send(name, rest),
                (_, Some((name, rest))) => Line::Expect(name, rest),
                _ => panic!("no line of a message script: {line}"),
            },
        }
    };
    text.lines().map(line).collect()
}

/// A word of a message: bare, or a string's bytes.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    Bare(String),
    Bytes(Vec<u8>),
    List(Vec<Word>),
}

impl Word {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Word::Bytes(bytes) => Some(bytes),
            Word::Bare(word) if word == "NULL" => None,
            other => panic!("a string was expected, not {other:?}"),
        }
    }

    fn number<T: std::str::FromStr>(&self) -> T {
        let Word::Bare(word) = self else { panic!("a number was expected, not {self:?}") };
        word.parse().unwrap_or_else(|_| panic!("a number was expected, not {word}"))
    }

    fn list(&self) -> &[Word] {
        let Word::List(items) = self else { panic!("a list was expected, not {self:?}") };
        items
    }
}

fn words(text: &str) -> Vec<Word> {
    let mut chars = text.chars().peekable();
    list(&mut chars, None)
}

fn list(chars: &mut std::iter::Peekable<std::str::Chars>, end: Option<char>) -> Vec<Word> {
    let mut found = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            ' ' | ',' => {}
            c if Some(c) == end => return found,
            '[' => found.push(Word::List(list(chars, Some(']')))),
            '"' => found.push(Word::Bytes(string(chars))),
            c => {
                let mut word = String::from(c);
                while let Some(next) = chars.next_if(|next| !matches!(next, ' ' | ',' | ']')) {
                    word.push(next);
                }
                found.push(Word::Bare(word));
            }
        }
    }
    assert!(end.is_none(), "a list without its end");
    found
}

fn string(chars: &mut std::iter::Peekable<std::str::Chars>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut room = [0; 4];
    loop {
        match chars.next().expect("a string without its end") {
            '"' => return bytes,
            '\\' => match chars.next().expect("a string without its end") {
                'n' => bytes.push(b'\n'),
                't' => bytes.push(b'\t'),
                'r' => bytes.push(b'\r'),
                'x' => {
                    let digits: String = chars.take(2).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).expect("two hex digits"));
                }
                other => bytes.extend(other.encode_utf8(&mut room).bytes()),
            },
            other => bytes.extend(other.encode_utf8(&mut room).bytes()),
        }
    }
}

/// What sending a message means for the reader.
pub struct Frame {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many ReadyForQuery answer it.
    pub ready: usize,
}

/// Makes the bytes of a frontend message; `key` is the body of the BackendKeyData that a cancel request repeats.
pub fn frame(text: &str, key: &[u8]) -> Frame {
    let words = words(text);
    let Word::Bare(name) = &words[0] else { panic!("{text}") };
    let rest = &words[1..];
    let zero = |word: &Word| [word.bytes().expect("a string"), b"\0"].concat();
    let what = |word: &Word| match word {
        Word::Bare(word) => word.as_bytes()[..1].to_vec(),
        other => panic!("S or P was expected, not {other:?}"),
    };
    let shorts = |word: &Word| {
        let items = word.list();
        let mut body = u16::try_from(items.len()).expect("a short list").to_be_bytes().to_vec();
        items.iter().for_each(|item| body.extend(item.number::<i16>().to_be_bytes()));
        body
    };
    let (kind, body, ready) = match name.as_str() {
        "Query" => (b'Q', zero(&rest[0]), 1),
        "Parse" => {
            let mut body = [zero(&rest[0]), zero(&rest[1])].concat();
            let types = rest.get(2).map_or(&[][..], Word::list);
            body.extend(u16::try_from(types.len()).expect("a short list").to_be_bytes());
            types.iter().for_each(|oid| body.extend(oid.number::<u32>().to_be_bytes()));
            (b'P', body, 0)
        }
        "Bind" => {
            let mut body = [zero(&rest[0]), zero(&rest[1]), shorts(&rest[2])].concat();
            let values = rest[3].list();
            body.extend(u16::try_from(values.len()).expect("a short list").to_be_bytes());
            for value in values {
                match value.bytes() {
                    None => body.extend((-1i32).to_be_bytes()),
                    Some(bytes) => {
                        body.extend(i32::try_from(bytes.len()).expect("a short value").to_be_bytes());
                        body.extend(bytes);
                    }
                }
            }
            body.extend(shorts(&rest[4]));
            (b'B', body, 0)
        }
        "Describe" => (b'D', [what(&rest[0]), zero(&rest[1])].concat(), 0),
        "Close" => (b'C', [what(&rest[0]), zero(&rest[1])].concat(), 0),
        "Execute" => (b'E', [zero(&rest[0]), rest[1].number::<i32>().to_be_bytes().to_vec()].concat(), 0),
        "Sync" => (b'S', Vec::new(), 1),
        "Flush" => (b'H', Vec::new(), 0),
        "Terminate" => (b'X', Vec::new(), 0),
        "CopyData" => (b'd', rest[0].bytes().expect("a string").to_vec(), 0),
        "CopyDone" => (b'c', Vec::new(), 0),
        "CopyFail" => (b'f', zero(&rest[0]), 0),
        "Startup" => {
            let version = rest[0].number::<f64>();
            let mut body = vec![0, 3, 0, if version > 3.05 { 2 } else { 0 }];
            rest[1..].iter().for_each(|word| body.extend(zero(word)));
            body.push(0);
            return packet(&body, 1);
        }
        "SSLRequest" => return packet(&80_877_103u32.to_be_bytes(), 0),
        "GSSENCRequest" => return packet(&80_877_104u32.to_be_bytes(), 0),
        "CancelRequest" => return packet(&[&80_877_102u32.to_be_bytes(), key].concat(), 0),
        // Any bytes; a second word says how many ReadyForQuery answer them.
        "Raw" | "RawPacket" => {
            let ready = rest.get(1).map_or(0, Word::number);
            return Frame { bytes: rest[0].bytes().expect("a string").to_vec(), ready };
        }
        other => panic!("no frontend message: {other}"),
    };
    let mut bytes = vec![kind];
    bytes.extend(u32::try_from(body.len() + 4).expect("a short message").to_be_bytes());
    bytes.extend(body);
    Frame { bytes, ready }
}

fn packet(body: &[u8], ready: usize) -> Frame {
    let mut bytes = u32::try_from(body.len() + 4).expect("a short packet").to_be_bytes().to_vec();
    bytes.extend(body);
    Frame { bytes, ready }
}

/// Takes a backend message's body apart.
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn int(&mut self) -> i64 {
        self.take(4).iter().fold(0, |value: i32, byte| value << 8 | i32::from(*byte)).into()
    }

    fn short(&mut self) -> i64 {
        self.take(2).iter().fold(0, |value: i16, byte| value << 8 | i16::from(*byte)).into()
    }

    fn text(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let text = self.take(end);
        self.take(1);
        text
    }
}

fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                '"' | '\\' => text.extend(['\\', c]),
                c if (c as u32) < 32 || c as u32 == 127 => write!(text, "\\x{:02x}", c as u32).expect("a String"),
                c => text.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| write!(text, "\\x{byte:02x}").expect("a String"));
    }
    text.push('"');
    text
}

/// Prints a backend message as a script's line has it.
pub fn shown(kind: u8, body: &[u8]) -> String {
    let mut body = Body(body);
    match kind {
        b'1' => "ParseComplete".into(),
        b'2' => "BindComplete".into(),
        b'3' => "CloseComplete".into(),
        b'n' => "NoData".into(),
        b's' => "PortalSuspended".into(),
        b'I' => "EmptyQueryResponse".into(),
        b'c' => "CopyDone".into(),
        b'C' => format!("CommandComplete {}", quoted(body.text())),
        b'Z' => format!("ReadyForQuery {}", char::from(body.0.first().copied().unwrap_or(b'?'))),
        b'd' => format!("CopyData {}", quoted(body.0)),
        b'S' => format!("ParameterStatus {} {}", quoted(body.text()), quoted(body.text())),
        b'K' => "BackendKeyData".into(),
        // What SASL says (10: mechanisms, 11 and 12: data) stands behind the number.
        b'R' => match body.int() {
            code @ 10..=12 => format!("Authentication {code} {}", quoted(body.0)),
            code => format!("Authentication {code}"),
        },
        b'v' => format!("NegotiateProtocolVersion {}", body.int()),
        b'V' => "FunctionCallResponse".into(),
        b'D' => {
            let count = body.short();
            let value = |_| match usize::try_from(body.int()) {
                Ok(length) => quoted(body.take(length)),
                Err(_) => "NULL".to_owned(),
            };
            format!("DataRow {}", (0..count).map(value).collect::<Vec<_>>().join(" ")).trim_end().to_owned()
        }
        b'T' => {
            let count = body.short();
            let column = |_| {
                let name = quoted(body.text());
                // A table's OID is its own on either side; whether there is one, is not.
                let table = if body.int() == 0 { "" } else { "table." };
                let (attribute, ty, length, typmod, format) = (body.short(), body.int(), body.short(), body.int(), body.short());
                format!("{name}({table}{attribute} {ty} {length} {typmod} {format})")
            };
            format!("RowDescription {}", (0..count).map(column).collect::<Vec<_>>().join(" ")).trim_end().to_owned()
        }
        b't' => {
            let count = body.short();
            format!("ParameterDescription {}", (0..count).map(|_| body.int().to_string()).collect::<Vec<_>>().join(" "))
                .trim_end()
                .to_owned()
        }
        b'H' => {
            let format = body.take(1).first().copied().unwrap_or(9);
            let count = body.short();
            format!("CopyOutResponse {format} {}", (0..count).map(|_| body.short().to_string()).collect::<Vec<_>>().join(" "))
        }
        b'E' | b'N' => {
            let mut fields = Vec::new();
            while let Some(kind) = body.take(1).first().copied().filter(|kind| *kind != 0) {
                let value = body.text();
                // Where in PostgreSQL's sources it was raised is nobody's business, nor is its call stack.
                if b"SCMDHP".contains(&kind) {
                    fields.push(format!("{}={}", char::from(kind), quoted(value)));
                }
            }
            format!("{} {}", if kind == b'E' { "ErrorResponse" } else { "NoticeResponse" }, fields.join(" "))
        }
        other => format!("Unknown {other}"),
    }
}
