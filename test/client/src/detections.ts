// The page of all detections: bands, histogram, groups, filters, cards, files, saved views, and triage of many.
import assert from 'node:assert/strict'
import { at, done, good, lines, refused, sum, tag, unchanged, walk, type Schemas, type World } from './client.js'

type Filter = Schemas['DetectionFilter']
type Detection = Schemas['Detection']

// all walks the whole list, three cards at a time.
async function all(w: World, filter: Filter): Promise<Detection[]> {
  return walk(
    async cursor => good(await w.mona.api.POST('/v1/detections/search', { body: { filter, sort: '-score', limit: 3, ...(cursor ? { cursor } : {}) } })),
    d => d.id,
  )
}

export async function bandsAndHistogram(w: World): Promise<void> {
  const bands = good(await w.mona.api.POST('/v1/detections/groups', { body: { by: 'band', filter: { from: w.from, to: w.to } } }))
  const counts = Object.fromEntries(bands.items.map(g => [g.key, g.count]))
  for (const band of ['low', 'medium', 'high', 'critical']) assert.ok((counts[band] ?? 0) > 0, `no ${band} detection: ${JSON.stringify(counts)}`)
  const bars = good(await w.mona.api.POST('/v1/detections/histogram', { body: { from: w.from, to: w.to, buckets: 48 } }))
  assert.equal(bars.buckets.length, 48)
  assert.equal(bars.complete, true)
  const byBand: Record<string, number> = {}
  for (const b of bars.buckets) for (const [band, n] of Object.entries(b.bands ?? {})) byBand[band] = (byBand[band] ?? 0) + n
  assert.deepEqual(byBand, counts, 'the bars and the buttons tell different numbers')
  // The brush: what lies under the bars is what the list gives.
  const busy = bars.buckets.findIndex(b => b.count > 0)
  const start = bars.buckets[busy]!.start
  const end = bars.buckets[busy + 1]?.start ?? w.to
  const under = good(await w.mona.api.GET('/v1/detections', { params: { query: { from: start, to: end, count: true } } }))
  assert.equal(under.total, bars.buckets[busy]!.count)
  // Feed gaps show as bars of records without any.
  const feed = good(await w.mona.api.POST('/v1/records/histogram', { body: { from: w.from, to: w.to, buckets: 48 } }))
  assert.ok(feed.buckets.some(b => b.count > 0))
}

export async function groups(w: World): Promise<void> {
  const list = await all(w, {})
  const fields: Schemas['GroupBy'][] = [
    'type', 'category', 'status', 'band', 'tactic', 'technique', 'offender', 'victim', 'vpc', 'account', 'assignee', 'sensor', 'vni',
  ]
  for (const by of fields) {
    const g = good(await w.mona.api.POST('/v1/detections/groups', { body: { by, filter: { from: w.from, to: w.to }, buckets: 24, limit: 1000 } }))
    assert.ok(g.items.length > 0, `by ${by}: none`)
    assert.equal(g.total, g.items.length)
    for (const item of g.items) {
      assert.equal(item.bars?.length, 24, `by ${by}: ${item.key}`)
      assert.equal(sum(item.bars ?? []), item.count, `by ${by}: the bars of ${item.key}`)
    }
  }
  const types = good(await w.mona.api.POST('/v1/detections/groups', { body: { by: 'type' } }))
  for (const g of types.items) {
    const members = list.filter(d => d.type === g.key)
    assert.equal(g.count, members.length, g.key)
    assert.equal(g.max_score, Math.max(...members.map(d => d.risk.score)), g.key)
    assert.notEqual(g.label, '')
  }
}

