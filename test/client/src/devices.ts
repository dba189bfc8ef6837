// The pages of devices and of coverage.
import assert from 'node:assert/strict'
import { at, good, refused, sum, tag, unchanged, walk, type Schemas, type World } from './client.js'

const address = '10.20.2.50' // it sent much, and its past is known

// The host as the detection of what it sent names it: several captures have one with its address, each under a number of its own.
async function sender(w: World): Promise<string> {
  const list = good(await w.mona.api.GET('/v1/detections', { params: { query: { type: ['exfil.outbound_volume'], sort: '-score', limit: 1 } } }))
  const id = list.items[0]?.participants!.find(p => p.role === 'offender' && p.address === address)?.device
  assert.ok(id, 'nobody sent much')
  return id
}

export async function devices(w: World): Promise<void> {
  const all = await walk<Schemas['Device']>(
    async cursor => good(await w.mona.api.GET('/v1/devices', { params: { query: { limit: 97, ...(cursor ? { cursor } : {}) } } })),
    d => d.id,
  )
  assert.ok(all.length > 20)
  const search = async (query: Record<string, unknown>, means: (d: Schemas['Device']) => boolean) => {
    const wanted = all.filter(means).map(d => d.id)
    const found = await walk<Schemas['Device']>( // a flood from made-up addresses has more of them than one page
      async cursor => good(await w.mona.api.GET('/v1/devices', { params: { query: { ...query, limit: 1000, ...(cursor ? { cursor } : {}) } } })),
      d => d.id,
    )
    assert.ok(wanted.length > 0, `${JSON.stringify(query)}: nothing could match`)
    assert.deepEqual(found.map(d => d.id), wanted, JSON.stringify(query))
  }
  await search({ address: ['10.20.2.0/24'] }, d => d.address.startsWith('10.20.2.'))
  await search({ text: address }, d => d.id.includes(address))
  await search({ external: true }, d => d.external)
  await search({ service: 'ssh' }, d => !!d.offers?.some(o => o.port === 22 || o.name?.split(',').includes('ssh')))
  await search({ vni: all[0]!.vni! }, d => d.vni === all[0]!.vni)
}

export async function device(w: World): Promise<void> {
  const id = await sender(w)
  const path = { id }
  const read = await w.mona.api.GET('/v1/devices/{id}', { params: { path } })
  assert.ok(good(read).uses!.length > 0 && good(read).peers > 0)
  await unchanged(etag => w.mona.api.GET('/v1/devices/{id}', { params: { path, header: { 'If-None-Match': etag } } }), tag(read))
  refused(await w.victor.api.PATCH('/v1/devices/{id}', { params: { path, header: { 'If-Match': tag(read) } }, body: { high_value: true } }), 403)
  const marked = await w.mona.api.PATCH('/v1/devices/{id}', { params: { path, header: { 'If-Match': tag(read) } }, body: { high_value: true, role: 'file server' } })
  assert.deepEqual(good(marked).overrides, { high_value: true, role: 'file server' })
  refused(await w.admin.api.PATCH('/v1/devices/{id}', { params: { path, header: { 'If-Match': tag(read) } }, body: { note: 'late' } }), 412)
  assert.deepEqual(good(await w.mona.api.GET('/v1/devices', { params: { query: { high_value: true, role: 'file server' } } })).items.map(d => d.id), [id])
}

