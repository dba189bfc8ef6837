// Signing in, settings, users, keys and the audit log.
import assert from 'node:assert/strict'
import { at, done, eventually, good, lines, Person, refused, tag, unchanged, walk, type Schemas, type World } from './client.js'

const river = 'a long walk along the river'
const hill = 'a short climb up the windy hill'

// arrive is the first minute of a new server: the setup password, a password of one's own, and two colleagues.
export async function arrive(base: string, setup: string): Promise<World> {
  const stranger = new Person(base)
  refused(await stranger.api.GET('/v1/detections'), 401)
  assert.deepEqual(good(await stranger.api.GET('/v1/health')), { ok: true })
  refused(await stranger.api.POST('/v1/session', { body: { name: 'admin', password: 'not the password' } }), 401)
  const admin = new Person(base)
  await admin.enter('admin', setup, river)
  const mona = await colleague(base, admin, { name: 'mona', full_name: 'Mona Lisa', role: 'analyst' })
  const victor = await colleague(base, admin, { name: 'victor', role: 'viewer' })
  return { base, admin, mona, victor, from: new Date(Date.now() - 24 * 3600e3).toISOString(), to: new Date(Date.now() + 60e3).toISOString() }
}

async function colleague(base: string, admin: Person, body: Schemas['NewUser']): Promise<Person> {
  const made = good(await admin.api.POST('/v1/users', { body }))
  assert.equal(made.user.must_change, true)
  const person = new Person(base)
  const me = await person.enter(body.name, made.password, hill)
  assert.equal(me.role, body.role)
  return person
}

export async function rights(w: World): Promise<void> {
  const [admin, mona, victor] = await Promise.all([w.admin, w.mona, w.victor].map(async p => good(await p.api.GET('/v1/me'))))
  assert.deepEqual([admin!.kind, admin!.role, mona!.role, victor!.role], ['user', 'admin', 'analyst', 'viewer'])
  for (const [me, may, mayNot] of [[mona!, 'updateDetection', 'createUser'], [victor!, 'listDetections', 'updateDetection'], [admin!, 'createUser', '']] as const) {
    assert.ok((me.rights as string[]).includes(may), `${me.name} may not ${may}`)
    assert.ok(!(me.rights as string[]).includes(mayNot), `${me.name} may ${mayNot}`)
  }
  const { token } = w.mona
  w.mona.token = 'of somebody else'
  refused(await w.mona.api.POST('/v1/views', { body: { name: 'x', filter: {} } }), 403)
  w.mona.token = token
}

export async function sessions(w: World): Promise<void> {
  const phone = new Person(w.base)
  await phone.enter('mona', hill)
  const mine = good(await w.mona.api.GET('/v1/me/sessions'))
  assert.deepEqual(mine.items.map(s => s.current).sort(), [false, true])
  const other = mine.items.find(s => !s.current)!
  assert.equal(other.address, '127.0.0.1')
  done(await w.mona.api.DELETE('/v1/me/sessions/{id}', { params: { path: { id: other.id } } }))
  refused(await phone.api.GET('/v1/me'), 401)
  assert.equal(good(await w.mona.api.GET('/v1/me')).name, 'mona')
}

