// The list of records, read page by page.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Toggle from '@cloudscape-design/components/toggle'
import { useMemo, useState, type ReactNode } from 'react'
import type { Field } from '../../records/fields'
import { RecordTable, type Rec } from '../../records/RecordTable'
import type { Comparison } from '../../records/write'
import { counted, digits } from '../../ui/number'
import { Failed, Read } from '../../ui/Panel'
import type { Asked } from './asked'
import { chosenColumns, Columns } from './Columns'
import { Conversation } from './Conversation'
import { useFresh } from './live'
import { useTail, type Records } from './useRecords'

interface Props {
  asked: Asked
  set: (c: Partial<Asked>) => void
  of: Records
  total?: number // how many match, where it was counted anyway
  fields: readonly Field[]
  size: number
  setSize: (n: number) => void
  narrow: (c: Comparison) => void
}

const none: readonly Rec[] = []

export function List({ asked, set, of, total, fields, size, setSize, narrow }: Props): ReactNode {
  const [open, setOpen] = useState(false)
  const [focused, setFocused] = useState(false)
  const tail = useTail(asked, of.data?.items)
  const fresh = useFresh(`${asked.query} ${asked.kinds.join()} ${asked.span.to}`, asked.live ? tail.data?.items : undefined, open || focused)
  const columns = chosenColumns(asked.columns, asked.kinds)
  const read = of.data?.items ?? none
  const items = useMemo(() => (asked.live ? [...fresh.shown, ...read] : read), [asked.live, fresh.shown, read])
  return (
    <Container
      header={
        <Header
          variant="h2" counter={counterOf(items.length, of, total)}
          actions={
            <div className="mw-list-actions">
              <Live asked={asked} set={set} />
              <SegmentedControl
                selectedId={asked.oldest ? 'oldest' : 'newest'} label="Order" onChange={(e) => set({ oldest: e.detail.selectedId === 'oldest', live: false })}
                options={[{ id: 'newest', text: 'Newest first' }, { id: 'oldest', text: 'Oldest first' }]}
              />
              <Columns kinds={asked.kinds} fields={fields} columns={columns} set={(c) => set({ columns: c })} size={size} setSize={setSize} />
            </div>
          }
        >
          Records
        </Header>
      }
    >
      {asked.live && <Waiting waiting={fresh.waiting} show={fresh.show} failed={tail.problem !== undefined} more={tail.data?.more === true} />}
      <Read of={of} lines={10} empty={(d) => (d.items.length + fresh.shown.length === 0 ? <Nothing asked={asked} set={set} /> : undefined)}>
        {() => (
          <div onFocus={() => setFocused(true)} onBlur={() => setFocused(false)}>
            <RecordTable
              records={items} label="Records" columns={columns} narrow={narrow} top={(field) => set({ top: field })} keys
              more={(r) => <Conversation record={r} />} onOpen={setOpen}
            />
            <More of={of} size={size} shown={items.length} />
          </div>
        )}
      </Read>
    </Container>
  )
}

function counterOf(shown: number, of: Records, total: number | undefined): string | undefined {
  if (!of.data) return undefined
  if (!of.more) return `(${digits(shown)})`
  return total !== undefined && total >= shown ? `(${digits(shown)} of ${digits(total)})` : `(${digits(shown)}, and more)`
}

function Live({ asked, set }: { asked: Asked; set: (c: Partial<Asked>) => void }): ReactNode {
  const why = asked.span.last === undefined ? 'the time shown has an end' : asked.oldest ? 'the oldest come first' : asked.pick ? 'a part of the time is selected' : undefined
  return (
    <Toggle checked={asked.live && why === undefined} disabled={why !== undefined} description={why && `Not while ${why}`} onChange={(e) => set({ live: e.detail.checked })}>Live</Toggle>
  )
}

function Waiting({ waiting, show, failed, more }: { waiting: number; show: () => void; failed: boolean; more: boolean }): ReactNode {
  return (
    <div role="status" className="mw-state">
      {failed ? <StatusIndicator type="warning">New records cannot be read just now; it is tried again by itself.</StatusIndicator>
        : <StatusIndicator type={waiting > 0 ? 'info' : 'in-progress'}>{waiting > 0 ? `${counted(waiting, 'new record')}, kept back while you read` : 'New records appear on top'}</StatusIndicator>}
      {waiting > 0 && <Button variant="inline-link" onClick={show}>Show</Button>}
      {more && <span className="mw-quiet">More came than are read at once: narrow the query, or refresh for all of them.</span>}
    </div>
  )
}

function Nothing({ asked, set }: { asked: Asked; set: (c: Partial<Asked>) => void }): ReactNode {
  return (
    <div className="mw-records-nothing">
      <b>No record matches.</b>
      <span>Choose a longer time above{asked.query || asked.kinds.length > 0 || asked.pick ? ', or ask for more:' : '.'}</span>
      {asked.pick && <Button onClick={() => set({ pick: undefined })}>All of the time shown</Button>}
      {asked.kinds.length > 0 && <Button onClick={() => set({ kinds: [] })}>All kinds</Button>}
      {asked.query && <Button onClick={() => set({ query: '' })}>Without the query</Button>}
    </div>
  )
}

function More({ of, size, shown }: { of: Records; size: number; shown: number }): ReactNode {
  if (of.moreProblem) return <Failed problem={of.moreProblem} again={of.more} />
  if (!of.more) return shown > size ? <div className="mw-state mw-quiet">These are all.</div> : null
  return <div className="mw-more-row"><Button onClick={of.more} loading={of.loadingMore} loadingText="Reading more">Read {size} more</Button></div>
}
