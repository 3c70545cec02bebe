//! Backend messages, written into the write buffer.

use bytes::{BufMut, BytesMut};

use super::rows::Format;
use crate::error::Report;
use crate::query::{Notice, OutputColumn, Severity, Tag};
use crate::types::Type;

/// Writes one message: its type, its length, its body.
fn message(out: &mut BytesMut, kind: u8, body: impl FnOnce(&mut BytesMut)) {
    out.put_u8(kind);
    let start = out.len();
    out.put_i32(0);
    body(out);
    // Only DataRow can come near 2 GiB, and it has its own check.
    let length = i32::try_from(out.len() - start).unwrap_or(i32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn cstring(out: &mut BytesMut, text: &str) {
    // A zero byte would end the string early.
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.put_u8(0);
}

/// How bad an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The statement failed.
    Error,
    /// The connection ends.
    Fatal,
}

/// ErrorResponse.
pub fn error(out: &mut BytesMut, level: Level, report: &Report) {
    let severity = if level == Level::Fatal { "FATAL" } else { "ERROR" };
    message(out, b'E', |out| {
        fields(out, severity, report.sqlstate.0, &report.message, report.detail.as_deref(), report.hint.as_deref());
        if let Some(position) = report.position {
            out.put_u8(b'P');
            cstring(out, &position.to_string());
        }
        out.put_u8(0);
    });
}

/// NoticeResponse.
pub fn notice(out: &mut BytesMut, notice: &Notice) {
    let severity = match notice.severity {
        Severity::Notice => "NOTICE",
        Severity::Warning => "WARNING",
        Severity::Info => "INFO",
    };
    message(out, b'N', |out| {
        fields(out, severity, notice.sqlstate.0, &notice.message, notice.detail.as_deref(), notice.hint.as_deref());
        out.put_u8(0);
    });
}

fn fields(out: &mut BytesMut, severity: &str, sqlstate: &str, text: &str, detail: Option<&str>, hint: Option<&str>) {
    for (kind, value) in
        [(b'S', Some(severity)), (b'V', Some(severity)), (b'C', Some(sqlstate)), (b'M', Some(text)), (b'D', detail), (b'H', hint)]
    {
        if let Some(value) = value {
            out.put_u8(kind);
            cstring(out, value);
        }
    }
}

/// ReadyForQuery.
pub fn ready(out: &mut BytesMut, status: u8) {
    out.put_slice(&[b'Z', 0, 0, 0, 5, status]);
}

/// ParseComplete.
pub fn parse_complete(out: &mut BytesMut) {
    out.put_slice(b"1\0\0\0\x04");
}

/// BindComplete.
pub fn bind_complete(out: &mut BytesMut) {
    out.put_slice(b"2\0\0\0\x04");
}

/// CloseComplete.
pub fn close_complete(out: &mut BytesMut) {
    out.put_slice(b"3\0\0\0\x04");
}

/// NoData.
pub fn no_data(out: &mut BytesMut) {
    out.put_slice(b"n\0\0\0\x04");
}

/// PortalSuspended.
pub fn portal_suspended(out: &mut BytesMut) {
    out.put_slice(b"s\0\0\0\x04");
}

/// EmptyQueryResponse.
pub fn empty_query(out: &mut BytesMut) {
    out.put_slice(b"I\0\0\0\x04");
}

/// CommandComplete.
pub fn command_complete(out: &mut BytesMut, tag: &str) {
    message(out, b'C', |out| cstring(out, tag));
}

/// CommandComplete after rows.
pub fn rows_complete(out: &mut BytesMut, tag: Tag, count: u64) {
    let (word, counted) = match tag {
        Tag::Select => ("SELECT ", true),
        Tag::Fetch => ("FETCH ", true),
        Tag::Copy => ("COPY ", true),
        Tag::Show => ("SHOW", false),
        Tag::Explain => ("EXPLAIN", false),
    };
    message(out, b'C', |out| {
        out.put_slice(word.as_bytes());
        if counted {
            out.put_slice(itoa::Buffer::new().format(count).as_bytes());
        }
        out.put_u8(0);
    });
}

/// ParameterStatus.
pub fn parameter_status(out: &mut BytesMut, name: &str, value: &str) {
    message(out, b'S', |out| {
        cstring(out, name);
        cstring(out, value);
    });
}

/// ParameterDescription.
pub fn parameter_description(out: &mut BytesMut, types: &[Type]) {
    message(out, b't', |out| {
        out.put_u16(u16::try_from(types.len()).unwrap_or(u16::MAX));
        for ty in types {
            out.put_u32(ty.0);
        }
    });
}

/// RowDescription; columns beyond the formats are in text.
pub fn row_description(out: &mut BytesMut, columns: &[OutputColumn], formats: &[Format]) {
    message(out, b'T', |out| {
        out.put_u16(u16::try_from(columns.len()).unwrap_or(u16::MAX));
        for (i, column) in columns.iter().enumerate() {
            cstring(out, &column.name);
            out.put_u32(column.table_oid);
            out.put_i16(column.attribute);
            // What is still unknown leaves as text, as PostgreSQL resolves it.
            let ty = if column.ty == Type::UNKNOWN { Type::TEXT } else { column.ty };
            out.put_u32(ty.0);
            out.put_i16(ty.entry().map_or(-1, |entry| entry.length));
            out.put_i32(column.typmod);
            out.put_i16((formats.get(i) == Some(&Format::Binary)).into());
        }
    });
}

/// AuthenticationOk.
pub fn authentication_ok(out: &mut BytesMut) {
    out.put_slice(b"R\0\0\0\x08\0\0\0\0");
}

/// AuthenticationCleartextPassword.
pub fn cleartext_password(out: &mut BytesMut) {
    out.put_slice(b"R\0\0\0\x08\0\0\0\x03");
}

/// AuthenticationSASL: the mechanisms on offer.
pub fn sasl(out: &mut BytesMut, mechanisms: &[&str]) {
    message(out, b'R', |out| {
        out.put_i32(10);
        for mechanism in mechanisms {
            cstring(out, mechanism);
        }
        out.put_u8(0);
    });
}

/// AuthenticationSASLContinue.
pub fn sasl_continue(out: &mut BytesMut, data: &str) {
    message(out, b'R', |out| {
        out.put_i32(11);
        out.put_slice(data.as_bytes());
    });
}

/// AuthenticationSASLFinal.
pub fn sasl_final(out: &mut BytesMut, data: &str) {
    message(out, b'R', |out| {
        out.put_i32(12);
        out.put_slice(data.as_bytes());
    });
}

/// BackendKeyData.
pub fn key_data(out: &mut BytesMut, pid: i32, secret: &[u8]) {
    message(out, b'K', |out| {
        out.put_i32(pid);
        out.put_slice(secret);
    });
}

/// NegotiateProtocolVersion: the version spoken, and the protocol options that are not known.
pub fn negotiate(out: &mut BytesMut, version: i32, options: &[String]) {
    message(out, b'v', |out| {
        out.put_i32(version);
        out.put_i32(i32::try_from(options.len()).unwrap_or(i32::MAX));
        for option in options {
            cstring(out, option);
        }
    });
}
