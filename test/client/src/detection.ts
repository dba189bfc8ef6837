// The page of one detection: what it is, why, who else, what was on the wire, what people say, and what to hide.
import assert from 'node:assert/strict'
import { good, refused, tag, unchanged, walk, type Person, type Schemas, type World } from './client.js'

async function one(w: World, type: string): Promise<Schemas['Detection']> {
  const list = good(await w.mona.api.GET('/v1/detections', { params: { query: { type: [type], sort: '-score', limit: 1 } } }))
  assert.equal(list.items.length, 1, `no ${type}`)
  return list.items[0]!
}

export async function facts(w: World): Promise<void> {
  const catalogue = good(await w.mona.api.GET('/v1/catalogue'))
  for (const listed of good(await w.mona.api.GET('/v1/detections', { params: { query: { limit: 1000 } } })).items) {
    const d = good(await w.mona.api.GET('/v1/detections/{id}', { params: { path: { id: listed.id } } }))
    assert.match(d.description, /\d/, `${d.type}: a sentence with numbers`)
    assert.ok(d.risk.terms!.length >= 3 && d.risk.terms!.every(t => t.name !== '' && t.reason !== ''), `${d.type}: terms`)
    const total = d.risk.terms!.reduce((n, t) => n + t.points, 0)
    assert.equal(d.risk.score, Math.min(99, Math.max(1, total)), `${d.type}: the terms do not add up`)
    const known = catalogue.items.find(t => t.type === d.type)
    assert.ok(known && known.text.length > 80, `${d.type}: no background`)
    assert.deepEqual(d.techniques, known.techniques)
    assert.ok(d.participants!.length > 0 && (d.activity ?? []).length > 0)
  }
  const d = await one(w, 'access.log4shell')
  const read = await w.mona.api.GET('/v1/detections/{id}', { params: { path: { id: d.id } } })
  await unchanged(etag => w.mona.api.GET('/v1/detections/{id}', { params: { path: { id: d.id }, header: { 'If-None-Match': etag } } }), tag(read))
  refused(await w.mona.api.GET('/v1/detections/{id}', { params: { path: { id: 'no-such-detection' } } }), 404)
}

// context is what the rest of AWS knows of a detection: who, what was called, what was blocked, what the counters say.
export async function context(w: World): Promise<void> {
  const list = good(await w.victor.api.GET('/v1/detections', { params: { query: { type: ['access.ssrf_metadata'], limit: 100 } } }))
  const d = list.items.find(i => i.context?.who?.[0]?.name !== undefined)
  assert.ok(d?.context, 'no detection has a context')
  const c: Schemas['Context'] = d.context
  const known: Schemas['ContextSource'][] = ['inventory', 'places', 'flow_logs', 'cloudtrail', 'cloudwatch']
  assert.deepEqual(c.sources.map(s => s.source), known)
  for (const s of c.sources) assert.ok(s.status === 'complete' || s.why, `${s.source} is ${s.status}, and that is all`)
  assert.ok(c.who![0]!.name && c.who![0]!.groups!.length > 0 && c.who![0]!.tags!['env'] === 'prod')
  const calls = c.calls!
  assert.ok(calls.length > 1 && calls.every((call, i) => i === 0 || calls[i - 1]!.relevance >= call.relevance), 'the most relevant call is not the first')
  assert.ok(calls.every(call => call.summary && call.reason && call.principal))
  assert.ok(c.flows!.rejected.records > 0 && c.flows!.ports![0]!.port === 22 && c.flows!.loss! < 1)
  assert.ok(c.counters![0]!.unusual && c.counters![0]!.times! > 2)
  assert.equal(c.feed!.complete, false)
  for (const a of c.adjustments!) {
    assert.ok(a.name.startsWith('context_') && d.risk.terms!.some(t => t.name === a.name && t.points === a.points), `${a.name} is no term of the risk`)
  }
  assert.equal(d.risk.band, 'critical', 'the score is without the context')
}

export async function related(w: World): Promise<void> {
  const d = await one(w, 'c2.beacon')
  const list = good(await w.mona.api.GET('/v1/detections/{id}/related', { params: { path: { id: d.id } } }))
  assert.ok(list.items.length > 0)
  const other = list.items[0]!
  assert.notEqual(other.detection.id, d.id)
  assert.ok(other.reasons.some(r => r.kind === 'same_offender' && /is the offender of both/.test(r.text)), JSON.stringify(other.reasons))
  const scores = list.items.map(r => r.score)
  assert.deepEqual(scores, [...scores].sort((a, b) => b - a))
}

