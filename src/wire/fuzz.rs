//! What a fuzzer calls: each function reads bytes as they may come from anybody, and must do no more than refuse them.

use bytes::BytesMut;
use pgwire::api::auth::sasl::scram::ScramServerAuth;
use pgwire::messages::PgWireFrontendMessage;

use super::{auth, connection, frame, login, oauth, parameters, rows::Format, startup};
use crate::types::Type;
use crate::types::output::Style;

/// The largest message that the functions take.
const LIMIT: usize = 64 * 1024;

/// A startup packet, whole, and the settings in it.
pub fn read_startup(bytes: &[u8]) {
    if let Ok(packet) = frame::startup(bytes) {
        let _ = startup::settings(&packet);
    }
}

/// Messages of a client that has logged in, one behind the other. A Bind's values are read as every type would read them.
pub fn read_messages(bytes: &[u8]) {
    let mut input = BytesMut::from(bytes);
    while let Ok(Some(size)) = frame::size(&input, LIMIT, "fuzz")
        && input.len() >= size
    {
        let Ok(message) = connection::decoded(&mut input.split_to(size)) else { continue };
        if let PgWireFrontendMessage::Bind(bind) = message {
            let kinds = [Type::INT4, Type::TEXT, Type::NUMERIC, Type::INT4_ARRAY, Type::TIMESTAMPTZ, Type::JSONB];
            for types in kinds.map(|ty| vec![ty; bind.parameters.len()]) {
                let _ = super::extended::values(&bind, &types, &Style::plain(crate::types::zone::Tz::UTC));
            }
        }
    }
}

/// One value of a parameter: two bytes say its type and format, the rest is the value.
pub fn read_parameter(bytes: &[u8]) {
    let [ty, format, value @ ..] = bytes else { return };
    let Some(ty) = Type::all().nth(usize::from(*ty) * 2 + usize::from(*format >> 7)) else { return };
    let format = if format & 1 == 0 { Format::Text } else { Format::Binary };
    let _ = parameters::read(value, Type(ty.oid), format, &Style::plain(crate::types::zone::Tz::Africa__Casablanca), 1);
}

/// The two messages of a SCRAM exchange, parted by a zero byte behind the mechanism's data, and an OAUTHBEARER message. `{nonce}` in the second
/// one is what the server has answered.
pub fn read_sasl(bytes: &[u8]) {
    let _ = oauth::bearer(bytes);
    let mechanisms = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];
    let (first, last) = bytes.split_at(bytes.iter().rposition(|byte| *byte == 0).unwrap_or(bytes.len()));
    let Ok((_, data)) = login::initial(first, &mechanisms) else { return };
    let Ok(authenticator) = auth::Authenticator::new(&[]) else { return };
    let Ok((challenge, waiting)) = authenticator.first(&ScramServerAuth::default(), "nobody", data) else { return };
    let nonce = challenge.split(',').next().unwrap_or_default().trim_start_matches("r=");
    let last = String::from_utf8_lossy(last.get(1..).unwrap_or_default()).replace("{nonce}", nonce);
    let _ = waiting.last("nobody", last.as_bytes());
}
