//! The scripts: what the client sends, what comes back.

use super::*;

#[tokio::test]
async fn startup_tells_the_settings_and_the_key() {
    let world = world(trusting());
    let mut client = Client { pipe: world.pipe(), key: None };
    client.pipe.write_all(&startup(0, &[("user", "ada"), ("database", "shop"), ("options", "-c TimeZone=Asia/Tokyo")])).await.unwrap();
    let said = line(&client.until_ready().await);
    assert!(said.starts_with("R "), "{said}");
    assert!(
        said.contains("S(server_version=15.18)") && said.contains("S(TimeZone=Asia/Tokyo)") && said.contains("S(integer_datetimes=on)"),
        "{said}"
    );
    assert!(said.ends_with("K ZI"), "{said}");
}

#[tokio::test]
async fn newer_protocols_are_negotiated() {
    let world = world(trusting());
    let mut client = Client { pipe: world.pipe(), key: None };
    client.pipe.write_all(&startup(9999, &[("user", "ada"), ("_pq_.x", "1")])).await.unwrap();
    let messages = client.until_ready().await;
    assert_eq!(messages[0], (b'v', b"\0\x03\0\x02\0\0\0\x01_pq_.x\0".to_vec()));
    let key = messages.iter().find(|(kind, _)| *kind == b'K').unwrap();
    assert_eq!(key.1.len(), 4 + 32);
}

#[tokio::test]
async fn bad_startups_end_with_a_word() {
    let world = world(trusting());
    for (packet, said) in [
        (startup(0, &[("user", "ada"), ("database", "nope")]), "R E(3D000 database \"nope\" does not exist)"),
        (startup(0, &[("database", "shop")]), "E(28000 no PostgreSQL user name specified in startup packet)"),
        (startup(0, &[("user", "ada"), ("nosuch", "1")]), "R E(42704 unrecognized configuration parameter \"nosuch\")"),
        (vec![0, 0, 0, 9, 0, 2, 0, 0, 0], "E(0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.2)"),
        (vec![0xff; 8], ""),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), ""),
        // A client that leaves before it has begun.
        (b"X\0\0\0\x04".to_vec(), ""),
        (vec![0, 0, 0, 12, 0, 3, 0, 0, b'u', 0, b'v', b'w'], "E(08P01 invalid startup packet layout: expected terminator as last byte)"),
    ] {
        let mut client = Client { pipe: world.pipe(), key: None };
        client.pipe.write_all(&packet).await.unwrap();
        assert_eq!(line(&client.until_ready().await), said);
    }
    let mut client = world.pipe();
    client.write_all(&[0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]).await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'N');
    client.write_all(&[0, 0, 0, 8, 4, 0xd2, 0x16, 0x30]).await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'N');
}

#[tokio::test]
async fn simple_queries() {
    let world = world(trusting());
    let mut client = world.connect().await;
    assert_eq!(client.ask("select 1").await, "T D1 C(SELECT 1) ZI");
    assert_eq!(client.ask("").await, "I ZI");
    assert_eq!(client.ask(" ; ").await, "I ZI");
    assert_eq!(client.ask("select 'notice'").await, "T N(hello) D1 C(SELECT 1) ZI");
    assert_eq!(client.ask("select 1; select 2").await, "T D1 C(SELECT 1) T D1 C(SELECT 1) ZI");
    assert_eq!(
        client.ask("select 1; select * from nowhere; select 2").await,
        "T D1 C(SELECT 1) E(42P01 relation \"nowhere\" does not exist) ZI"
    );
    assert_eq!(client.ask("select 'many', 30000").await, "T D30000 C(SELECT 30000) ZI");
    assert_eq!(client.ask("explain select 1").await, "T D1 C(EXPLAIN) ZI");
    assert!(client.ask("selec 1").await.starts_with("E(42601 "));
    assert!(client.ask("delete from orders").await.starts_with("E(25006 "));
}

