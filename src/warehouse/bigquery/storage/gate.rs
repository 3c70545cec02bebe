//! The Storage Read API's address, and calls to it under one identity: over a connection of their own, failures as the rest of the warehouse
//! knows them.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gcp_bigquery_client::google::cloud::bigquery::storage::v1::arrow_serialization_options::CompressionCodec;
use gcp_bigquery_client::google::cloud::bigquery::storage::v1::big_query_read_client::BigQueryReadClient;
use gcp_bigquery_client::google::cloud::bigquery::storage::v1::read_session::TableReadOptions;
use gcp_bigquery_client::google::cloud::bigquery::storage::v1::read_session::table_read_options::OutputFormatSerializationOptions;
use gcp_bigquery_client::google::cloud::bigquery::storage::v1::{
    ArrowSerializationOptions, CreateReadSessionRequest, DataFormat, ReadRowsRequest, ReadRowsResponse, ReadSession,
};
use secrecy::ExposeSecret;
use tonic::codec::Streaming;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

use crate::error::{Report, Result, SqlState};
use crate::warehouse::bigquery::answers::TablePlace;
use crate::warehouse::bigquery::api::{Api, is_here};
use crate::warehouse::bigquery::failure::Failure;
use crate::warehouse::bigquery::settings::{Compression, Settings};

const GOOGLE: &str = "https://bigquerystorage.googleapis.com";
/// A row may have 100 MB, a message 100 MiB of rows ("Quotas and limits", `ReadRows`).
const MESSAGE_BYTES: usize = 128 << 20;
/// What one stream may send ahead of its reader.
const WINDOW: u32 = 2 << 20;
/// How often a connection that says nothing is asked whether it still is one; more often, and Google's servers hang up.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// First pauses that make a rest.
const RESTS: u32 = 60;

/// Where results are read.
pub struct Gate {
    endpoint: Endpoint,
    /// Nobody on the way can read along.
    private: bool,
    codec: CompressionCodec,
    /// The project that calls count against, where it is another one than that of the data.
    quota_project: Option<String>,
    timeout: Duration,
    /// How long it is left alone when nobody answers there.
    rest: Duration,
    /// Until when that is.
    resting: Mutex<Option<Instant>>,
}

impl Gate {
    /// Finds the address, or says why there is none: an `api_endpoint` that is not Google's has no Storage Read API unless one is named.
    ///
    /// # Errors
    /// 22023 for an endpoint that is no address.
    pub fn new(settings: &Settings, api: &Api) -> Result<std::result::Result<Gate, String>> {
        let address = match settings.storage_endpoint.trim().trim_end_matches('/') {
            "" if api.is_googles() => GOOGLE.to_owned(),
            "" => return Ok(Err("no storage_endpoint is set".to_owned())),
            given if given.contains("://") => given.to_owned(),
            given => format!("http://{given}"),
        };
        let wrong = || {
            let message = format!("backend.bigquery.storage_endpoint is no address: {address}");
            Report::new(SqlState::INVALID_PARAMETER_VALUE, message).hint("Write it as https://host or http://host:port.")
        };
        let url = reqwest::Url::parse(&address).ok().filter(|url| url.host_str().is_some()).ok_or_else(wrong)?;
        let streams = u32::try_from(settings.storage_streams.max(1)).unwrap_or(1).min(64);
        let endpoint = Endpoint::from_shared(address.clone()).map_err(|_| wrong())?;
        let endpoint = endpoint
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(settings.request_timeout)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW * streams)
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .map_err(|_| wrong())?;
        let endpoint = match url.scheme() {
            "http" => endpoint,
            "https" => {
                match endpoint.tls_config(ClientTlsConfig::new().with_native_roots()) {
                    Ok(endpoint) => endpoint,
                    // The machine may have no certificates: pages bring their own.
                    Err(error) => return Ok(Err(format!("the Storage Read API cannot be asked over TLS: {error}"))),
                }
            }
            _ => return Err(wrong()),
        };
        Ok(Ok(Gate {
            endpoint,
            private: url.scheme() == "https" || is_here(&url),
            codec: match settings.storage_compression {
                Compression::Lz4 => CompressionCodec::Lz4Frame,
                Compression::Zstd => CompressionCodec::Zstd,
                Compression::None => CompressionCodec::CompressionUnspecified,
            },
            quota_project: Some(settings.billing_project.clone()).filter(|project| !project.is_empty() && *project != settings.project),
            timeout: settings.request_timeout,
            rest: settings.retry_pause * RESTS,
            resting: Mutex::default(),
        }))
    }

    /// Tells whether it is left alone, because nobody answered there a moment ago.
    pub fn is_resting(&self) -> bool {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }

    /// Leaves it alone for a while: another query need not wait in vain.
    pub fn leave_alone(&self) {
        *self.resting.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + self.rest);
    }

    /// Returns a caller with this identity. Its connection is its own, so that a slow reader holds up nobody else; it is made with the first call.
    pub fn caller(&self, api: Arc<Api>) -> Caller {
        let client = BigQueryReadClient::new(self.endpoint.connect_lazy()).max_decoding_message_size(MESSAGE_BYTES);
        let (private, codec, timeout) = (self.private, self.codec, self.timeout);
        Caller { client, api, private, codec, quota_project: self.quota_project.clone(), timeout }
    }
}

