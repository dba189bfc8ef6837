// What must not compile: that each of these lines is refused is what shows that the types are the document's. It is never run.
import type { Person } from './client.js'

export async function wrong(p: Person): Promise<void> {
  // @ts-expect-error there is no such path
  await p.api.GET('/v1/detection')
  // @ts-expect-error there is no such method of this path
  await p.api.DELETE('/v1/detections')
  // @ts-expect-error the span is needed
  await p.api.GET('/v1/records', { params: { query: { query: 'kind = dns' } } })
  // @ts-expect-error both ends are needed
  await p.api.GET('/v1/coverage/trend', { params: { query: { from: '' } } })
  // @ts-expect-error a field cannot be grouped by
  await p.api.POST('/v1/detections/groups', { body: { by: 'colour' } })
  // @ts-expect-error the number is none
  await p.api.POST('/v1/records/histogram', { body: { from: '', to: '', buckets: '60' } })
  const page = await p.api.GET('/v1/detections')
  // @ts-expect-error a detection has no such member
  page.data?.items[0]?.colour
  // @ts-expect-error a source has no such status
  if (page.data?.items[0]?.context?.sources[0]?.status === 'late') return
}