export async function users(w: World): Promise<void> {
  const made = good(await w.admin.api.POST('/v1/users', { body: { name: 'otto', role: 'viewer', password: 'the first one of them all' } }))
  assert.equal(made.password, 'the first one of them all')
  refused(await w.admin.api.POST('/v1/users', { body: { name: 'otto', role: 'viewer' } }), 409)
  refused(await w.mona.api.GET('/v1/users'), 403)
  const all = await walk<Schemas['User']>(async cursor => good(await w.admin.api.GET('/v1/users', { params: { query: { limit: 2, ...(cursor ? { cursor } : {}) } } })), u => u.name)
  assert.deepEqual(all.map(u => u.name), ['admin', 'mona', 'otto', 'victor'])
  const path = { name: 'otto' }
  const read = await w.admin.api.GET('/v1/users/{name}', { params: { path } })
  await unchanged(etag => w.admin.api.GET('/v1/users/{name}', { params: { path, header: { 'If-None-Match': etag } } }), tag(read))
  const changed = await w.admin.api.PATCH('/v1/users/{name}', { params: { path, header: { 'If-Match': tag(read) } }, body: { role: 'analyst', packets: true } })
  assert.deepEqual([good(changed).role, good(changed).packets], ['analyst', true])
  refused(await w.admin.api.PATCH('/v1/users/{name}', { params: { path, header: { 'If-Match': tag(read) } }, body: { disabled: true } }), 412)
  const otto = new Person(w.base)
  await otto.enter('otto', made.password, river)
  assert.equal(good(await w.admin.api.GET('/v1/users/{name}/sessions', { params: { path } })).items.length, 1)
  done(await w.admin.api.DELETE('/v1/users/{name}/sessions', { params: { path } }))
  refused(await otto.api.GET('/v1/me'), 401)
  done(await w.admin.api.PUT('/v1/users/{name}/password', { params: { path }, body: { password: 'the second one of them all' } }))
  await otto.enter('otto', 'the second one of them all', hill)
  const reset = good(await w.admin.api.POST('/v1/users/{name}/password', { params: { path } }))
  refused(await otto.api.GET('/v1/me'), 401)
  await new Person(w.base).enter('otto', reset.password, river)
  const last = await w.admin.api.GET('/v1/users/{name}', { params: { path } })
  done(await w.admin.api.DELETE('/v1/users/{name}', { params: { path, header: { 'If-Match': tag(last) } } }))
  const me = await w.admin.api.GET('/v1/users/{name}', { params: { path: { name: 'admin' } } })
  refused(await w.admin.api.DELETE('/v1/users/{name}', { params: { path: { name: 'admin' }, header: { 'If-Match': tag(me) } } }), 409)
}

// keys makes a key that may read packets, gives who has it to use, and takes it away again.
export async function keys(w: World, use: (reader: Person) => Promise<void>): Promise<void> {
  const made = good(await w.admin.api.POST('/v1/api-keys', { body: { name: 'ticketing', role: 'analyst', packets: true } }))
  const program = new Person(w.base, made.key)
  const me = good(await program.api.GET('/v1/me'))
  assert.deepEqual([me.kind, me.role, me.packets, me.csrf_token], ['key', 'analyst', true, undefined])
  await use(program)
  const listed = good(await w.admin.api.GET('/v1/api-keys')).items.find(k => k.id === made.item.id)
  assert.ok(listed && listed.name === 'ticketing' && listed.owner === 'admin')
  assert.ok(!JSON.stringify(listed).includes(made.key))
  done(await w.admin.api.DELETE('/v1/api-keys/{id}', { params: { path: { id: made.item.id } } }))
  refused(await program.api.GET('/v1/me'), 401)
}

export async function parameters(w: World): Promise<void> {
  const list = good(await w.mona.api.GET('/v1/parameters'))
  assert.ok(list.items.every(p => p.values!.join() === p.default!.join() && p.allowed && p.description && !p.set), 'a new server has its defaults')
  const path = { name: 'retention_days_records' as const }
  const read = await w.admin.api.GET('/v1/parameters/{name}', { params: { path } })
  assert.equal(tag(read), '"0"')
  await unchanged(etag => w.admin.api.GET('/v1/parameters/{name}', { params: { path, header: { 'If-None-Match': etag } } }), tag(read))
  const header = { 'If-Match': tag(read) }
  at(refused(await w.admin.api.PUT('/v1/parameters/{name}', { params: { path, header }, body: { values: ['0'] } }), 400), 'values')
  refused(await w.mona.api.PUT('/v1/parameters/{name}', { params: { path, header }, body: { values: ['14'] } }), 403)
  const set = good(await w.admin.api.PUT('/v1/parameters/{name}', { params: { path, header }, body: { values: ['14'] } }))
  assert.deepEqual([set.values, set.set, set.default], [['14'], true, ['30']])
}