export async function activityMap(w: World): Promise<void> {
  const d = await one(w, 'recon.port_scan')
  const offender = d.participants!.find(p => p.role === 'offender')!
  const map = good(await w.mona.api.GET('/v1/detections/{id}/activity-map', { params: { path: { id: d.id }, query: { limit: 20 } } }))
  const centre = map.nodes.find(n => n.column === 'offender')
  assert.equal(centre?.label, offender.address)
  const hot = map.edges.filter(e => e.hot)
  assert.ok(hot.length > 0 && hot.some(e => e.from === centre.id))
  assert.ok(map.edges.some(e => e.connections > 0), 'no conversation was counted')
  for (const e of map.edges) for (const end of [e.from, e.to]) assert.ok(map.nodes.some(n => n.id === end), `${end} is no node`)
  const small = good(await w.mona.api.GET('/v1/detections/{id}/activity-map', { params: { path: { id: (await one(w, 'recon.host_sweep')).id }, query: { limit: 3 } } }))
  assert.ok(small.nodes.filter(n => n.column === 'target').length <= 3)
  assert.equal(small.complete, false)
  assert.ok(small.omitted.nodes > 0, 'a sweep has more than three targets')
  assert.match(small.why ?? '', new RegExp(`\\b${small.omitted.nodes}\\b`), 'it does not say how many')
}

export async function comparison(w: World): Promise<void> {
  const d = await one(w, 'exfil.outbound_volume')
  const device = d.participants!.find(p => p.role === 'offender')!.device!
  const c = good(await w.mona.api.GET('/v1/detections/{id}/comparison', { params: { path: { id: d.id }, query: { metric: ['bytes_out'] } } }))
  assert.equal(c.device, device)
  const m = c.metrics[0]!
  assert.equal(m.metric, 'bytes_out')
  assert.equal(m.unit, 'bytes')
  const most = Math.max(...m.points.map(p => p.value))
  assert.ok(most > 50e6, `only ${most} bytes`)
  assert.equal(m.own_past?.state, 'ready', m.own_past?.why)
  assert.ok(m.own_past.band.length > 0 && m.own_past.band.every(b => b.low <= b.median && b.median <= b.high))
  assert.ok(Math.max(...m.own_past.band.map(b => b.high)) < most, 'the range holds what is out of it')
  assert.ok(m.own_past.left, 'it left its range, and that is not said')
  const any = good(await w.mona.api.GET('/v1/detections/{id}/comparison', { params: { path: { id: d.id } } }))
  assert.ok(any.metrics.length > 1 && any.metrics.length <= 6)
}

export async function records(w: World): Promise<void> {
  for (const type of ['access.log4shell', 'access.ssh_brute_force', 'c2.dns_tunnel', 'c2.beacon']) {
    const d = await one(w, type)
    const path = { id: d.id }
    const key = (r: Schemas['Record']) => JSON.stringify(r)
    const rests = await walk(
      async cursor => good(await w.mona.api.GET('/v1/detections/{id}/records', { params: { path, query: { limit: 5, ...(cursor ? { cursor } : {}) } } })),
      key,
    )
    const uids = d.evidence.uids ?? []
    assert.ok(rests.length > 0, `${type}: it rests on nothing`)
    for (const r of rests) assert.ok(uids.includes(r.record['uid'] as string), `${type}: ${key(r)}`)
    const between = good(await w.mona.api.GET('/v1/detections/{id}/records', { params: { path, query: { scope: 'participants', limit: 1000 } } }))
    assert.ok(between.items.length > 0, `${type}: nothing between its participants`)
    // The pivot of a row: all records of that conversation.
    const uid = rests[0]!.record['uid'] as string
    const pivot = good(await w.mona.api.GET('/v1/records', { params: { query: { query: `uid = "${uid}"`, from: w.from, to: w.to } } }))
    assert.ok(pivot.items.length > 0 && pivot.items.every(r => r.record['uid'] === uid))
  }
}

export async function packets(w: World, reader: Person): Promise<void> {
  const path = { id: (await one(w, 'recon.port_scan')).id }
  assert.match(refused(await w.mona.api.GET('/v1/detections/{id}/packets', { params: { path } }), 403).detail ?? '', /packets/)
  const none = refused(await reader.api.GET('/v1/detections/{id}/packets', { params: { path } }), 404)
  assert.match(`${none.title} ${none.detail}`, /packets/i)
}