#[tokio::test]
async fn settings_are_told_when_they_change() {
    let world = world(trusting());
    let mut client = world.connect().await;
    assert_eq!(client.ask("set timezone = 'europe/paris'").await, "C(SET) S(TimeZone=Europe/Paris) ZI");
    assert_eq!(client.ask("show timezone").await, "T D1 C(SHOW) ZI");
    assert_eq!(
        client.ask("set application_name = 'x'; select * from nowhere").await,
        "C(SET) E(42P01 relation \"nowhere\" does not exist) ZI"
    );
    assert_eq!(client.ask("set nosuch = 1").await, "E(42704 unrecognized configuration parameter \"nosuch\") ZI");
    assert_eq!(client.ask("begin; set local timezone = 'UTC'").await, "C(BEGIN) C(SET) S(TimeZone=UTC) ZT");
    assert_eq!(client.ask("commit").await, "C(COMMIT) S(TimeZone=Europe/Paris) ZI");
    assert_eq!(client.ask("select set_config('timezone', 'UTC', false)").await, "T D1 C(SELECT 1) S(TimeZone=UTC) ZI");
    assert_eq!(client.ask("set client_min_messages = warning; select 'notice'").await, "C(SET) T D1 C(SELECT 1) ZI");
    assert_eq!(client.ask("reset all").await, "C(RESET) ZI");
}

#[tokio::test]
async fn transactions() {
    let world = world(trusting());
    let mut client = world.connect().await;
    assert_eq!(client.ask("begin").await, "C(BEGIN) ZT");
    assert_eq!(client.ask("begin").await, "N(there is already a transaction in progress) C(BEGIN) ZT");
    assert_eq!(client.ask("savepoint a").await, "C(SAVEPOINT) ZT");
    assert_eq!(client.ask("select * from nowhere").await, "E(42P01 relation \"nowhere\" does not exist) ZE");
    let aborted = "E(25P02 current transaction is aborted, commands ignored until end of transaction block) ZE";
    assert_eq!(client.ask("select 1").await, aborted);
    assert_eq!(client.ask("rollback to a").await, "C(ROLLBACK) ZT");
    assert_eq!(client.ask("select 1").await, "T D1 C(SELECT 1) ZT");
    assert_eq!(client.ask("select * from nowhere").await, "E(42P01 relation \"nowhere\" does not exist) ZE");
    assert_eq!(client.play(&[parse("", "select 1"), sync()]).await, aborted);
    assert_eq!(client.ask("commit").await, "C(ROLLBACK) ZI");
    assert_eq!(client.ask("commit").await, "N(there is no transaction in progress) C(COMMIT) ZI");
}

#[tokio::test]
async fn extended_queries() {
    let world = world(trusting());
    let mut client = world.connect().await;
    let describe = |what: &str| msg(b'D', format!("{what}\0").as_bytes());
    assert_eq!(client.play(&[parse("", "select 1"), bind("", ""), describe("P"), execute("", 0), sync()]).await, "1 2 T D1 C(SELECT 1) ZI");
    assert_eq!(client.play(&[parse("a", "select $1"), describe("Sa"), sync()]).await, "1 t T ZI");
    assert_eq!(client.play(&[parse("a", "select 2"), sync()]).await, "E(42P05 prepared statement \"a\" already exists) ZI");
    let with_value = msg(b'B', b"\0a\0\0\0\0\x01\0\0\0\x02hi\0\0");
    assert_eq!(client.play(&[with_value, execute("", 0), sync()]).await, "2 D1 C(SELECT 1) ZI");
    assert_eq!(
        client.play(&[bind("", "a"), sync()]).await,
        "E(08P01 bind message supplies 0 parameters, but prepared statement \"a\" requires 1) ZI"
    );
    assert_eq!(client.play(&[bind("", "zzz"), execute("", 0), sync()]).await, "E(26000 prepared statement \"zzz\" does not exist) ZI");
    assert_eq!(client.play(&[execute("q", 0), sync()]).await, "E(34000 portal \"q\" does not exist) ZI");
    assert_eq!(client.play(&[parse("", ""), bind("", ""), describe("P"), execute("", 0), sync()]).await, "1 2 n I ZI");
    assert_eq!(
        client.play(&[parse("", "select 1; select 2"), sync()]).await,
        "E(42601 cannot insert multiple commands into a prepared statement) ZI"
    );
    assert_eq!(client.play(&[msg(b'C', b"Sa\0"), msg(b'C', b"Pnope\0"), sync()]).await, "3 3 ZI");
    assert_eq!(
        client.play(&[parse("", "set timezone = 'Asia/Tokyo'"), bind("", ""), execute("", 0), sync()]).await,
        "1 2 C(SET) S(TimeZone=Asia/Tokyo) ZI"
    );
}

