//! The command line: one file a verb.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config;

mod build;
mod check;
mod complaint;
mod demo;
mod client;
mod explain;
mod healthcheck;
mod init;
mod offline;
mod reload;
mod manual;
mod remote;
mod run;
mod serve;
mod tables;
mod translate;
mod user;

/// PostgreSQL in front of BigQuery: typed, priced, guarded and cached.
#[derive(Parser, Debug)]
#[command(name = "sluice", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Serves generated data from the embedded engine: no cloud, no config, no password
    Demo(DemoArguments),
    /// Serves what the configuration file says
    Run(ConfigArguments),
    /// Writes a configuration for BigQuery, after one free dry run
    Init(init::Arguments),
    /// Checks the configuration; with --print shows every value and where it comes from
    Check(CheckArguments),
    /// Prints queries in GoogleSQL, without a warehouse
    Translate(translate::Arguments),
    /// Tells what queries would read and cost, without running them
    Explain(explain::Arguments),
    /// Makes password verifiers
    #[command(subcommand)]
    User(UserVerb),
    /// Shows how a running server stands: health, sessions, cache, budgets, approvals
    Status(client::ServerArguments),
    /// Lets a query that waits for an approval run once
    Approve {
        /// The id that the refusal SL003 named
        id: String,
        #[command(flatten)]
        server: client::ServerArguments,
    },
    /// Puts a running server's configuration file in force
    Reload(client::ServerArguments),
    /// Prints the JSON schema of the configuration file
    Schema,
    /// Prints a script that completes `sluice` in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page; with a verb, that verb's
    Man {
        /// The verb
        verb: Option<String>,
    },
    /// Asks a running server whether it is ready; exit code 0 if so
    Healthcheck {
        /// The URL to ask
        #[arg(long, default_value = "http://127.0.0.1:7433/readyz")]
        url: String,
    },
}

/// Flags of `sluice demo`.
#[derive(Args, Debug)]
pub struct DemoArguments {
    /// The address for PostgreSQL clients
    #[arg(long, default_value = "127.0.0.1:7432")]
    listen: String,
    /// The address for health, metrics and the status page
    #[arg(long, default_value = "127.0.0.1:7433")]
    web_listen: String,
    /// Where the generated data is kept [default: the user's cache folder]
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// The share of the data set to generate: 1 is 2.0M orders and 5.0M events
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Allows an address other than loopback, without TLS and passwords
    #[arg(long)]
    allow_insecure: bool,
    /// Makes the data and exits
    #[arg(long)]
    generate_only: bool,
}

/// Flags that say where the configuration is.
#[derive(Args, Debug)]
pub struct ConfigArguments {
    /// The configuration file
    #[arg(long, short, env = "SLUICE_CONFIG", default_value = "sluice.toml")]
    config: PathBuf,
}

/// Flags of `sluice check`.
#[derive(Args, Debug)]
pub struct CheckArguments {
    #[command(flatten)]
    config: ConfigArguments,
    /// Prints each effective value with its origin; secrets are not shown
    #[arg(long)]
    print: bool,
    /// Does not ask the warehouse
    #[arg(long)]
    offline: bool,
}

#[derive(Subcommand, Debug)]
enum UserVerb {
    /// Reads a password from standard input and prints its SCRAM-SHA-256 verifier
    Hash,
}

/// Why a verb failed: what to print, and the exit code (1 failure, 2 usage or configuration).
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Something went wrong while running.
    fn failed(message: impl ToString) -> Failure {
        Failure { code: 1, message: message.to_string() }
    }

    /// The same, after everything has been said.
    fn silent() -> Failure {
        Failure { code: 1, message: String::new() }
    }

    /// The configuration or the usage is wrong.
    fn config(message: impl ToString) -> Failure {
        Failure { code: 2, message: message.to_string() }
    }
}

/// Runs work on a stack that holds the deepest expressions that are let through.
fn on_a_large_stack(work: impl FnOnce() -> Result<(), Failure> + Send) -> Result<(), Failure> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(serve::THREAD_STACK).spawn_scoped(scope, work).map_err(Failure::failed)?;
        thread.join().unwrap_or_else(|_| Err(Failure::failed("the work ended without a word")))
    })
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let result = match cli.verb {
        None => {
            let _ = Cli::command().print_help();
            Ok(())
        }
        Some(Verb::Demo(arguments)) => demo::demo(&arguments),
        Some(Verb::Run(arguments)) => run::run(&arguments.config),
        Some(Verb::Check(arguments)) => check::check(&arguments.config.config, arguments.print, arguments.offline),
        Some(Verb::Init(arguments)) => init::init(&arguments),
        Some(Verb::Status(arguments)) => remote::status(&arguments),
        Some(Verb::Approve { id, server }) => remote::approve(&server, &id),
        Some(Verb::Reload(arguments)) => remote::reload(&arguments),
        Some(Verb::Schema) => {
            println!("{}", serde_json::to_string_pretty(&config::schema::schema()).expect("a JSON value prints"));
            Ok(())
        }
        Some(Verb::Completions { shell }) => manual::completions(shell, Cli::command()),
        Some(Verb::Man { verb }) => manual::page(Cli::command(), verb.as_deref()),
        Some(Verb::Translate(arguments)) => on_a_large_stack(|| translate::translate(&arguments)),
        Some(Verb::Explain(arguments)) => on_a_large_stack(|| explain::explain(&arguments)),
        Some(Verb::User(UserVerb::Hash)) => user::hash(),
        Some(Verb::Healthcheck { url }) => healthcheck::healthcheck(&url),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message.is_empty() {
                eprintln!("sluice: {}", failure.message);
            }
            ExitCode::from(failure.code)
        }
    }
}