export async function behaviour(w: World): Promise<void> {
  const path = { id: await sender(w) }
  const span = { from: w.from, to: w.to }
  const metrics = good(await w.mona.api.GET('/v1/devices/{id}/metrics', { params: { path, query: span } }))
  assert.ok(metrics.items.some(m => m.name === 'bytes_out' && m.unit === 'bytes' && m.title.length > 0))
  const series = good(await w.mona.api.GET('/v1/devices/{id}/series', { params: { path, query: { ...span, metric: 'bytes_out', step: 3600 } } }))
  assert.equal(series.step_seconds, 3600)
  assert.ok(sum(series.points.map(p => p.value)) > 50e6)
  assert.equal(series.own_past?.state, 'ready')
  assert.ok(series.own_past.band.length >= series.points.length)
  const peers = good(await w.mona.api.GET('/v1/devices/{id}/series', { params: { path, query: { ...span, metric: 'bytes_out', expect: 'peer_group' } } }))
  assert.ok(peers.peer_group && (peers.peer_group.state === 'ready' || peers.peer_group.why), 'neither a range nor why there is none')
  const spoke = good(await w.mona.api.GET('/v1/devices/{id}/peers', { params: { path, query: { ...span, limit: 10 } } }))
  const far = spoke.items.find(p => p.address === '198.51.100.140')
  assert.ok(far && far.external && far.bytes_sent > 50e6, JSON.stringify(spoke))
  const found = good(await w.mona.api.GET('/v1/devices/{id}/detections', { params: { path, query: { as: 'offender', count: true } } }))
  assert.ok(found.items.some(d => d.type === 'exfil.outbound_volume'))
  assert.equal(good(await w.mona.api.GET('/v1/devices/{id}/detections', { params: { path, query: { as: 'victim', count: true } } })).total, 0)
}

export async function map(w: World): Promise<void> {
  const scope = { from: w.from, to: w.to, address: '10.20.1.0/24' } // a flood comes in elsewhere, from more hosts than a map shows
  const whole = good(await w.mona.api.GET('/v1/activity-map', { params: { query: { ...scope, limit: 500 } } }))
  assert.equal(whole.complete, true, whole.why)
  assert.ok(whole.nodes.length > 10 && whole.edges.some(e => e.services.includes('dns')))
  const few = good(await w.mona.api.GET('/v1/activity-map', { params: { query: { ...scope, limit: 5 } } }))
  assert.equal(few.complete, false)
  assert.match(few.why ?? '', /5 of \d+/)
  assert.equal(few.nodes.length + few.omitted.nodes, whole.nodes.length, 'what is not drawn is not counted')
  const subnets = good(await w.mona.api.GET('/v1/activity-map', { params: { query: { ...scope, group: 'subnet', limit: 500 } } }))
  assert.ok(subnets.nodes.length < whole.nodes.length && subnets.nodes.some(n => n.addresses > 1))
  const without = good(await w.mona.api.GET('/v1/activity-map', { params: { query: { ...scope, exclude: ['198.51.100.0/24'], limit: 500 } } }))
  assert.ok(without.nodes.length < whole.nodes.length && !without.nodes.some(n => n.label.startsWith('198.51.100.')))
  const own = good(await w.mona.api.GET('/v1/activity-map', { params: { query: { from: w.from, to: w.to, device: await sender(w) } } }))
  assert.ok(own.edges.length > 0)
  refused(await w.mona.api.GET('/v1/activity-map', { params: { query: { from: w.from, to: w.to } } }), 400) // always scoped
}

