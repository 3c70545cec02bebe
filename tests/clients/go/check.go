// pgx and lib/pq in front of Sluice: the same answers as from PostgreSQL. Prints "N passed, M failed".
//
// Both come from Debian, hence without modules:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run check.go postgres://demo@127.0.0.1:7432/shop postgres://postgres@127.0.0.1:5432/postgres
package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgconn/stmtcache"
	"github.com/jackc/pgx/v4"
	"github.com/lib/pq"
)

const values = `SELECT 1::int2 AS a, 2::int4 AS b, 3000000000::int8 AS c, 1.5::float4 AS d, 2.25::float8 AS e,
	true AS g, 'text é'::text AS h, '\x00ff'::bytea AS i, '2024-02-29'::date AS j, '2024-02-29 12:34:56.789'::timestamp AS k,
	'2024-02-29 12:34:56+01'::timestamptz AS l, '{"a": [1, null]}'::jsonb AS n,
	ARRAY[1, 2, 3]::int4[] AS p, ARRAY['x', 'y "z"']::text[] AS q, NULL::int4 AS r`

const slow = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b, generate_series(1, 1000) AS c"

// The ways in which pgx asks.
const (
	prepared = stmtcache.ModePrepare
	looked   = stmtcache.ModeDescribe
	unnamed  = 10
	simple   = 11
)

var (
	ctx            = context.Background()
	passed, failed int
)

// Compares what a function makes of both servers.
func same(name string, answer func(url string) (string, error)) {
	var told [2]string
	for i, url := range os.Args[1:3] {
		text, err := answer(url)
		if err != nil {
			text = "died: " + err.Error()
		}
		told[i] = text
	}
	if told[0] == told[1] && !bytes.HasPrefix([]byte(told[0]), []byte("died")) {
		passed++
	} else {
		failed++
		fmt.Printf("FAILED %s\n  Sluice     %s\n  PostgreSQL %s\n", name, told[0], told[1])
	}
}

// What an error says, without the name of the server.
func described(err error) string {
	var pgx *pgconn.PgError
	if errors.As(err, &pgx) {
		return fmt.Sprintf("%s %s %d", pgx.Code, pgx.Message, pgx.Position)
	}
	var lib *pq.Error
	if errors.As(err, &lib) {
		return fmt.Sprintf("%s %s %s", lib.Code, lib.Message, lib.Position)
	}
	return fmt.Sprintf("%v", err)
}

// Runs with a connection of pgx.
func withPgx(mode int, work func(*pgx.Conn) (string, error)) func(string) (string, error) {
	return func(url string) (string, error) {
		config, err := pgx.ParseConfig(url + "?sslmode=disable")
		if err != nil {
			return "", err
		}
		config.PreferSimpleProtocol = mode == simple
		config.BuildStatementCache = nil
		if mode == prepared || mode == looked {
			config.BuildStatementCache = func(conn *pgconn.PgConn) stmtcache.Cache { return stmtcache.New(conn, mode, 512) }
		}
		config.RuntimeParams["timezone"] = "UTC"
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return "", err
		}
		defer conn.Close(ctx)
		return work(conn)
	}
}

// Runs with a pool of lib/pq.
func withPq(work func(*sql.DB) (string, error)) func(string) (string, error) {
	return func(url string) (string, error) {
		db, err := sql.Open("postgres", url+"?sslmode=disable&TimeZone=UTC")
		if err != nil {
			return "", err
		}
		defer db.Close()
		return work(db)
	}
}

func pgxRow(conn *pgx.Conn) (string, error) {
	rows, err := conn.Query(ctx, values)
	if err != nil {
		return "", err
	}
	told := ""
	for rows.Next() {
		all, err := rows.Values()
		if err != nil {
			return "", err
		}
		told += fmt.Sprintf("%#v", all)
	}
	for _, field := range rows.FieldDescriptions() {
		told += fmt.Sprintf(" %s %d %d %d", string(field.Name), field.DataTypeOID, field.DataTypeSize, field.TypeModifier)
	}
	return told, rows.Err()
}

func pgxParameters(conn *pgx.Conn) (string, error) {
	told := ""
	for i := 0; i < 8; i++ {
		var number int64
		var text *string
		var list []int32
		var at time.Time
		err := conn.QueryRow(ctx, "SELECT $1::int8 + 1, $2::text, $3::int4[], $4::timestamptz", i, nil, []int32{1, int32(i)},
			time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)).Scan(&number, &text, &list, &at)
		if err != nil {
			return "", err
		}
		told += fmt.Sprint(number, text == nil, list, at.UTC(), ";")
	}
	return told, nil
}

func pgxErrors(conn *pgx.Conn) (string, error) {
	told := ""
	for _, text := range []string{"SELECT nix", "SELECT 1/0", "SELEC 1", "SELECT * FROM nowhere"} {
		_, err := conn.Exec(ctx, text)
		told += described(err) + ";"
	}
	var one int
	err := conn.QueryRow(ctx, "SELECT 1").Scan(&one)
	return fmt.Sprint(told, one), err
}

