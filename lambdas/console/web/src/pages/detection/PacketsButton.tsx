import Button from '@cloudscape-design/components/button'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { asProblem, type Reading } from '../../api/read'
import { useTell } from '../../shell/Messages'
import { useDenied } from '../../state/me'
import { bytes, counted } from '../../ui/number'

type Packets = Schemas['Packets']

/** Why no packets can be had; undefined where they can. */
export function reasonAgainst(denied: string | undefined, of: Reading<Packets>): string | undefined {
  if (denied) return denied
  if (of.problem) return of.problem.detail || of.problem.title
  return of.data?.items.length === 0 ? 'No packets of this detection are kept' : undefined
}

/** Only an address that a browser fetches over the network is followed: it came in an answer, but it is still only text. */
export function isFetched(url: string): boolean {
  try {
    return ['https:', 'http:'].includes(new URL(url, location.origin).protocol)
  } catch {
    return false
  }
}

/** The packets of a detection, or of what happened at a time. That they were taken is noted in the audit log. */
export function PacketsButton({ id, of, at, primary }: { id: string; of: Reading<Packets>; at?: number; primary?: boolean }): ReactNode {
  const tell = useTell()
  const denied = useDenied('getPackets')
  const [busy, setBusy] = useState(false)
  const why = reasonAgainst(denied, of)
  const items = of.data?.items ?? []
  const size = items.reduce((sum, f) => sum + (f.bytes ?? 0), 0)
  const take = async () => {
    setBusy(true)
    try {
      const p = await told(api.GET('/v1/detections/{id}/packets', { params: { path: { id } } }))
      const files = p.items.filter((f) => isFetched(f.url) && (at === undefined || (Date.parse(f.from) <= at && at <= Date.parse(f.to))))
      for (const f of files) save(f.url)
      const filter = p.filter ? ` The conversations of the detection are picked out by: ${p.filter}` : ''
      tell({ type: files.length ? 'success' : 'warning', text: `${counted(files.length, 'file')} of packets.${filter}${p.complete ? '' : ` Not everything: ${p.why ?? ''}`}` })
    } catch (e) {
      tell({ type: 'error', text: `No packets came: ${asProblem(e).message}` })
    }
    setBusy(false)
  }
  const common = { iconName: 'download' as const, loading: busy, disabled: why !== undefined || of.state === 'loading', disabledReason: why, onClick: () => void take() }
  if (!primary) return <Button {...common} variant="inline-icon" ariaLabel="Packets of this time" />
  return <Button {...common} variant="primary" loadingText="Fetching packets">Packets{size > 0 ? ` (${bytes(size)})` : ''}</Button>
}

function save(url: string): void {
  const link = document.createElement('a')
  link.href = url
  link.rel = 'noreferrer'
  link.download = ''
  link.click()
}
