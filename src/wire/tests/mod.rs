//! Message scripts over a pipe, with canned answers behind the session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow::array::{ArrayRef, Int32Array, StringArray};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use bytes::{BufMut, BytesMut};
use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::error::Report;
use crate::query::lasting::Lasting;
use crate::query::{Answer, Notice, OutputColumn, Principal, QueryContext, Rows, SessionInputs, Tag};
use crate::session::backend::{Explain, Plan, Read};
use crate::types::Type;
use crate::types::literal::Literal;

/// `select 'many', n` gives n rows, `select 'wait'` never ends, `select 'lasting'` is good for three times more, `select $1` gives the parameter, everything else one row.
struct Canned {
    cancelled: CancellationToken,
    runs: Arc<AtomicUsize>,
}

struct CannedPlan {
    source: String,
    types: Vec<Type>,
    cancelled: CancellationToken,
    runs: Arc<AtomicUsize>,
}

#[async_trait]
impl Backend for Canned {
    fn has_database(&self, name: &str) -> bool {
        name == "shop"
    }

    fn default_database(&self) -> String {
        "shop".to_owned()
    }

    fn default_search_path(&self, _: &str) -> Vec<String> {
        vec!["shop".to_owned()]
    }

    fn generation(&self) -> (u64, u64) {
        (1, 1)
    }

    async fn prepare(&self, read: &Read, _: &SessionInputs, _: &Principal, types: &[Type]) -> Result<Arc<dyn Plan>> {
        if read.source.contains("nowhere") {
            return Err(Report::new(crate::error::SqlState::UNDEFINED_TABLE, "relation \"nowhere\" does not exist").at(Some(15)));
        }
        let types =
            if read.source.contains("$1") { vec![types.first().copied().filter(|ty| ty.0 != 0).unwrap_or(Type::TEXT)] } else { vec![] };
        Ok(Arc::new(CannedPlan { source: read.source.clone(), types, cancelled: self.cancelled.clone(), runs: self.runs.clone() }))
    }

    async fn explain(&self, _: &QueryContext, _: &Explain, _: &[Type], _: Vec<Literal>) -> Result<Answer> {
        Ok(Answer::Rows { rows: Rows::text(&["QUERY PLAN"], &[vec![Some("Result".into())]]), tag: Tag::Explain })
    }
}

/// Tells when it is dropped.
struct Watch(CancellationToken);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[async_trait]
impl Plan for CannedPlan {
    fn columns(&self) -> Arc<[OutputColumn]> {
        let ty = if self.types.is_empty() { Type::INT4 } else { self.types[0] };
        [OutputColumn::new("?column?", ty)].into()
    }

    fn parameters(&self) -> &[Type] {
        &self.types
    }

    fn lasting(&self, _: &SessionInputs, _: &Arc<Principal>, _: &[Literal]) -> Option<Arc<dyn Lasting>> {
        self.source.contains("lasting").then(|| Arc::new(repeats::Thrice::default()) as Arc<dyn Lasting>)
    }

    async fn answer(&self, cx: &QueryContext, parameters: Vec<Literal>) -> Result<Answer> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        if self.source.contains("wait") {
            let _watch = Watch(self.cancelled.clone());
            // A backend winds up and reports in its own words; the wire's are the ones that the client reads.
            cx.cancel.cancelled().await;
            return Err(Report::internal("stopped"));
        }
        if self.source.contains("notice") {
            cx.notices.push(Notice::plain("hello"));
        }
        let array: ArrayRef = match parameters.first() {
            Some(Literal::Int(value)) => Arc::new(Int32Array::from(vec![i32::try_from(*value).unwrap()])),
            Some(Literal::Text(value)) => Arc::new(StringArray::from(vec![value.clone()])),
            Some(_) => Arc::new(StringArray::from(vec![None::<String>])),
            None if self.source.contains("many") => {
                let count = self.source.rsplit("many', ").next().unwrap();
                let count: i32 = count.split(')').next().unwrap().parse().unwrap();
                Arc::new(Int32Array::from_iter_values(1..=count))
            }
            None => Arc::new(Int32Array::from(vec![1])),
        };
        let batch = RecordBatch::try_from_iter([("c", array)]).unwrap();
        Ok(Answer::Rows { rows: Rows { columns: self.columns(), batches: futures::stream::iter([Ok(batch)]).boxed() }, tag: Tag::Select })
    }
}

struct World {
    gate: Arc<Gate>,
    cancelled: CancellationToken,
    runs: Arc<AtomicUsize>,
    drain: CancellationToken,
}