export async function filters(w: World): Promise<void> {
  const list = await all(w, {})
  const worst = list[0]!
  assert.equal(worst.risk.band, 'critical')
  const offender = list.find(d => d.participants?.some(p => p.role === 'offender'))!.participants!.find(p => p.role === 'offender')!
  const victim = list.find(d => d.participants?.some(p => p.role === 'victim'))!.participants!.find(p => p.role === 'victim')!
  const has = (d: Detection, role: string, address: string) => !!d.participants?.some(p => (role === '' || p.role === role) && p.address === address)
  // Each filter, flat and whole, and what it means.
  type Flat = NonNullable<NonNullable<Parameters<typeof w.mona.api.GET<'/v1/detections', object>>[1]>>
  const cases: [string, Record<string, unknown>, Filter, (d: Detection) => boolean][] = [
    ['band', { band: ['critical', 'high'] }, { bands: ['critical', 'high'] }, d => ['critical', 'high'].includes(d.risk.band)],
    ['type', { type: [worst.type] }, { types: [worst.type] }, d => d.type === worst.type],
    ['category', { category: ['recon'] }, { categories: ['recon'] }, d => d.category === 'recon'],
    ['technique', { technique: ['T1110'] }, { techniques: ['T1110'] }, d => !!d.techniques?.some(t => t.startsWith('T1110'))],
    ['tactic', { tactic: [worst.tactics![0]!] }, { tactics: [worst.tactics![0]!] }, d => !!d.tactics?.includes(worst.tactics![0]!)],
    ['score', { min_score: 60, max_score: 80 }, { min_score: 60, max_score: 80 }, d => d.risk.score >= 60 && d.risk.score <= 80],
    ['status', { status: ['open'] }, { statuses: ['open'] }, d => d.status === 'open'],
    ['offender', { offender: [offender.address] }, { offender: { addresses: [offender.address] } }, d => has(d, 'offender', offender.address)],
    ['victim', { victim: [victim.address] }, { victim: { addresses: [victim.address] } }, d => has(d, 'victim', victim.address)],
    ['network', { participant: ['10.20.1.0/24'] }, { participant: { addresses: ['10.20.1.0/24'] } }, d => !!d.participants?.some(p => p.address.startsWith('10.20.1.'))],
    ['text', { text: 'TUNNEL' }, { text: 'TUNNEL' }, d => /tunnel/i.test(JSON.stringify(d))],
    ['time', { from: worst.start }, { from: worst.start }, d => Date.parse(d.start) >= Date.parse(worst.start)],
    ['updated', { updated_to: worst.update }, { updated_to: worst.update }, d => Date.parse(d.update) < Date.parse(worst.update)],
    ['ongoing', { ongoing: false }, { ongoing: false }, d => d.end !== undefined],
    ['nobody', { assignee: [''] }, { assignees: [''] }, d => !d.assignee],
    ['sensor', { sensor: [worst.sensor!] }, { sensors: [worst.sensor!] }, d => d.sensor === worst.sensor],
    ['vni', { vni: [worst.vni!] }, { vnis: [worst.vni!] }, d => d.vni === worst.vni],
  ]
  for (const [name, flat, filter, means] of cases) {
    const wanted = list.filter(means).map(d => d.id).sort()
    assert.ok(wanted.length > 0, `${name}: nothing could match`)
    const byGet = good(await w.mona.api.GET('/v1/detections', { params: { query: { ...flat, limit: 1000, count: true } } } as Flat))
    assert.deepEqual(byGet.items.map(d => d.id).sort(), wanted, `GET by ${name}`)
    assert.equal(byGet.total, wanted.length, `GET by ${name}`)
    assert.deepEqual((await all(w, filter)).map(d => d.id).sort(), wanted, `POST by ${name}`)
  }
  const json = good(await w.mona.api.GET('/v1/detections', { params: { query: { filter: JSON.stringify({ not: [{ categories: ['recon'] }] }), limit: 1000 } } }))
  assert.equal(json.items.length, list.filter(d => d.category !== 'recon').length)
  const scores = list.map(d => d.risk.score)
  assert.deepEqual(scores, [...scores].sort((a, b) => b - a), 'worst first')
  const wrong = refused(await w.mona.api.GET('/v1/detections', { params: { query: { status: ['open?' as 'open'] } } }), 400)
  assert.match(at(wrong, 'status').allowed, /acknowledged/)
}

export async function files(w: World): Promise<void> {
  const list = await all(w, { bands: ['high', 'critical'] })
  const query = { band: ['high' as const, 'critical' as const] }
  const csv = await w.mona.api.GET('/v1/detections/export', { params: { query: { format: 'csv', ...query } }, parseAs: 'text' })
  assert.match(csv.response.headers.get('content-disposition') ?? '', /attachment; filename="[^"]+\.csv"/)
  const rows = lines(good(csv))
  assert.equal(rows.length, list.length + 1)
  assert.match(rows[0]!, /id,.*title/)
  for (const d of list) assert.equal(rows.filter(r => r.includes(d.id)).length, 1, d.id)
  const jsonl = lines(good(await w.mona.api.GET('/v1/detections/export', { params: { query: { format: 'jsonl', ...query } }, parseAs: 'text' })))
  assert.deepEqual(jsonl.map(l => (JSON.parse(l) as Detection).id).sort(), list.map(d => d.id).sort())
}

