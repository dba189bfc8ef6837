// Reads statements, one JSON string a line, and answers each with one line: {"columns": [...], "rows": [[...]]} or {"error": "..."}.
// Values are text or null, as Athena's are. The one argument is the folder in which setup.sh installed DuckDB.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';

const require = createRequire(process.argv[2] + '/');
const { DuckDBInstance } = require('@duckdb/node-api');
const db = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
await db.run(readFileSync(new URL('macros.sql', import.meta.url), 'utf8'));

const text = (v) => (v === null || typeof v === 'string' ? v : String(v));
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let answer;
  try {
    const result = await db.runAndReadAll(JSON.parse(line));
    answer = { columns: result.columnNames(), rows: result.getRowsJson().map((row) => row.map(text)) };
  } catch (e) {
    answer = { error: e.message };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