// triage is two analysts at one detection.
export async function triage(w: World): Promise<void> {
  const path = { id: (await one(w, 'recon.host_sweep')).id }
  const first = await w.mona.api.GET('/v1/detections/{id}', { params: { path } })
  const second = await w.admin.api.GET('/v1/detections/{id}', { params: { path } })
  assert.equal(tag(first), tag(second))
  refused(await w.mona.api.PATCH('/v1/detections/{id}', { params: { path }, body: { status: 'in_progress' } }), 428)
  const mine = await w.mona.api.PATCH('/v1/detections/{id}', {
    params: { path, header: { 'If-Match': tag(first) } }, body: { status: 'in_progress', assignee: 'mona', note: 'Looking.' },
  })
  assert.equal(good(mine).status, 'in_progress')
  assert.notEqual(tag(mine), tag(first))
  const late = { params: { path, header: { 'If-Match': tag(second) } }, body: { status: 'closed' as const } }
  assert.match(refused(await w.admin.api.PATCH('/v1/detections/{id}', late), 412).title, /./)
  const now = good(await w.admin.api.GET('/v1/detections/{id}', { params: { path } }))
  assert.equal(now.assignee, 'mona', 'who lost has overwritten who won')
  const closed = good(await w.admin.api.PATCH('/v1/detections/{id}', {
    params: { path }, body: { revision: now.revision!, status: 'closed', resolution: 'undetermined' },
  }))
  assert.equal(closed.resolution, 'undetermined')
  const noted = good(await w.mona.api.POST('/v1/detections/{id}/notes', { params: { path }, body: { text: 'Asked the owner.' } }))
  assert.deepEqual(noted.notes?.map(n => [n.author, n.text]), [['mona', 'Looking.'], ['mona', 'Asked the owner.']])
  refused(await w.victor.api.POST('/v1/detections/{id}/notes', { params: { path }, body: { text: 'May I?' } }), 403)
  const history = good(await w.victor.api.GET('/v1/detections/{id}/history', { params: { path } }))
  const actors = history.items.filter(e => !e.outcome).map(e => e.actor)
  assert.deepEqual(actors, ['mona', 'admin', 'mona'], 'newest first, who changed it')
  assert.ok(history.items.every(e => !e.address), 'where people came from is not for viewers')
}

export async function tuning(w: World): Promise<void> {
  const match: Schemas['DetectionFilter'] = { types: ['c2.beacon'], participant: { addresses: ['10.20.1.31'] } }
  const shows = async () => good(await w.victor.api.POST('/v1/detections/search', { body: { filter: match, count: true } })).total
  const before = await shows()
  const preview = good(await w.mona.api.POST('/v1/tuning/preview', { body: { match } }))
  assert.ok(preview.total > 0)
  assert.equal(preview.total, before)
  assert.deepEqual(preview.by_type.map(g => [g.key, g.count]), [['c2.beacon', before]])
  assert.equal(preview.items.length, before)
  const rule = { name: 'Update service', description: 'It asks every three seconds.', enabled: true, match }
  refused(await w.victor.api.POST('/v1/tuning/rules', { body: rule }), 403)
  const made = await w.mona.api.POST('/v1/tuning/rules', { body: rule })
  const { id } = good(made)
  const path = { id }
  assert.equal(good(made).applied?.hidden, before)
  assert.equal(await shows(), 0)
  const hidden = good(await w.mona.api.GET('/v1/detections', { params: { query: { hidden: 'only', type: ['c2.beacon'] } } }))
  assert.ok(hidden.items.length === before && hidden.items.every(d => d.hidden_by === id), 'what is hidden is kept')
  assert.ok(good(await w.mona.api.GET('/v1/tuning/rules')).items.some(r => r.id === id && r.active && r.rule.created_by === 'mona'))
  const read = await w.mona.api.GET('/v1/tuning/rules/{id}', { params: { path } })
  await unchanged(etag => w.mona.api.GET('/v1/tuning/rules/{id}', { params: { path, header: { 'If-None-Match': etag } } }), tag(read))
  const off = await w.mona.api.PUT('/v1/tuning/rules/{id}', { params: { path, header: { 'If-Match': tag(read) } }, body: { ...rule, enabled: false } })
  assert.equal(good(off).applied?.shown, before)
  assert.equal(await shows(), before)
  const on = await w.mona.api.PUT('/v1/tuning/rules/{id}', { params: { path, header: { 'If-Match': tag(off) } }, body: rule })
  assert.equal(await shows(), 0)
  const gone = good(await w.mona.api.DELETE('/v1/tuning/rules/{id}', { params: { path, header: { 'If-Match': tag(on) } } }))
  assert.equal(gone.shown, before)
  assert.equal(await shows(), before)
}
