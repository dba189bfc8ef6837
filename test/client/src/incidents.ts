// The page of incidents: detections that belong together, as one story, and where it leads.
import assert from 'node:assert/strict'
import { at, good, refused, tag, unchanged, walk, type Schemas, type World } from './client.js'

export async function incidents(w: World): Promise<void> {
  const page = async (sort: '-start' | '-score', cursor?: string) =>
    good(await w.victor.api.GET('/v1/incidents', { params: { query: { sort, limit: 2, ...(cursor ? { cursor } : {}) } } }))
  const newest = await walk(cursor => page('-start', cursor), i => i.id)
  const worst = await walk(cursor => page('-score', cursor), i => i.id)
  assert.ok(newest.length > 0, 'there are no incidents')
  assert.ok(newest.every((i, n) => n === 0 || newest[n - 1]!.start >= i.start), 'not the newest first')
  assert.ok(worst.every((i, n) => n === 0 || worst[n - 1]!.score >= i.score), 'not the worst first')
  const story: Schemas['IncidentSummary'] | undefined = newest.find(i => i.victims.some(v => v.instance === 'i-7'))
  assert.ok(story, 'the host whose role was stolen is in no incident')
  assert.ok(story.title && story.reason && story.description.length > 40 && story.detections >= 1)
  const found = good(await w.victor.api.GET('/v1/incidents', {
    params: { query: { participant: ['10.20.9.7'], band: [story.band], min_score: story.score, text: story.title.slice(0, 10), from: story.start } },
  }))
  assert.ok(found.items.some(i => i.id === story.id))
  await whole(w, story.id)
  refused(await w.victor.api.GET('/v1/incidents/{id}', { params: { path: { id: 'no-such-incident' } } }), 404)
  const wrong = refused(await w.victor.api.GET('/v1/incidents', { params: { query: { participant: ['vpc-0a1b2c3d'] } } }), 400)
  assert.match(at(wrong, 'participant').allowed, /host name/)
}

// whole reads one, and follows it to its detections.
async function whole(w: World, id: string): Promise<void> {
  const read = await w.victor.api.GET('/v1/incidents/{id}', { params: { path: { id } } })
  const story: Schemas['Incident'] = good(read)
  await unchanged(etag => w.victor.api.GET('/v1/incidents/{id}', { params: { path: { id }, header: { 'If-None-Match': etag } } }), tag(read))
  assert.ok(story.timeline.some(e => e.kind === 'detection') && story.timeline.some(e => e.kind === 'call'), 'the timeline lacks detections or calls')
  for (const member of story.members) {
    const d = good(await w.victor.api.GET('/v1/detections/{id}', { params: { path: { id: member.id } } }))
    assert.equal(d.type, member.type)
    assert.ok(d.context?.incident, `${d.id} does not name its incident`)
  }
  for (const link of story.links ?? []) assert.ok(link.reason && story.members.some(m => m.id === link.from))
}