export async function coverage(w: World): Promise<void> {
  const all = await walk<Schemas['Coverage']>(
    async cursor => good(await w.victor.api.GET('/v1/coverage', { params: { query: { limit: 5, ...(cursor ? { cursor } : {}) } } })),
    c => c.interface,
  )
  const sick = good(await w.victor.api.GET('/v1/coverage', { params: { query: { state: ['unsupported_type'], vpc: 'vpc-0a' } } }))
  assert.equal(sick.items[0]?.interface, 'eni-0bad')
  assert.ok(sick.items[0].reason && sick.items[0].fix, 'neither why nor what would help')
  const summary = good(await w.victor.api.GET('/v1/coverage/summary'))
  assert.equal(summary.total.interfaces, all.length)
  const vpc = summary.vpcs.find(v => v.key === 'vpc-0a')
  assert.deepEqual(vpc && [vpc.interfaces, vpc.wanted, vpc.mirrored, vpc.percent, vpc.account], [2, 2, 1, 50, '111122223333'])
  assert.ok(summary.accounts.some(a => a.key === '111122223333'))
  const prod = summary.tags.find(t => t.key === 'env=prod')
  assert.deepEqual(prod && [prod.interfaces, prod.percent, prod.states['mirrored']], [1, 100, 1])
  assert.deepEqual(summary.rest.tags, { shares: 0, interfaces: 0 })
  await coverageTrend(w)
  const points = await walk<Schemas['ObservationPoint']>(
    async cursor => good(await w.victor.api.GET('/v1/coverage/points', { params: { query: { limit: 2, ...(cursor ? { cursor } : {}) } } })),
    p => `${p.vni} ${p.sensor}`,
  )
  const point = points.find(p => p.vni === 9001)
  assert.deepEqual(point && [point.sensor, point.interface, point.packets, point.gaps, point.faults], ['gone', 'eni-0new', 400, 8, ['gaps']])
  const held = good(await w.victor.api.GET('/v1/coverage/bindings', { params: { query: { vni: 9001 } } }))
  assert.deepEqual(held.items.map(b => b.interface), ['eni-0new', 'eni-0old'], 'newest first')
  const then = good(await w.victor.api.GET('/v1/coverage/bindings', { params: { query: { vni: 9001, at: held.items[1]!.from } } }))
  assert.deepEqual(then.items.map(b => b.interface), ['eni-0old'])
  assert.equal(good(await w.victor.api.GET('/v1/coverage/bindings', { params: { query: { interface: 'eni-0new' } } })).items[0]?.vni, 9001)
}

// mirrorPlan: what the last sweep came to; and here nobody can be asked for a new look.
export async function mirrorPlan(w: World): Promise<void> {
  const plan = good(await w.victor.api.GET('/v1/mirror/plan'))
  assert.deepEqual([plan.kind, plan.steps[0]?.outcome, plan.steps.length, plan.held.length, plan.left_out.length], ['sweep', 'failed', 6, 2, 2])
  const told = plan.counts.steps.reduce((n, c) => n + c.count, 0)
  assert.equal(told, plan.steps.length + plan.rest.steps)
  assert.equal(good(await w.victor.api.GET('/v1/mirror/plan', { params: { query: { kind: 'sweep' } } })).at, plan.at)
  refused(await w.victor.api.GET('/v1/mirror/plan', { params: { query: { kind: 'look' } } }), 404)
  refused(await w.victor.api.POST('/v1/mirror/plan'), 403)
  assert.match(refused(await w.mona.api.POST('/v1/mirror/plan'), 409).detail ?? '', /mirrorwatch mirror plan --keep/)
}

async function coverageTrend(w: World): Promise<void> {
  const past = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
  const to = past(0)
  const percents = (h: Schemas['CoverageHistory']) => h.items.map(p => p.share.percent)
  const month = good(await w.victor.api.GET('/v1/coverage/trend', { params: { query: { from: past(30), to } } }))
  assert.deepEqual([month.step, ...percents(month)], ['hour', 50, 50])
  const year = good(await w.victor.api.GET('/v1/coverage/trend', { params: { query: { from: past(365), to, vpc: 'vpc-0a' } } }))
  assert.equal(year.step, 'day')
  assert.equal(percents(year)[0], 0)
  assert.equal(percents(year).at(-1), 50)
  assert.ok(year.complete && year.items.every(p => p.share.account === '111122223333'))
  const tag = good(await w.victor.api.GET('/v1/coverage/trend', { params: { query: { from: past(1), to, tag: 'env=prod' } } }))
  assert.deepEqual(percents(tag), [100, 100])
  const both = await w.victor.api.GET('/v1/coverage/trend', { params: { query: { from: past(1), to, vpc: 'vpc-0a', account: '1' } } })
  assert.match(at(refused(both, 400), 'vpc').allowed, /at most one/)
}