export async function views(w: World): Promise<void> {
  const view: Schemas['NewView'] = { name: 'Night shift', filter: { bands: ['critical'], statuses: ['open'] }, sort: '-score', group: 'type' }
  const made = await w.mona.api.POST('/v1/views', { body: view })
  const id = good(made).id
  assert.equal(made.response.headers.get('location'), `/v1/views/${id}`)
  const path = { id }
  const read = await w.mona.api.GET('/v1/views/{id}', { params: { path } })
  assert.deepEqual(good(read).view.filter, view.filter)
  assert.equal(good(read).view.owner, 'mona')
  await unchanged(etag => w.mona.api.GET('/v1/views/{id}', { params: { path, header: { 'If-None-Match': etag } } }), tag(read))
  refused(await w.victor.api.GET('/v1/views/{id}', { params: { path } }), 404) // it is not shared
  const shared = await w.mona.api.PUT('/v1/views/{id}', { params: { path, header: { 'If-Match': tag(read) } }, body: { ...view, shared: true } })
  assert.equal(good(shared).view.shared, true)
  refused(await w.mona.api.PUT('/v1/views/{id}', { params: { path, header: { 'If-Match': tag(read) } }, body: view }), 412)
  const seen = good(await w.victor.api.GET('/v1/views')).items.find(v => v.id === id)
  assert.equal(seen?.view.name, 'Night shift')
  refused(await w.victor.api.DELETE('/v1/views/{id}', { params: { path, header: { 'If-Match': tag(shared) } } }), 403)
  done(await w.mona.api.DELETE('/v1/views/{id}', { params: { path, header: { 'If-Match': tag(shared) } } }))
  refused(await w.mona.api.GET('/v1/views/{id}', { params: { path } }), 404)
}

// bulk acknowledges some, and closes and suppresses others in one call.
export async function bulk(w: World): Promise<void> {
  const weak = await all(w, { types: ['hygiene.weak_tls'] })
  assert.ok(weak.length >= 3)
  const ids = weak.slice(0, 2).map(d => d.id)
  const mine = async () => good(await w.mona.api.GET('/v1/detections', { params: { query: { assignee: ['me'], count: true } } })).total!
  const before = await mine()
  const taken = good(await w.mona.api.POST('/v1/detections/bulk', { body: { ids, change: { status: 'acknowledged', assignee: 'mona' } } }))
  assert.equal(taken.changed, 2)
  assert.deepEqual(taken.items.map(i => i.result), ['changed', 'changed'])
  assert.equal(await mine(), before + 2)
  refused(await w.victor.api.POST('/v1/detections/bulk', { body: { ids, change: { status: 'closed' } } }), 403)
  const filter: Filter = { types: ['hygiene.weak_tls'] }
  refused(await w.mona.api.POST('/v1/detections/bulk', { body: { filter, expected: weak.length + 1, change: { status: 'closed' } } }), 409)
  const closed = good(await w.mona.api.POST('/v1/detections/bulk', {
    body: {
      filter, expected: weak.length, change: { status: 'closed', resolution: 'benign_true_positive', note: 'Laboratory machines.' },
      rule: { name: 'Laboratory', enabled: true, match: filter },
    },
  }))
  assert.equal(closed.complete, true, JSON.stringify(closed))
  assert.equal(closed.changed, weak.length)
  assert.equal(closed.rule?.applied?.hidden, weak.length)
  assert.equal((await all(w, filter)).length, 0, 'they still show')
  const kept = await all(w, { ...filter, hidden: 'only' })
  assert.equal(kept.length, weak.length)
  for (const d of kept) {
    assert.equal(d.status, 'closed')
    assert.equal(d.hidden_by, closed.rule?.id)
    assert.equal(d.notes?.[0]?.text, 'Laboratory machines.')
  }
}
