// From one record to what belongs to it: its conversation, and the detections that name it.
import type { ReactNode } from 'react'
import { api, told } from '../../api/client'
import type { Detection } from '../../api/names'
import { useRead } from '../../api/read'
import { recordsPath, recordsQuery } from '../../records/link'
import { valueOf, type Rec } from '../../records/RecordTable'
import { anyOf } from '../../records/write'
import { iso } from '../../state/span'
import { Score } from '../../ui/Band'
import { detectionPath, Go } from '../../ui/Link'
import { Read } from '../../ui/Panel'
import { Wire } from '../../ui/Wire'

const hour = 3_600_000
const mostAsked = 200

/** Links from a record to all of its conversation, and the detections of it. */
export function Conversation({ record }: { record: Rec }): ReactNode {
  const uid = textOf(record, 'uid')
  const ends = [textOf(record, 'id.orig_h'), textOf(record, 'id.resp_h')].filter((a) => a !== '')
  const at = Date.parse(record.time)
  return (
    <div className="mw-pivots">
      <ul aria-label="What belongs to this record">
        {uid && <li><Go to={recordsPath} query={recordsQuery({ query: anyOf('uid', [uid]), from: at - 24 * hour, to: at + 24 * hour, top: 'kind' })}>All records of this conversation</Go></li>}
        {ends.length === 2 && (
          <li><Go to={recordsPath} query={recordsQuery({ query: ends.map((e) => anyOf('addr', [e])).join(' and '), from: at - 12 * hour, to: at + 12 * hour })}>All between these two</Go></li>
        )}
      </ul>
      {ends.length > 0 && <Detections uid={uid} ends={ends} at={at} />}
    </div>
  )
}

function textOf(r: Rec, field: string): string {
  const v = valueOf(r, field)
  return typeof v === 'string' ? v : ''
}

interface Of {
  uid: string
  ends: readonly string[]
  at: number
}

function Detections({ uid, ends, at }: Of): ReactNode {
  const found = useRead(['detections', 'of-record', uid, ends, at], async (signal) => {
    // What is sought is who took part around that time; which conversation a detection rests on only it says.
    const filter = { participant: { addresses: [...ends] }, to: iso(at + hour), updated_from: iso(at - hour), hidden: 'include' as const }
    const got = await told(api.POST('/v1/detections/search', { body: { filter, sort: '-score', limit: mostAsked }, signal }))
    const { naming, between } = sorted(got.items, uid, ends)
    return { naming, between, complete: !got.next, why: got.next ? `only the ${mostAsked} worst detections of these two devices were looked through` : undefined }
  })
  return (
    <Read of={found} lines={1} empty={(f) => (f.naming.length + f.between.length === 0 && f.complete ? 'No detection names this conversation, or these two around that time.' : undefined)}>
      {(f) => (
        <>
          <Those title="Detections that rest on this conversation" of={f.naming} />
          <Those title="Other detections of these two around that time" of={f.between} />
        </>
      )}
    </Read>
  )
}

/** Parts detections into those that name the conversation, and those in which all of its ends take part. */
export function sorted(all: readonly Detection[], uid: string, ends: readonly string[]): { naming: Detection[]; between: Detection[] } {
  const naming = all.filter((d) => uid !== '' && d.evidence.uids?.includes(uid))
  const between = all.filter((d) => !naming.includes(d) && ends.every((e) => d.participants?.some((p) => p.address === e)))
  return { naming, between }
}

const mostShown = 5

function Those({ title, of }: { title: string; of: readonly Detection[] }): ReactNode {
  if (of.length === 0) return null
  return (
    <div>
      <b>{title}</b>
      <ul>
        {of.slice(0, mostShown).map((d) => <li key={d.id}><Score score={d.risk.score} /> <Go to={detectionPath(d.id)}><Wire length={100}>{d.title}</Wire></Go>{d.hidden_by ? ' (hidden by a tuning rule)' : ''}</li>)}
        {of.length > mostShown && <li className="mw-quiet">and {of.length - mostShown} more</li>}
      </ul>
    </div>
  )
}
