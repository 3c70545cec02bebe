//! `sluice user hash`: a SCRAM-SHA-256 verifier for `[[users]] password`.

use std::io::Read;

use super::Failure;
use crate::wire::auth::scram_verifier;

/// Reads one line from standard input and prints its verifier.
pub fn hash() -> Result<(), Failure> {
    let mut password = String::new();
    std::io::stdin().take(4096).read_to_string(&mut password).map_err(Failure::failed)?;
    let password = password.strip_suffix('\n').unwrap_or(&password);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Failure::config("give the password on standard input, as in: printf '%s' \"$PASSWORD\" | sluice user hash"));
    }
    println!("{}", scram_verifier(password));
    Ok(())
}
