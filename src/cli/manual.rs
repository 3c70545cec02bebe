//! `sluice completions` and `sluice man`: what clap knows of the command line, for shells and for man.

use std::io::{self, Write};

use clap::Command;
use clap_complete::Shell;

use super::Failure;

/// Prints the completion script of a shell: `sluice completions bash > /etc/bash_completion.d/sluice`.
///
/// # Errors
/// Standard output takes nothing.
pub(super) fn completions(shell: Shell, mut command: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "sluice", &mut script);
    print(&script)
}

/// Prints a manual page in roff: `sluice man | man -l -`.
///
/// # Errors
/// Code 2 for a verb that does not exist; standard output takes nothing.
pub(super) fn page(mut command: Command, verb: Option<&str>) -> Result<(), Failure> {
    command.build();
    let command = match verb {
        None => command,
        Some(verb) => match command.find_subcommand(verb) {
            Some(found) => found.clone(),
            None => return Err(Failure::config(format!("there is no verb \"{verb}\""))),
        },
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(command).render(&mut roff).map_err(Failure::failed)?;
    print(&roff)
}

/// A reader that has seen enough (`| head`) is no failure.
fn print(bytes: &[u8]) -> Result<(), Failure> {
    match io::stdout().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(error)),
        _ => Ok(()),
    }
}