/// Who calls, over one connection.
#[derive(Clone)]
pub struct Caller {
    client: BigQueryReadClient<Channel>,
    api: Arc<Api>,
    private: bool,
    codec: CompressionCodec,
    quota_project: Option<String>,
    timeout: Duration,
}

impl Caller {
    /// CreateReadSession for a whole table in Arrow.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn open(&self, payer: &str, table: &TablePlace, streams: usize) -> Result<ReadSession, Failure> {
        let table = format!("projects/{}/datasets/{}/tables/{}", table.project_id, table.dataset_id, table.table_id);
        let arrow = ArrowSerializationOptions { buffer_compression: self.codec.into() };
        let options = TableReadOptions {
            output_format_serialization_options: Some(OutputFormatSerializationOptions::ArrowSerializationOptions(arrow)),
            ..TableReadOptions::default()
        };
        let routing = format!("read_session.table={}", encoded(&table));
        let session = ReadSession { table, data_format: DataFormat::Arrow.into(), read_options: Some(options), ..ReadSession::default() };
        let streams = i32::try_from(streams).unwrap_or(i32::MAX);
        let request = CreateReadSessionRequest {
            parent: format!("projects/{payer}"),
            read_session: Some(session),
            max_stream_count: streams,
            ..CreateReadSessionRequest::default()
        };
        let request = self.signed(request, &routing).await?;
        let mut client = self.client.clone();
        self.in_time(client.create_read_session(request)).await
    }

    /// ReadRows from a row on.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn read(&self, stream: &str, offset: u64) -> Result<Streaming<ReadRowsResponse>, Failure> {
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let request = ReadRowsRequest { read_stream: stream.to_owned(), offset };
        let request = self.signed(request, &format!("read_stream={}", encoded(stream))).await?;
        let mut client = self.client.clone();
        self.in_time(client.read_rows(request)).await
    }

    /// Returns the next message of a stream; `None` after the last.
    ///
    /// # Errors
    /// What BigQuery says, or that it says nothing.
    pub async fn next(&self, messages: &mut Streaming<ReadRowsResponse>) -> Result<Option<ReadRowsResponse>, Failure> {
        match tokio::time::timeout(self.timeout, messages.message()).await {
            Ok(message) => message.map_err(|status| failure(&status)),
            Err(_) => Err(Failure::unanswered("no answer in time")),
        }
    }

    async fn in_time<T>(&self, call: impl Future<Output = Result<tonic::Response<T>, Status>>) -> Result<T, Failure> {
        match tokio::time::timeout(self.timeout, call).await {
            Ok(answer) => answer.map(tonic::Response::into_inner).map_err(|status| failure(&status)),
            Err(_) => Err(Failure::unanswered("no answer in time")),
        }
    }

    /// Makes a request of a message: with the identity's token, the project that pays, and what routes it.
    async fn signed<T>(&self, message: T, routing: &str) -> Result<Request<T>, Failure> {
        let mut request = Request::new(message);
        let unfit = |_| Failure { status: 400, reason: "invalid".into(), message: "a name does not fit into a header".into() };
        let metadata = request.metadata_mut();
        if let Some(token) = self.api.token().await? {
            if !self.private {
                let message = "storage_endpoint is not encrypted, and no token is sent there".into();
                return Err(Failure { status: 400, reason: "invalid".into(), message });
            }
            let mut bearer: MetadataValue<Ascii> = format!("Bearer {}", token.expose_secret()).parse().map_err(unfit)?;
            bearer.set_sensitive(true);
            metadata.insert("authorization", bearer);
        }
        if let Some(project) = &self.quota_project {
            metadata.insert("x-goog-user-project", project.parse().map_err(unfit)?);
        }
        metadata.insert("x-goog-request-params", routing.parse().map_err(unfit)?);
        Ok(request)
    }
}