#[tokio::test]
async fn portals_are_suspended_at_any_number_of_rows() {
    let world = world(trusting());
    let mut client = world.connect().await;
    let open = [parse("", "select 'many', 5"), bind("", "")].concat();
    let play = [open.clone(), execute("", 2), execute("", 2), execute("", 2), execute("", 0), sync()];
    assert_eq!(client.play(&play).await, "1 2 D2 s D2 s D1 C(SELECT 1) C(SELECT 0) ZI");
    assert_eq!(client.play(&[open.clone(), execute("", i32::MAX), sync()]).await, "1 2 D5 C(SELECT 5) ZI");
    assert_eq!(client.play(&[open.clone(), execute("", -1), sync()]).await, "1 2 D5 C(SELECT 5) ZI");
    assert_eq!(client.play(&[open.clone(), execute("", 5), execute("", 1), sync()]).await, "1 2 D5 s C(SELECT 0) ZI");
    // Outside a block a portal ends with Sync; inside it lives on.
    assert_eq!(client.play(&[open.clone(), execute("", 2), sync()]).await, "1 2 D2 s ZI");
    assert_eq!(client.play(&[execute("", 2), sync()]).await, "E(34000 portal \"\" does not exist) ZI");
    client.ask("begin").await;
    assert_eq!(client.play(&[open, execute("", 2), sync()]).await, "1 2 D2 s ZT");
    assert_eq!(client.play(&[execute("", 0), sync()]).await, "D3 C(SELECT 3) ZT");
}

#[tokio::test]
async fn after_an_error_everything_up_to_sync_is_skipped() {
    let world = world(trusting());
    let mut client = world.connect().await;
    let frames = [parse("", "select * from nowhere"), bind("", ""), execute("", 0), query("select 1"), sync(), query("select 1")];
    client.pipe.write_all(&frames.concat()).await.unwrap();
    assert_eq!(line(&client.until_ready().await), "E(42P01 relation \"nowhere\" does not exist) ZI");
    assert_eq!(line(&client.until_ready().await), "T D1 C(SELECT 1) ZI");
}

#[tokio::test]
async fn a_pipeline_is_answered_in_order() {
    let world = world(trusting());
    let mut client = world.connect().await;
    let one = [parse("", "select 1"), bind("", ""), execute("", 0), sync()].concat();
    let Client { pipe, .. } = &mut client;
    pipe.write_all(&one.repeat(3)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(line(&client.until_ready().await), "1 2 D1 C(SELECT 1) ZI");
    }
}

#[tokio::test]
async fn cursors() {
    let world = world(trusting());
    let mut client = world.connect().await;
    assert_eq!(
        client.ask("declare c cursor for select 'many', 5").await,
        "E(25P01 DECLARE CURSOR can only be used in transaction blocks) ZI"
    );
    assert_eq!(client.ask("begin; declare c cursor for select 'many', 5").await, "C(BEGIN) C(DECLARE CURSOR) ZT");
    assert_eq!(client.play(&[msg(b'D', b"Pc\0"), sync()]).await, "T ZT");
    assert_eq!(client.ask("fetch 2 from c").await, "T D2 C(FETCH 2) ZT");
    assert_eq!(client.ask("move 1 from c").await, "C(MOVE 1) ZT");
    assert_eq!(client.ask("fetch all from c").await, "T D2 C(FETCH 2) ZT");
    assert_eq!(client.ask("close c").await, "C(CLOSE CURSOR) ZT");
    assert_eq!(client.ask("fetch 1 from c").await, "E(34000 cursor \"c\" does not exist) ZE");
}

#[tokio::test]
async fn prepared_in_sql() {
    let world = world(trusting());
    let mut client = world.connect().await;
    assert_eq!(client.ask("prepare p as select 'many', 3").await, "C(PREPARE) ZI");
    assert_eq!(client.ask("execute p").await, "T D3 C(SELECT 3) ZI");
    assert_eq!(client.ask("execute p(1)").await, "E(42601 wrong number of parameters for prepared statement \"p\") ZI");
    assert_eq!(client.ask("deallocate p").await, "C(DEALLOCATE) ZI");
    assert_eq!(client.ask("execute p").await, "E(26000 prepared statement \"p\" does not exist) ZI");
    assert_eq!(client.ask("discard all").await, "C(DISCARD ALL) ZI");
}