func pgxBatch(conn *pgx.Conn) (string, error) {
	batch := &pgx.Batch{}
	for i := 0; i < 20; i++ {
		batch.Queue("SELECT $1::int4 * 2", i)
	}
	batch.Queue("SELECT 1/0")
	batch.Queue("SELECT 7")
	results := conn.SendBatch(ctx, batch)
	told := ""
	for i := 0; i < 20; i++ {
		var n int
		if err := results.QueryRow().Scan(&n); err != nil {
			return "", err
		}
		told += fmt.Sprint(n, " ")
	}
	_, err := results.Exec()
	told += described(err)
	results.Close()
	var one int
	return told, conn.QueryRow(ctx, "SELECT 1").Scan(&one)
}

func pgxMany(conn *pgx.Conn) (string, error) {
	rows, err := conn.Query(ctx, "SELECT n, n::text, n / 3.0::float8 FROM generate_series(1, $1::int4) AS n", 5000)
	if err != nil {
		return "", err
	}
	var count int
	var sum float64
	for rows.Next() {
		var n int
		var text string
		var third float64
		if err := rows.Scan(&n, &text, &third); err != nil {
			return "", err
		}
		count += len(text)
		sum += third
	}
	return fmt.Sprint(count, sum, string(rows.CommandTag())), rows.Err()
}

func pgxCopy(conn *pgx.Conn) (string, error) {
	var out bytes.Buffer
	tag, err := conn.PgConn().CopyTo(ctx, &out, "COPY (SELECT n, 'x' || n FROM generate_series(1, 100) AS n) TO STDOUT (FORMAT csv, HEADER)")
	return fmt.Sprint(out.String(), string(tag)), err
}

func pgxCancel(conn *pgx.Conn) (string, error) {
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := conn.Exec(short, slow)
	return fmt.Sprint(errors.Is(err, context.DeadlineExceeded), time.Since(began) < 3*time.Second), nil
}

func pgxTransaction(conn *pgx.Conn) (string, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return "", err
	}
	var level string
	if err := tx.QueryRow(ctx, "SHOW transaction_isolation").Scan(&level); err != nil {
		return "", err
	}
	inner, err := tx.Begin(ctx)
	if err != nil {
		return "", err
	}
	_, wrong := inner.Exec(ctx, "SELECT nix")
	if err := inner.Rollback(ctx); err != nil {
		return "", err
	}
	var one int
	if err := tx.QueryRow(ctx, "SELECT 1").Scan(&one); err != nil {
		return "", err
	}
	return fmt.Sprint(level, described(wrong), one), tx.Commit(ctx)
}

func pqRow(db *sql.DB) (string, error) {
	rows, err := db.Query(values)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return "", err
	}
	told := ""
	for _, ty := range types {
		told += fmt.Sprint(ty.Name(), " ", ty.DatabaseTypeName(), " ")
	}
	for rows.Next() {
		all := make([]any, len(types))
		into := make([]any, len(types))
		for i := range all {
			into[i] = &all[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		told += fmt.Sprintf("%v", all)
	}
	return told, rows.Err()
}

func pqPrepared(db *sql.DB) (string, error) {
	statement, err := db.Prepare("SELECT $1::int4 + 1, $2::text, $3::text[]")
	if err != nil {
		return "", err
	}
	defer statement.Close()
	told := ""
	for i := 0; i < 8; i++ {
		var n int
		var text sql.NullString
		var list []string
		if err := statement.QueryRow(i, nil, pq.Array([]string{"a", "b \"c\""})).Scan(&n, &text, pq.Array(&list)); err != nil {
			return "", err
		}
		told += fmt.Sprint(n, text.Valid, list, ";")
	}
	return told, nil
}

func pqErrors(db *sql.DB) (string, error) {
	told := ""
	for _, text := range []string{"SELECT nix", "SELECT 1/0", "SELEC 1"} {
		_, err := db.Exec(text)
		told += described(err) + ";"
	}
	return told, db.Ping()
}

func pqCancel(db *sql.DB) (string, error) {
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := db.ExecContext(short, slow)
	if err == nil {
		return "", errors.New("it was not cancelled")
	}
	told := fmt.Sprint(time.Since(began) < 3*time.Second)
	// The pool gives up the connection, and finds another.
	for i := 0; i < 3 && err != nil; i++ {
		err = db.Ping()
	}
	return told, err
}

func pqSeveral(db *sql.DB) (string, error) {
	rows, err := db.Query("SELECT 1 AS a; SELECT 2 AS b, 3 AS c")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	told := ""
	for {
		names, err := rows.Columns()
		if err != nil {
			return "", err
		}
		for rows.Next() {
		}
		told += fmt.Sprint(names)
		if !rows.NextResultSet() {
			return told, rows.Err()
		}
	}
}

func main() {
	for name, mode := range map[string]int{"prepared": prepared, "described": looked, "unnamed": unnamed, "simple": simple} {
		same("pgx values, "+name, withPgx(mode, pgxRow))
		same("pgx many rows, "+name, withPgx(mode, pgxMany))
		same("pgx errors, "+name, withPgx(mode, pgxErrors))
	}
	usual := prepared
	same("pgx parameters", withPgx(usual, pgxParameters))
	same("pgx batch", withPgx(usual, pgxBatch))
	same("pgx COPY", withPgx(usual, pgxCopy))
	same("pgx cancel", withPgx(usual, pgxCancel))
	same("pgx transaction", withPgx(usual, pgxTransaction))
	same("lib/pq values", withPq(pqRow))
	same("lib/pq prepared", withPq(pqPrepared))
	same("lib/pq errors", withPq(pqErrors))
	same("lib/pq cancel", withPq(pqCancel))
	same("lib/pq several statements", withPq(pqSeveral))
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