fn world(settings: Settings) -> World {
    let (cancelled, runs) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let backend = Arc::new(Canned { cancelled: cancelled.clone(), runs: runs.clone() });
    let gate = Gate::new(settings, crate::session::Settings::default(), backend, Registry::new()).unwrap();
    World { gate: Arc::new(gate), cancelled, runs, drain: CancellationToken::new() }
}

fn trusting() -> Settings {
    Settings { method: Method::Trust, guest: Some(Guest { role: None, admin: false }), max_message_bytes: 1 << 20, ..Settings::default() }
}

impl World {
    fn pipe(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(4096);
        let (gate, drain) = (Arc::clone(&self.gate), self.drain.clone());
        tokio::spawn(async move { gate.serve(Box::new(server), None, &Seats::new(100), drain).await });
        client
    }

    /// Connects and reads up to the first ReadyForQuery.
    async fn connect(&self) -> Client {
        let mut client = Client { pipe: self.pipe(), key: None };
        client.pipe.write_all(&startup(0, &[("user", "ada"), ("database", "shop")])).await.unwrap();
        let messages = client.until_ready().await;
        let key = messages.iter().find(|(kind, _)| *kind == b'K').unwrap();
        client.key = Some(key.1.clone());
        client
    }
}

fn startup(minor: u16, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = BytesMut::new();
    body.put_u16(3);
    body.put_u16(minor);
    for (name, value) in parameters {
        body.put_slice(format!("{name}\0{value}\0").as_bytes());
    }
    body.put_u8(0);
    let mut packet = u32::try_from(body.len() + 4).unwrap().to_be_bytes().to_vec();
    packet.extend(&body);
    packet
}

fn msg(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
    frame.extend(body);
    frame
}

fn query(text: &str) -> Vec<u8> {
    msg(b'Q', format!("{text}\0").as_bytes())
}

fn parse(name: &str, text: &str) -> Vec<u8> {
    msg(b'P', format!("{name}\0{text}\0\0\0").as_bytes())
}

fn bind(portal: &str, name: &str) -> Vec<u8> {
    msg(b'B', format!("{portal}\0{name}\0\0\0\0\0\0\0").as_bytes())
}

fn execute(portal: &str, rows: i32) -> Vec<u8> {
    let mut body = format!("{portal}\0").into_bytes();
    body.extend(rows.to_be_bytes());
    msg(b'E', &body)
}

fn sync() -> Vec<u8> {
    msg(b'S', b"")
}

struct Client {
    pipe: DuplexStream,
    key: Option<Vec<u8>>,
}

impl Client {
    async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.pipe.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let mut body = vec![0; usize::try_from(length).unwrap() - 4];
        self.pipe.read_exact(&mut body).await.ok()?;
        Some((head[0], body))
    }

    /// Reads up to ReadyForQuery, or to the end.
    async fn until_ready(&mut self) -> Vec<(u8, Vec<u8>)> {
        let mut messages = Vec::new();
        while let Some((kind, body)) = self.read().await {
            let end = kind == b'Z';
            messages.push((kind, body));
            if end {
                break;
            }
        }
        messages
    }

    /// Sends frames and tells in one line what came back up to ReadyForQuery.
    async fn play(&mut self, frames: &[Vec<u8>]) -> String {
        self.pipe.write_all(&frames.concat()).await.unwrap();
        line(&self.until_ready().await)
    }

    async fn ask(&mut self, text: &str) -> String {
        self.play(&[query(text)]).await
    }
}

/// `T D1 C(SELECT 1) ZI`, `E(42601 ...)`.
fn line(messages: &[(u8, Vec<u8>)]) -> String {
    let text = |body: &[u8]| String::from_utf8_lossy(body).trim_end_matches('\0').to_owned();
    let field = |body: &[u8], kind: u8| {
        body.split(|byte| *byte == 0).find(|field| field.first() == Some(&kind)).map(|field| text(&field[1..])).unwrap_or_default()
    };
    let mut parts: Vec<String> = Vec::new();
    let mut rows = 0;
    for (kind, body) in messages {
        if *kind == b'D' {
            rows += 1;
            continue;
        }
        if rows > 0 {
            parts.push(format!("D{rows}"));
            rows = 0;
        }
        parts.push(match kind {
            b'C' => format!("C({})", text(body)),
            b'E' => format!("E({} {})", field(body, b'C'), field(body, b'M')),
            b'N' => format!("N({})", field(body, b'M')),
            b'Z' => format!("Z{}", text(body)),
            b'S' => format!("S({})", text(body).replace('\0', "=")),
            kind => char::from(*kind).to_string(),
        });
    }
    if rows > 0 {
        parts.push(format!("D{rows}"));
    }
    parts.join(" ")
}

mod repeats;
mod scripts;
