// The page of records: completion, query, histogram, top values, pages, files, and mistakes that are shown their place.
import assert from 'node:assert/strict'
import { at, good, lines, refused, sum, walk, type Schemas, type World } from './client.js'

const query = 'kind = dns and query ~ ".tunnel.example"'

export async function fields(w: World): Promise<void> {
  const list = good(await w.mona.api.GET('/v1/records/fields'))
  const byName = new Map(list.items.map(f => [f.name, f]))
  assert.equal(byName.size, list.items.length)
  assert.equal(byName.get('id.orig_h')?.type, 'address')
  assert.deepEqual(byName.get('rcode')?.kinds, ['dns'])
  assert.equal(byName.get('orig_bytes')?.type, 'number')
  assert.match(byName.get('addr')?.description ?? '', /id\.orig_h/)
  // What is offered for completion is taken by the query.
  for (const f of list.items.filter(f => f.type === 'address')) {
    const page = good(await w.mona.api.GET('/v1/records', { params: { query: { query: `${f.name} = 10.20.1.31`, from: w.from, to: w.to, limit: 1 } } }))
    assert.equal(page.complete, true, f.name)
  }
}

export async function search(w: World): Promise<void> {
  const span = { from: w.from, to: w.to }
  const key = (r: Schemas['Record']) => JSON.stringify(r)
  const byPost = await walk(
    async cursor => good(await w.mona.api.POST('/v1/records/search', { body: { ...span, query, order: 'oldest', limit: 50, ...(cursor ? { cursor } : {}) } })),
    key,
  )
  assert.ok(byPost.length >= 100, `${byPost.length} questions`)
  assert.ok(byPost.every(r => r.kind === 'dns' && (r.record['query'] as string).includes('.tunnel.example')))
  const times = byPost.map(r => Date.parse(r.time))
  assert.deepEqual(times, [...times].sort((a, b) => a - b), 'oldest first')
  const byGet = await walk(
    async cursor => good(await w.mona.api.GET('/v1/records', { params: { query: { ...span, query, limit: 70, ...(cursor ? { cursor } : {}) } } })),
    key,
  )
  assert.deepEqual(byGet.map(key).sort(), byPost.map(key).sort())
  const counted = good(await w.mona.api.GET('/v1/records', { params: { query: { ...span, query, limit: 1, count: true } } }))
  assert.equal(counted.total, byPost.length)
  const bars = good(await w.mona.api.POST('/v1/records/histogram', { body: { ...span, query, buckets: 60 } }))
  assert.equal(bars.buckets.length, 60)
  assert.equal(sum(bars.buckets.map(b => b.count)), byPost.length)
}

export async function top(w: World): Promise<void> {
  const span = { from: w.from, to: w.to }
  const most = good(await w.mona.api.POST('/v1/records/top', {
    body: { ...span, query: 'kind = conn', fields: ['id.orig_h', 'id.resp_h'], sum: ['orig_bytes'], limit: 1000 },
  }))
  const sent = most.items.filter(v => v.values?.[0] === '10.20.2.50' && v.values[1] === '198.51.100.140')
  assert.equal(sent.length, 1)
  assert.ok(sent[0]!.sums![0]! > 50e6, JSON.stringify(sent))
  const counts = most.items.map(v => v.count)
  assert.deepEqual(counts, [...counts].sort((a, b) => b - a))
  const total = good(await w.mona.api.GET('/v1/records', { params: { query: { ...span, kind: ['conn'], limit: 1, count: true } } })).total
  assert.equal(sum(counts) + most.others + most.missing, total)
  const few = good(await w.mona.api.POST('/v1/records/top', { body: { ...span, query: 'kind = conn', fields: ['id.orig_h'], limit: 2 } }))
  assert.equal(few.items.length, 2)
  assert.ok(few.others > 0 && few.distinct > 2)
}

export async function files(w: World): Promise<void> {
  const span = { from: w.from, to: w.to }
  const total = good(await w.mona.api.GET('/v1/records', { params: { query: { ...span, query, limit: 1, count: true } } })).total!
  const jsonl = lines(good(await w.mona.api.GET('/v1/records/export', { params: { query: { ...span, query, format: 'jsonl' } }, parseAs: 'text' })))
  assert.equal(jsonl.length, total)
  for (const line of jsonl) assert.ok((JSON.parse(line) as { query: string }).query.includes('.tunnel.example'))
  const csv = lines(good(await w.mona.api.GET('/v1/records/export', {
    params: { query: { ...span, query, format: 'csv', fields: ['ts', 'id.orig_h', 'query'] } }, parseAs: 'text',
  })))
  assert.equal(csv.length, total + 1)
  assert.equal(csv[0], 'kind,ts,id.orig_h,query')
  assert.match(csv[1]!, /\.tunnel\.example$/)
}

export async function mistakes(w: World): Promise<void> {
  const span = { from: w.from, to: w.to }
  const ask = async (text: string) => at(refused(await w.mona.api.GET('/v1/records', { params: { query: { ...span, query: text } } }), 400), 'query')
  const open = await ask('kind = dns and (rcode = 0')
  assert.match(open.allowed, /at byte 25\b/, 'a syntax error names its place')
  const unknown = await ask('kind = conn and orig_byts > 5')
  assert.equal(unknown.value, 'orig_byts')
  assert.match(unknown.allowed, /did you mean orig_bytes/)
  assert.match((await ask('orig_bytes = many')).allowed, /number/)
  refused(await w.mona.api.GET('/v1/records', { params: { query: { from: w.to, to: w.from } } }), 400)
}
