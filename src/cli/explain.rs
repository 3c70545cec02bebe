//! `sluice explain`: EXPLAIN of each query against the configured backend, without a server.

use std::sync::Arc;

use clap::Args;
use futures::StreamExt;
use serde_json::{Value, json};

use super::build::Built;
use super::translate::{error_in_json, input};
use super::{ConfigArguments, Failure, complaint};
use crate::config::Config;
use crate::error::{Report, Result, SqlState};
use crate::pipeline::host::NoHost;
use crate::query::{Answer, Principal};
use crate::session::Session;
use crate::session::backend::{Backend, Explain, Piped};
use crate::sql::classify::{Class, classify};
use crate::sql::language::{self, ExplainOptions, Forward, Language};
use crate::sql::parse::{self, Body, Statement};

/// Flags of `sluice explain`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// SQL, the name of a file of statements, or `-` for standard input
    #[arg(default_value = "-")]
    sql: String,
    #[command(flatten)]
    config: ConfigArguments,
    /// The user whose role, limits and budgets apply [default: the first of the configuration]
    #[arg(long, short)]
    user: Option<String>,
    /// Prints JSON, as EXPLAIN (FORMAT JSON) does
    #[arg(long)]
    json: bool,
}

/// Explains every statement; those that cannot be explained are told on standard error.
pub fn explain(arguments: &Arguments) -> Result<(), Failure> {
    let config = Config::load(&arguments.config.config).map_err(Failure::config)?;
    let text = input(&arguments.sql)?;
    let principal = principal(&config, arguments.user.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(super::serve::THREAD_STACK)
        .build()
        .map_err(Failure::failed)?;
    let answers = runtime.block_on(answers(&config, principal, &text, arguments.json));
    runtime.shutdown_background();
    let answers = answers?;
    if arguments.json {
        let shown: Vec<Value> = answers
            .iter()
            .map(|answer| match answer {
                Ok(plan) => serde_json::from_str(plan).unwrap_or_else(|_| json!(plan)),
                Err(report) => json!({ "error": error_in_json(&text, report) }),
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&shown).expect("a JSON value prints"));
    } else {
        for (i, answer) in answers.iter().enumerate() {
            match answer {
                Ok(plan) => println!("{}{plan}", if i > 0 { "\n" } else { "" }),
                Err(report) => eprint!("{}", complaint::shown(&text, report)),
            }
        }
    }
    match answers.iter().filter(|answer| answer.is_err()).count() {
        0 if answers.is_empty() => Err(Failure::config("there is no statement to explain")),
        0 => Ok(()),
        _ => Err(Failure::silent()),
    }
}

/// Who asks: the named user, or the first one.
fn principal(config: &Config, name: Option<&str>) -> Result<Principal, Failure> {
    let users = &config.wire.users;
    let found = users.iter().find(|user| name.is_none_or(|name| user.name == name));
    match (found, name) {
        (Some(user), _) => {
            let role = user.role.clone().unwrap_or_else(|| user.name.clone());
            Ok(Principal { user: user.name.clone(), role, admin: user.admin, token: None })
        }
        (None, Some(name)) => Err(Failure::config(format!("there is no user \"{name}\" in the configuration"))),
        (None, None) => Ok(Principal { user: "sluice".into(), role: "sluice".into(), admin: true, token: None }),
    }
}

async fn answers(config: &Config, principal: Principal, text: &str, json: bool) -> Result<Vec<Result<String>>, Failure> {
    let built = Built::open(config).await?;
    let (pipeline, _) = built.pipeline(config, Arc::new(NoHost), None).await.map_err(super::build::failed)?;
    let piped = Arc::new(Piped::new(pipeline));
    let database = piped.default_database();
    let registration = built.registry.enter(&principal.user, &database, None, &[]);
    let settings = Arc::new(config.sessions.clone());
    let mut session = Session::open(piped.clone(), settings, principal, database, registration, &[]).map_err(super::build::failed)?;
    let statements = match (language::statements(text, Language::Auto), parse::parse_each(text)) {
        // A text in GoogleSQL is one query.
        (Ok(statements), _) if statements.iter().any(|statement| matches!(statement.body, Body::GoogleSql(_))) => {
            statements.into_iter().map(Ok).collect()
        }
        (_, Ok(statements)) => statements,
        (_, Err(report)) => vec![Err(report)],
    };
    let mut answers = Vec::with_capacity(statements.len());
    for statement in statements {
        answers.push(match statement {
            Ok(statement) => plan(&mut session, &piped, statement, json).await,
            Err(report) => Err(report),
        });
    }
    Ok(answers)
}

async fn plan(session: &mut Session, piped: &Piped, statement: Statement, json: bool) -> Result<String> {
    let class = classify(statement)?;
    let cx = session.begin("EXPLAIN", false);
    let answer = match class {
        Class::GoogleSql(forward) => {
            let explain = Some(ExplainOptions { json });
            match piped.forward(&cx, &Forward { explain, ..(*forward).clone() }).await {
                Ok(plan) => plan.answer(&cx, Vec::new()).await,
                Err(report) => Err(report),
            }
        }
        class => match class.into_query() {
            Some((read, _)) => piped.explain(&cx, &Explain { analyze: false, json, verbose: false, read }, &[], Vec::new()).await,
            None => Err(Report::new(SqlState::WRONG_OBJECT_TYPE, "only queries can be explained")
                .detail("Statements about the session are answered by the server itself.")),
        },
    };
    session.rest();
    let Answer::Rows { mut rows, .. } = answer? else { return Ok(String::new()) };
    let mut lines = Vec::new();
    while let Some(batch) = rows.batches.next().await {
        let batch = batch?;
        let column = arrow::array::AsArray::as_string_opt::<i32>(batch.column(0));
        lines.extend(column.into_iter().flatten().map(|line| line.unwrap_or_default().to_owned()));
    }
    Ok(lines.join("\n"))
}