/// Percent-encodes a name for a routing header.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Tells whether a stream says that there is nothing from that row on.
pub fn is_past_the_end(failure: &Failure) -> bool {
    failure.reason == PAST_THE_END
}

const PAST_THE_END: &str = "outOfRange";

/// A status as the error of a REST call: what may pass is tried again by the same rules.
fn failure(status: &Status) -> Failure {
    let no_connection = std::error::Error::source(status).is_some_and(|source| source.is::<tonic::transport::Error>());
    let (http, reason) = match status.code() {
        _ if no_connection => (0, ""),
        Code::Unavailable | Code::Aborted => (503, "backendError"),
        Code::Internal | Code::DataLoss => (500, "internalError"),
        Code::ResourceExhausted => (429, "rateLimitExceeded"),
        // Broken connections among them: no status of the server's arrived.
        Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => (0, ""),
        Code::PermissionDenied => (403, "accessDenied"),
        Code::Unauthenticated => (401, "authError"),
        Code::NotFound => (404, "notFound"),
        Code::Unimplemented => (501, "notImplemented"),
        Code::OutOfRange => (400, PAST_THE_END),
        _ => (400, "invalid"),
    };
    Failure { status: http, reason: reason.into(), message: status.message().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_googles_own_endpoint_has_its_counterpart() {
        let gate = async |api: &str, storage: &str| {
            let settings = Settings { api_endpoint: api.into(), storage_endpoint: storage.into(), ..Settings::default() };
            let api = Api::new(&settings).await.unwrap();
            Gate::new(&settings, &api).map(|gate| gate.ok().map(|gate| (gate.endpoint.uri().to_string(), gate.private)))
        };
        assert_eq!(gate("localhost:9050", "").await.unwrap(), None);
        assert_eq!(gate("localhost:9050", "localhost:9060").await.unwrap(), Some(("http://localhost:9060/".into(), true)));
        assert_eq!(gate("localhost:9050", "http://emulator:9060/").await.unwrap(), Some(("http://emulator:9060/".into(), false)));
        // Over TLS, where the machine has certificates; without any, pages are read.
        assert!(
            gate("localhost:9050", "https://emulator").await.unwrap().is_none_or(|(uri, private)| uri == "https://emulator/" && private)
        );
        assert_eq!(gate("localhost:9050", "ftp://x").await.unwrap_err().sqlstate.0, "22023");
        assert_eq!(gate("localhost:9050", "http://:9060").await.unwrap_err().sqlstate.0, "22023");
    }

    #[test]
    fn what_passes_is_tried_again() {
        for code in [Code::Unavailable, Code::Internal, Code::Aborted, Code::ResourceExhausted, Code::Unknown, Code::DeadlineExceeded] {
            assert!(failure(&Status::new(code, "x")).is_transient(), "{code:?}");
        }
        for code in [Code::PermissionDenied, Code::NotFound, Code::InvalidArgument, Code::Unimplemented, Code::OutOfRange] {
            assert!(!failure(&Status::new(code, "x")).is_transient(), "{code:?}");
        }
        assert_eq!(failure(&Status::permission_denied("no")).report().sqlstate.0, "42501");
    }
}
