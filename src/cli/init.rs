//! `sluice init`: a configuration for BigQuery with one user, after one free dry run has shown that the credentials work.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;

use super::{Failure, build, offline};
use crate::config::{self, Config};
use crate::sql::emit::{Dialect, Job, Origin};
use crate::warehouse::Warehouse;
use crate::warehouse::bigquery::{self, BigQuery};
use crate::wire::auth::scram_verifier;

/// Flags of `sluice init`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The project whose data sets are served
    #[arg(long, env = "GOOGLE_CLOUD_PROJECT")]
    project: String,
    /// The data set of unqualified names
    #[arg(long, default_value = "")]
    dataset: String,
    /// The credentials: adc (Application Default Credentials), or file:PATH
    #[arg(long, default_value = "adc")]
    credentials: String,
    /// The name of the user that is made
    #[arg(long, default_value = "admin")]
    user: String,
    /// The file to write
    #[arg(long, short, default_value = "sluice.toml")]
    config: PathBuf,
    /// Does not ask BigQuery
    #[arg(long)]
    offline: bool,
}

/// Checks the credentials and writes the file.
pub fn init(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.config.exists() {
        return Err(Failure::config(format!("{} is there already; choose another file with --config", arguments.config.display())));
    }
    if arguments.user.is_empty() {
        return Err(Failure::config("--user is empty"));
    }
    if arguments.offline {
        println!("credentials are not checked (--offline)");
    } else {
        println!("{}", dry_run(arguments)?);
    }
    let password = password()?;
    let text = file(arguments, &password);
    // What is written must be what `run` reads.
    Config::check(&config::parse(&text).map_err(Failure::failed)?).map_err(Failure::config)?;
    write(&arguments.config, &text)?;
    let file = arguments.config.display();
    println!("written: {file} (readable by you only)\n");
    println!("  user      {}", arguments.user);
    println!("  password  {password}    (shown once; the file holds its verifier)\n");
    println!("next: sluice check --config {file}");
    println!("      sluice run --config {file}");
    println!("      psql \"postgres://{}@127.0.0.1:7432/{}\"", arguments.user, arguments.project);
    Ok(())
}

/// Asks BigQuery to estimate `SELECT 1`: costs nothing, and needs working credentials and the right to run jobs.
fn dry_run(arguments: &Arguments) -> Result<String, Failure> {
    let settings = bigquery::Settings {
        project: arguments.project.clone(),
        credentials: arguments.credentials.clone(),
        retry_pause: std::time::Duration::from_millis(200),
        ..bigquery::Settings::default()
    };
    let job = Job {
        text: "SELECT 1 AS one".to_owned(),
        dialect: Dialect::GoogleSql,
        parameters: Vec::new(),
        columns: Arc::new([]),
        tables: Vec::new(),
        ordered: false,
        origin: Origin::Emitter,
        fingerprint: String::new(),
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::failed)?;
    let asked = runtime.block_on(async {
        let warehouse = BigQuery::new(settings).await?;
        let cx = offline::context(offline::session(crate::types::zone::Tz::UTC, arguments.project.clone(), Vec::new()));
        warehouse.estimate(&cx, &job).await
    });
    match asked {
        Ok(_) => Ok(format!("credentials work: project {} took a dry run, which is free", arguments.project)),
        Err(report) => {
            let hint = "Application Default Credentials: gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS.";
            let hint = if arguments.credentials == "adc" { format!("\n  {hint}") } else { String::new() };
            Err(Failure::failed(format!(
                "BigQuery does not take a dry run: {}{hint}\n  nothing was written; --offline writes the file without asking",
                build::sentence(&report)
            )))
        }
    }
}

/// 144 random bits.
fn password() -> Result<String, Failure> {
    let mut bytes = [0; 18];
    let filled = rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes);
    filled.map_err(|_| Failure::failed("the operating system gives no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn file(arguments: &Arguments, password: &str) -> String {
    let quoted = |text: &str| format!("{text:?}");
    let endpoint = std::env::var("BIGQUERY_EMULATOR_HOST").unwrap_or_default();
    let endpoint = if endpoint.is_empty() { String::new() } else { format!("api_endpoint = {}\n", quoted(&endpoint)) };
    let dataset = if arguments.dataset.is_empty() { String::new() } else { format!("default_dataset = {}\n", quoted(&arguments.dataset)) };
    format!(
        "# Sluice in front of BigQuery. Every other key with its default: sluice check --print; sluice schema for editors.\n\
         \n[server]\nlisten = \"127.0.0.1:7432\"\n\
         \n# Beyond this machine: encrypted, and by rules like those of pg_hba.conf (the first that fits decides).\n\
         # [tls]\n# cert = \"server.pem\"\n# key = \"server.key\"\n\
         # [[auth.rules]]\n# type = \"hostssl\"\n# address = \"10.0.0.0/8\"\n# method = \"scram-sha-256\"   # cert, oauth, ...\n\
         \n[[users]]\nname = {}\npassword = {}\nadmin = true\n\
         \n[backend]\nkind = \"bigquery\"\n\
         \n[backend.bigquery]\nproject = {}\ncredentials = {}\n{dataset}{endpoint}\
         \n[guard]\nmax_usd_per_query = 10.00       # SL001 above it\nmax_usd_per_user_day = 20.00    # SL002 above it\n\
         \n[guard.approval]\nfrom_usd = 1.00                 # SL003 above it: SELECT sluice.approve('id')\n",
        quoted(&arguments.user),
        quoted(&scram_verifier(password)),
        quoted(&arguments.project),
        quoted(&arguments.credentials),
    )
}

/// Writes a new file that only its owner reads.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("cannot write {}: {error}", path.display()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