export async function system(w: World): Promise<void> {
  assert.deepEqual(good(await w.victor.api.GET('/v1/sign-in')), { kind: 'local' })
  const status = await eventually('the sensor says how it fares', async () => {
    const now = good(await w.victor.api.GET('/v1/status'))
    return now.sensors.some(s => s.packets > 10_000 && s.healthy) ? now : undefined // it says so every five seconds; behind what was played it is not well
  })
  assert.match(status.version, /./)
  assert.ok(status.records && status.records.records > 1000, 'the records are gone')
  assert.ok(status.sensors.some(s => s.sensor === 'lab' && s.healthy && s.packets > 10_000 && s.drops === 0), JSON.stringify(status))
  const document = good(await w.victor.api.GET('/v1/openapi.yaml', { parseAs: 'text' }))
  assert.match(document, /^openapi: 3\.0/)
  const operations = [...document.matchAll(/operationId: (\w+)/g)].map(m => m[1]!)
  assert.deepEqual([...good(await w.admin.api.GET('/v1/me')).rights!].sort(), operations.sort(), 'rights have other names than operations')
  const catalogue = good(await w.victor.api.GET('/v1/catalogue'))
  assert.ok(catalogue.items.every(t => t.title && t.text && t.techniques!.length > 0))
  const intel = good(await w.victor.api.GET('/v1/intel'))
  assert.ok(intel.complete && intel.items.every(i => i.sensor === 'lab' && i.lists.length === 0), `the demo reads no lists: ${JSON.stringify(intel)}`)
}

export async function audit(w: World): Promise<void> {
  refused(await w.mona.api.GET('/v1/audit'), 403)
  const all = await walk<Schemas['AuditEntry']>(async cursor => good(await w.admin.api.GET('/v1/audit', { params: { query: { limit: 20, ...(cursor ? { cursor } : {}) } } })), e => e.id)
  const actions = new Set(all.map(e => e.action))
  const done = [
    'session.create', 'user.password', 'user.create', 'view.create', 'view.update', 'view.delete', 'detection.update', 'detection.export', 'record.export',
    'tuning_rule.create', 'tuning_rule.update', 'tuning_rule.delete', 'device.update', 'packets.read', 'notification_rule.create', 'notification_rule.test',
    'dead_letter.delete', 'dead_letter.resend', 'user.update', 'user.delete', 'session.revoke', 'api_key.create', 'api_key.delete', 'parameter.update',
  ]
  for (const action of done) assert.ok(actions.has(action), `${action} is not in the audit log`)
  const text = JSON.stringify(all)
  for (const secret of ['s3cret', river, hill, 'one of them all']) assert.ok(!text.includes(secret), `${secret} is in the audit log`)
  const mine = good(await w.admin.api.GET('/v1/audit', { params: { query: { actor: 'mona', action: 'view', limit: 100 } } }))
  assert.ok(mine.items.length >= 3 && mine.items.every(e => e.actor === 'mona' && e.action.startsWith('view.') && e.address === '127.0.0.1'))
  const rows = lines(good(await w.admin.api.GET('/v1/audit/export', { params: { query: { format: 'csv', action: 'view' } }, parseAs: 'text' })))
  assert.match(rows[0]!, /time.*actor.*action/)
  const objects = lines(good(await w.admin.api.GET('/v1/audit/export', { params: { query: { format: 'jsonl', action: 'view' } }, parseAs: 'text' })))
  assert.equal(objects.length, rows.length - 1)
}

export async function leave(w: World): Promise<void> {
  const kept = w.victor.cookie
  done(await w.victor.api.DELETE('/v1/session'))
  w.victor.cookie = kept // as from a tab that still has it
  refused(await w.victor.api.GET('/v1/me'), 401)
}
