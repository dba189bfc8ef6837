// The pages of notifications, with a far end of our own on loopback.
import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { at, done, eventually, good, refused, tag, unchanged, type Schemas, type World } from './client.js'

// Receiver is a webhook that keeps what it gets.
class Receiver {
  readonly got: { headers: IncomingHttpHeaders; body: string }[] = []
  status = 200
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (part: string) => (body += part)).on('end', () => {
        this.got.push({ headers: request.headers, body })
        response.writeHead(this.status).end()
      })
    })
  }

  async open(): Promise<string> {
    await new Promise<void>(ready => this.server.listen(0, '127.0.0.1', ready))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`
  }

  close(): void {
    this.server.close()
    this.server.closeAllConnections()
  }
}

export async function notifications(w: World): Promise<void> {
  const far = new Receiver()
  try {
    await send(w, far, await far.open())
  } finally {
    far.close()
  }
}

async function send(w: World, far: Receiver, url: string): Promise<void> {
  const rule: Schemas['NotificationRule'] = {
    name: 'On call', enabled: true, on: ['closed'], match: { types: ['recon.port_scan'] },
    channel: { type: 'webhook', url, secret: 's3cret-s3cret', headers: { 'X-Team': 'night' }, allow_private: true },
  }
  refused(await w.mona.api.POST('/v1/notifications/rules', { body: rule }), 403)
  const bad = { ...rule, channel: { ...rule.channel, url: 'ftp://x' } }
  assert.match(at(refused(await w.admin.api.POST('/v1/notifications/rules', { body: bad }), 400), 'channel.url').allowed, /https/)
  const made = await w.admin.api.POST('/v1/notifications/rules', { body: rule })
  const path = { id: good(made).id }
  assert.equal(good(made).has_secret, true)
  const read = await w.admin.api.GET('/v1/notifications/rules/{id}', { params: { path } })
  assert.ok(!JSON.stringify(read.data).includes('s3cret') && !JSON.stringify(read.data).includes('night'), 'a secret was read back')
  await unchanged(etag => w.admin.api.GET('/v1/notifications/rules/{id}', { params: { path, header: { 'If-None-Match': etag } } }), tag(read))

  const sent = good(await w.admin.api.POST('/v1/notifications/rules/{id}/test', { params: { path } }))
  assert.deepEqual(sent, { ok: true })
  assert.equal(far.got.length, 1)
  assert.equal(far.got[0]!.headers['x-team'], 'night')
  assert.match(JSON.stringify(far.got[0]!.headers), /signature/i)
  assert.ok(JSON.parse(far.got[0]!.body))

  // Without leave, an address on a private network is not spoken to.
  const { allow_private: _, ...locked } = rule.channel
  const header = { 'If-Match': tag(read) }
  const outside = refused(await w.admin.api.PUT('/v1/notifications/rules/{id}', { params: { path, header }, body: { ...rule, channel: locked } }), 400)
  assert.match(at(outside, 'channel.url').allowed, /public address.*allow_private/)
  refused(await w.admin.api.POST('/v1/notifications/rules', { body: { ...rule, channel: locked } }), 400)

  // A change that says nothing of the secret leaves it as it is.
  const { secret: __, ...silent } = rule.channel
  const put = await w.admin.api.PUT('/v1/notifications/rules/{id}', { params: { path, header }, body: { ...rule, name: 'On call at night', channel: silent } })
  assert.deepEqual([good(put).has_secret, good(put).rule.name], [true, 'On call at night'])
  far.status = 410
  const gone = good(await w.admin.api.POST('/v1/notifications/rules/{id}/test', { params: { path } }))
  assert.equal(gone.ok, false)
  assert.match(gone.detail ?? '', /410/)

  await letters(w, far)
  const last = await w.admin.api.GET('/v1/notifications/rules/{id}', { params: { path } })
  done(await w.admin.api.DELETE('/v1/notifications/rules/{id}', { params: { path, header: { 'If-Match': tag(last) } } }))
  assert.ok(!good(await w.admin.api.GET('/v1/notifications/rules')).items.some(r => r.id === path.id))
}

// letters closes detections while the far end takes nothing: they end with the dead letters, are sent again, and forgotten.
async function letters(w: World, far: Receiver): Promise<void> {
  const scans = good(await w.mona.api.GET('/v1/detections', { params: { query: { type: ['recon.port_scan'] } } })).items.slice(0, 2)
  assert.equal(scans.length, 2)
  const closed = await w.mona.api.POST('/v1/detections/bulk', { body: { ids: scans.map(d => d.id), change: { status: 'closed', resolution: 'true_positive' } } })
  assert.equal(good(closed).changed, 2)
  const dead = await eventually('two dead letters', async () => {
    const list = good(await w.admin.api.GET('/v1/notifications/dead-letters')).items
    return list.length === 2 ? list : undefined
  })
  assert.match(JSON.stringify(dead[0]!.letter), /410/, 'it does not say why')
  done(await w.admin.api.DELETE('/v1/notifications/dead-letters/{id}', { params: { path: { id: dead[0]!.id } } }))
  far.status = 200
  const before = far.got.length
  const again = good(await w.admin.api.POST('/v1/notifications/dead-letters/{id}/resend', { params: { path: { id: dead[1]!.id } } }))
  assert.equal(again.ok, true, again.detail)
  const told = await eventually('the letter that was sent again', async () => far.got[before])
  assert.ok(scans.some(d => told.body.includes(d.id)), told.body)
  assert.equal(good(await w.admin.api.GET('/v1/notifications/dead-letters')).items.length, 0)
}
