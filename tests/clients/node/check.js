// node-postgres with pg-cursor and pg-query-stream, and postgres.js, in front of Sluice: the same answers as from PostgreSQL.
//
//     node check.js postgresql://demo@127.0.0.1:7432/shop postgresql://postgres@127.0.0.1:5432/postgres
//
// Prints "N passed, M failed". Run it where the packages of package.json are installed.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(path.join(process.cwd(), 'package.json'))
const pg = require('pg')
const Cursor = require('pg-cursor')
const QueryStream = require('pg-query-stream')
const postgres = require('postgres')

const [SLUICE, POSTGRES] = process.argv.slice(2)
const VALUES = `SELECT 1::int2 AS a, 2::int4 AS b, 3000000000::int8 AS c, 1.5::float4 AS d, 2.25::float8 AS e, 12.340::numeric AS f,
  true AS g, 'text é'::text AS h, '\\x00ff'::bytea AS j, '2024-02-29'::date AS k, '12:34:56.789'::time AS l,
  '2024-02-29 12:34:56+01'::timestamptz AS n, '1 day 02:03:04'::interval AS o, '{"a": [1, null]}'::jsonb AS p,
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS q, ARRAY[1, NULL, 3]::int4[] AS r, ARRAY['x', 'y "z"', NULL]::text[] AS s, NULL::int4 AS t`
const SERIES = 'SELECT n, n::text AS t FROM generate_series(1, 1000) AS n'
const SLOW = 'SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b, generate_series(1, 1000) AS c'

async function same (answer) {
  const [here, there] = [await answer(SLUICE), await answer(POSTGRES)]
  assert.deepEqual(here, there)
  return here
}

async function withClient (url, work) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const checks = {
  values: () => same(url => withClient(url, async client => {
    await client.query("SET TimeZone = 'UTC'")
    const { rows, fields, command, rowCount } = await client.query(VALUES)
    return { rows, command, rowCount, fields: fields.map(field => [field.name, field.dataTypeID, field.dataTypeSize, field.format]) }
  })),
  'parameters and named statements': () => same(url => withClient(url, async client => {
    const found = []
    for (let n = 0; n < 7; n++) {
      const query = { name: 'next', text: 'SELECT $1::int4 + 1 AS next, $2::text AS t, $3::int4[] AS a', values: [n, null, [1, n]] }
      found.push((await client.query(query)).rows)
    }
    return found
  })),
  'several statements': () => same(url => withClient(url, async client => {
    const results = await client.query('SELECT 1 AS one; SELECT 2 AS two')
    return results.map(result => result.rows)
  })),
  errors: () => same(url => withClient(url, async client => {
    const found = []
    for (const text of ['SELECT nix', 'SELECT 1/0', 'SELEC', "SELECT 'a'::int4"]) {
      await client.query(text).catch(error => found.push([error.code, error.message, error.position, error.severity]))
    }
    return found
  })),
  cursor: () => same(url => withClient(url, async client => {
    const cursor = client.query(new Cursor(SERIES))
    const found = [await cursor.read(3), await cursor.read(4)]
    await cursor.close()
    return [found, (await client.query('SELECT 1 AS still')).rows]
  })),
  stream: () => same(url => withClient(url, async client => {
    const found = []
    for await (const row of client.query(new QueryStream(SERIES, [], { batchSize: 70 }))) found.push(row)
    return found
  })),
  pool: () => same(async url => {
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    const found = await Promise.all(Array.from({ length: 20 }, (_, n) => pool.query('SELECT $1::int4 * 2 AS double', [n])))
    await pool.end()
    return found.map(result => result.rows[0].double)
  }),
  'cancel by time-out': () => withClient(SLUICE, async client => {
    await client.query("SET statement_timeout = '300ms'")
    await assert.rejects(client.query(SLOW), { code: '57014' })
  }),
  'postgres.js': () => same(async url => {
    const sql = postgres(url, { max: 2, fetch_types: false })
    try {
      const found = [await sql`SELECT ${41}::int4 + 1 AS answer, ${'x'}::text AS t`]
      found.push((await sql.unsafe(VALUES)).map(row => ({ ...row })))
      for await (const rows of sql`SELECT n FROM generate_series(1, 100) AS n`.cursor(30)) found.push(rows.map(row => row.n))
      found.push(await sql.begin(async inner => (await inner`SELECT 2 AS two`).map(row => row.two)))
      await sql`SELECT nix`.catch(error => found.push([error.code, error.message]))
      return JSON.parse(JSON.stringify(found))
    } finally {
      await sql.end()
    }
  }),
  'postgres.js, COPY': () => same(async url => {
    const sql = postgres(url, { max: 1, fetch_types: false })
    try {
      const chunks = []
      const stream = await sql`COPY (SELECT n, n::text AS t FROM generate_series(1, 500) AS n) TO STDOUT`.readable()
      for await (const chunk of stream) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    } finally {
      await sql.end()
    }
  })
}

let [passed, failed] = [0, 0]
for (const [name, run] of Object.entries(checks)) {
  try {
    await run()
    passed++
  } catch (error) {
    failed++
    console.log(`FAILED ${name}: ${error.stack}`)
  }
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