#[tokio::test]
async fn broken_messages() {
    let world = world(trusting());
    let mut client = world.connect().await;
    assert_eq!(client.play(&[msg(b'Q', b"select 1")]).await, "E(08P01 invalid string in message) ZI");
    assert_eq!(client.play(&[msg(b'Q', b"select '\xff'\0")]).await, "E(22021 invalid byte sequence for encoding \"UTF8\": 0xff) ZI");
    assert_eq!(client.play(&[msg(b'B', b"\0\0\0\xff"), sync()]).await, "E(08P01 insufficient data left in message) ZI");
    assert_eq!(client.play(&[msg(b'F', b"\0")]).await, "E(0A000 the function call message is not supported) ZI");
    assert_eq!(client.play(&[msg(b'd', b"x"), msg(b'c', b""), query("select 1")]).await, "T D1 C(SELECT 1) ZI");
    assert_eq!(client.ask("select 1").await, "T D1 C(SELECT 1) ZI");
    assert_eq!(client.play(&[b"\x01garbage".to_vec()]).await, "E(08P01 invalid frontend message type 1)");
    let mut client = world.connect().await;
    assert_eq!(
        client.play(&[b"Q\x7f\xff\xff\xff".to_vec()]).await,
        "E(08P01 message of 2147483647 bytes is over the limit of 1048576 bytes (server.max_message_bytes))"
    );
}

