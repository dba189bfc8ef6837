import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { asProblem } from '../../../api/read'
import { useTell } from '../../../shell/Messages'
import { counted, digits } from '../../../ui/number'
import { visible, Wire } from '../../../ui/Wire'
import { each, type Course, type Failure } from './each'
import { letterOf } from './letter'

type Dead = Schemas['DeadLetter']

/** What can be done with all of them. */
export type Does = 'send' | 'forget'

interface Props {
  does: Does
  known: string // how many there are, as far as they were read: "12", "100+"
  against: (d: Dead) => string | undefined // why one cannot be sent
  close: () => void
}

const most = 10_000 // letters that are gone through at once
const shown = 100

const texts = {
  send: { does: 'Send all again', busy: 'Sending again', done: 'on its way again', many: 'on their way again', not: 'could not be sent again' },
  forget: { does: 'Forget all', busy: 'Forgetting', done: 'forgotten', many: 'forgotten', not: 'could not be forgotten' },
}

/** Sends all again, or forgets all: asked before, with how far it is, an end at any time, and what of it failed. */
export function AllLetters({ does, known, against, close }: Props): ReactNode {
  const t = texts[does]
  const [course, setCourse] = useState<Course<Dead>>()
  const [busy, setBusy] = useState(false)
  const stop = useRef<AbortController>(undefined)
  const queries = useQueryClient()
  const tell = useTell()
  useEffect(() => () => stop.current?.abort(), []) // whoever leaves the page leaves this
  const run = async () => {
    const now = (stop.current = new AbortController())
    setBusy(true)
    const end = await begun(does, against, now.signal, setCourse)
    void queries.invalidateQueries({ queryKey: ['dead-letters'] })
    setBusy(false)
    if (end.failed.length > 0 || end.ended) return setCourse(end)
    tell({ type: 'success', text: `${counted(end.all, `notification is ${t.done}`, `notifications are ${t.many}`)}.` })
    close()
  }
  return (
    <Modal
      visible header={busy || course ? t.does : does === 'send' ? `Send all ${known} again?` : `Forget all ${known}?`} onDismiss={() => !busy && close()} closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            {busy ? <Button onClick={() => stop.current?.abort()}>Stop</Button> : <Button variant="link" onClick={close}>{course ? 'Close' : 'Cancel'}</Button>}
            {!course && <Button variant="primary" loading={busy} onClick={() => void run()}>{t.does}</Button>}
          </SpaceBetween>
        </Box>
      }
    >
      {busy ? <Progress of={course} label={t.busy} /> : course ? <End of={course} does={does} /> : (
        <span>
          {does === 'send'
            ? 'Each goes to the channel of its rule as that is now, with all of its attempts. What fails again comes back here.'
            : 'Nobody will be told of what is in them. The detections themselves stay; the audit log says who forgot them.'}
        </span>
      )}
    </Modal>
  )
}

function Progress({ of: c, label }: { of?: Course<Dead>; label: string }): ReactNode {
  const part = c && c.all > 0 ? (c.done / c.all) * 100 : 0
  return <ProgressBar label={label} value={part} additionalInfo={c ? `${digits(c.done)} of ${digits(c.all)}${c.failed.length ? `, ${digits(c.failed.length)} failed` : ''}` : 'Asking for all of them'} />
}

function End({ of: c, does }: { of: Course<Dead>; does: Does }): ReactNode {
  const t = texts[does]
  const well = c.done - c.failed.length
  const sum = `${counted(well, `is ${t.done}`, `are ${t.many}`)}${c.failed.length ? `, ${digits(c.failed.length)} ${t.not}` : ''}${c.all > c.done ? `, ${digits(c.all - c.done)} not tried` : ''}.`
  return (
    <SpaceBetween size="m">
      <Alert type={c.ended && c.ended !== 'stopped' ? 'error' : 'warning'} header={c.ended === 'stopped' ? 'Stopped' : c.ended ? c.ended.title : 'Not all of them'}>
        {sum} {c.ended && c.ended !== 'stopped' && c.ended.detail}
      </Alert>
      {c.failed.length > 0 && <Failures of={c.failed} />}
    </SpaceBetween>
  )
}

function Failures({ of }: { of: Failure<Dead>[] }): ReactNode {
  return (
    <ul className="mw-settings-failures" tabIndex={0} aria-label="What failed">
      {of.slice(0, shown).map((f) => <li key={f.of.id}><b><Wire length={100}>{letterOf(f.of.letter).about || 'A notification'}</Wire></b>: <Wire length={300} whole>{f.why}</Wire></li>)}
      {of.length > shown && <li className="mw-quiet">and {digits(of.length - shown)} more, which are still in the list</li>}
    </ul>
  )
}

// begun reads every letter, and does it with each.
async function begun(does: Does, against: Props['against'], stop: AbortSignal, report: (c: Course<Dead>) => void): Promise<Course<Dead>> {
  try {
    const all = await everyLetter(stop)
    return await each(all, { stop, told: report, act: (d) => (does === 'send' ? again(d, against(d)) : forgotten(d)) })
  } catch (e) {
    return { done: 0, all: 0, failed: [], ended: stop.aborted ? 'stopped' : asProblem(e) }
  }
}

async function everyLetter(signal: AbortSignal): Promise<Dead[]> {
  const out: Dead[] = []
  let cursor: string | undefined
  do {
    const page = await told(api.GET('/v1/notifications/dead-letters', { signal, params: { query: { limit: 1000, cursor } } }))
    out.push(...page.items)
    cursor = page.next
  } while (cursor && out.length < most)
  return out.slice(0, most)
}

async function again(d: Dead, against: string | undefined): Promise<string | undefined> {
  if (against) return against
  const r = await told(api.POST('/v1/notifications/dead-letters/{id}/resend', { params: { path: { id: d.id } } }))
  return r.ok ? undefined : visible(r.detail ?? 'not said why', 500)
}

// One that is gone already is forgotten, whoever did it.
async function forgotten(d: Dead): Promise<undefined> {
  await told(api.DELETE('/v1/notifications/dead-letters/{id}', { params: { path: { id: d.id } } })).catch((e: unknown) => {
    if (asProblem(e).status !== 404) throw e
  })
}
