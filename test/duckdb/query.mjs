// Reads statements, one JSON string a line, and answers each with one line: {"columns": [...], "rows": [[...]]} or {"error": "..."}.
// Values are text or null, as Athena's are. The one argument is the folder in which setup.sh installed DuckDB.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { isIPv4, isIPv6 } from 'node:net';

const require = createRequire(process.argv[2] + '/');
const { DuckDBInstance, DuckDBScalarFunction, VARCHAR } = require('@duckdb/node-api');
const db = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();

// What Trino's IPADDRESS is to Athena: an address as 32 hexadecimal digits, in the order of addresses; null for what is none.
const hex = (n, digits) => Number(n).toString(16).padStart(digits, '0');
const quads = (v4) => v4.split('.').map((n) => hex(n, 2)).join('');
const groups = (part) =>
  part === '' ? [] : part.split(':').flatMap((g) => (g.includes('.') ? quads(g).match(/.{4}/g) : [g.toLowerCase().padStart(4, '0')]));
function addressKey(text) {
  if (isIPv4(text)) return '0'.repeat(20) + 'ffff' + quads(text);
  if (!isIPv6(text) || text.includes('%')) return null;
  const [left, right] = text.split('::').map(groups);
  return [...left, ...Array(8 - left.length - (right ?? []).length).fill('0000'), ...(right ?? [])].join('');
}
db.registerScalarFunction(
  DuckDBScalarFunction.create({
    name: 'address_key',
    returnType: VARCHAR,
    parameterTypes: [VARCHAR],
    mainFunction: (info, input, output) => {
      const texts = input.getColumnVector(0);
      for (let i = 0; i < input.rowCount; i++) {
        const text = texts.getItem(i);
        output.setItem(i, text === null ? null : addressKey(text));
      }
      output.flush();
    },
  }),
);

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