#[tokio::test]
async fn a_cancel_request_stops_the_query() {
    let world = world(trusting());
    let mut client = world.connect().await;
    client.pipe.write_all(&query("select 'wait'")).await.unwrap();
    while world.gate.registry().list()[0].activity != crate::query::live::Activity::Active {
        tokio::task::yield_now().await;
    }
    let key = client.key.clone().unwrap();
    let cancel = |key: &[u8]| [&[0, 0, 0, 16, 4, 0xd2, 0x16, 0x2e][..], key].concat();
    let mut wrong = key.clone();
    wrong[7] ^= 1;
    for key in [wrong, key] {
        let mut other = world.pipe();
        other.write_all(&cancel(&key)).await.unwrap();
        assert_eq!(other.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    }
    assert_eq!(line(&client.until_ready().await), "E(57014 canceling statement due to user request) ZI");
    assert_eq!(client.ask("select 1").await, "T D1 C(SELECT 1) ZI");
}

#[tokio::test]
async fn a_statement_timeout_stops_the_query() {
    let world = world(trusting());
    let mut client = world.connect().await;
    client.ask("set statement_timeout = '20ms'").await;
    assert_eq!(client.ask("select 'wait'").await, "E(57014 canceling statement due to statement timeout) ZI");
}

#[tokio::test]
async fn a_vanished_client_takes_its_query_along() {
    let world = world(trusting());
    let mut client = world.connect().await;
    client.pipe.write_all(&query("select 'wait'")).await.unwrap();
    drop(client);
    tokio::time::timeout(Duration::from_secs(10), world.cancelled.cancelled()).await.unwrap();
}

#[tokio::test]
async fn a_drain_sends_idle_clients_away() {
    let world = world(trusting());
    let mut client = world.connect().await;
    world.drain.cancel();
    assert_eq!(line(&client.until_ready().await), "E(57P01 terminating connection due to administrator command)");
    assert!(world.gate.registry().list().is_empty());
}

fn guarded() -> Settings {
    let user = User {
        name: "ada".into(),
        password: Some(auth::scram_verifier("secret").into()),
        role: Some("analyst".into()),
        admin: false,
        email: None,
        own_identity: false,
    };
    Settings { users: vec![user], ..Settings::default() }
}

async fn log_in(world: &World, user: &str, password: &str) -> std::result::Result<tokio_postgres::Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config.user(user).password(password).dbname("shop");
    let (client, connection) = config.connect_raw(world.pipe(), tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[tokio::test]
async fn a_driver_logs_in_and_binds_in_binary() {
    let world = world(guarded());
    let client = log_in(&world, "ada", "secret").await.unwrap();
    let row = client.query_one("select $1::int4", &[&"x"]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "x");
    let statement = client.prepare_typed("select $1", &[tokio_postgres::types::Type::INT4]).await.unwrap();
    assert_eq!(client.query_one(&statement, &[&42]).await.unwrap().get::<_, i32>(0), 42);
}

#[tokio::test]
async fn wrong_passwords_and_unknown_users_look_the_same() {
    let world = world(guarded());
    for user in ["ada", "nobody"] {
        let error = log_in(&world, user, "guess").await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(
            (error.code().code(), error.message()),
            ("28P01", format!("password authentication failed for user \"{user}\"").as_str())
        );
    }
    for _ in 0..9 {
        log_in(&world, "ada", "guess").await.unwrap_err();
    }
    // Locked out: even the right password does not help now.
    assert!(log_in(&world, "ada", "secret").await.is_err());
}

#[tokio::test]
async fn copy_sends_its_rows() {
    let world = world(trusting());
    let mut client = world.connect().await;
    assert_eq!(client.ask("copy (select 'many', 3) to stdout").await, "H d d d c C(COPY 3) ZI");
    assert_eq!(client.ask("copy (select 'many', 2) to stdout (format csv, header)").await, "H d d d c C(COPY 2) ZI");
    assert_eq!(client.ask("copy (select 'many', 0) to stdout (format binary)").await, "H d c C(COPY 0) ZI");
    let extended = [parse("", "copy (select 'many', 3) to stdout"), bind("", ""), msg(b'D', b"P\0"), execute("", 1), sync()];
    assert_eq!(client.play(&extended).await, "1 2 n H d d d c C(COPY 3) ZI");
    assert_eq!(client.ask("copy (select * from nowhere) to stdout").await, "E(42P01 relation \"nowhere\" does not exist) ZI");
    let other = client.ask("copy (select $1) to stdout").await;
    assert_eq!(other, "E(42P02 there is no parameter $1) ZI");
}

#[tokio::test]
async fn a_user_has_so_many_connections_and_no_more() {
    let world = world(Settings { max_per_user: Some(1), ..trusting() });
    let first = world.connect().await;
    let mut second = Client { pipe: world.pipe(), key: None };
    second.pipe.write_all(&startup(0, &[("user", "ada"), ("database", "shop")])).await.unwrap();
    assert_eq!(line(&second.until_ready().await), "R E(53300 too many connections for role \"ada\")");
    let mut other = Client { pipe: world.pipe(), key: None };
    other.pipe.write_all(&startup(0, &[("user", "bob"), ("database", "shop")])).await.unwrap();
    assert!(line(&other.until_ready().await).ends_with("ZI"));
    drop(first);
    while world.gate.registry().count("ada") > 0 {
        tokio::task::yield_now().await;
    }
    world.connect().await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_sent_away() {
    let world = world(Settings { write_timeout: Some(Duration::from_millis(50)), ..trusting() });
    let mut client = world.connect().await;
    // More than the pipe holds, and nobody reads it.
    client.pipe.write_all(&query("select 'many', 100000")).await.unwrap();
    let gone = async {
        while !world.gate.registry().list().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
}

#[tokio::test]
async fn styles_are_followed_by_the_rows() {
    let world = world(trusting());
    let mut client = world.connect().await;
    assert_eq!(client.ask("set intervalstyle = iso_8601").await, "C(SET) S(IntervalStyle=iso_8601) ZI");
    assert_eq!(client.ask("set datestyle = sql").await, "C(SET) S(DateStyle=SQL, MDY) ZI");
    assert_eq!(client.ask("set datestyle = mdy").await, "C(SET) ZI");
    assert_eq!(client.ask("set datestyle = dmy").await, "C(SET) S(DateStyle=SQL, DMY) ZI");
}

#[tokio::test]
async fn answers_reach_a_client_that_has_said_goodbye() {
    let world = world(trusting());
    let mut client = world.connect().await;
    client.pipe.write_all(&[query("select 1"), query("select 2"), msg(b'X', b"")].concat()).await.unwrap();
    assert_eq!(line(&client.until_ready().await), "T D1 C(SELECT 1) ZI");
    assert_eq!(line(&client.until_ready().await), "T D1 C(SELECT 1) ZI");
    assert_eq!(client.read().await, None);
}
