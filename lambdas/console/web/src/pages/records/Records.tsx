// The page of records: a query, when and of which kind what it finds was, the records themselves, and the values they have most.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import { useMemo, type ReactNode } from 'react'
import { api, told } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import { useFields, countable, typeOf, kindsOf, type Field } from '../../records/fields'
import { QueryBar, type Offered } from '../../records/QueryBar'
import { ofQuery } from '../../records/Trouble'
import { narrowed, type Comparison } from '../../records/write'
import { iso } from '../../state/span'
import { Download } from '../../ui/Download'
import { counted } from '../../ui/number'
import { Page } from '../../ui/Page'
import { shownOf, topByDefault, useAsked, type Asked } from './asked'
import { Chart, useChart } from './Chart'
import { chosenColumns, usePageSize } from './Columns'
import { formatsOf, longestQuery } from './export'
import { Help } from './Help'
import { Kinds, totalOf, useKinds } from './Kinds'
import { List } from './List'
import { Top } from './Top'
import { useRecords } from './useRecords'
import { useWide } from './useWide'
import './page.css'

export default function Records(): ReactNode {
  const [asked, set, again] = useAsked()
  const [size, setSize] = usePageSize()
  const fields = useFields()
  const list = useRecords(asked, size)
  const wrong = ofQuery(list.problem) ? list.problem : undefined
  const kinds = useKinds(asked, wrong === undefined)
  const chart = useChart(asked, wrong === undefined)
  const wide = useWide()
  const top = asked.top ?? (wide && !asked.noTop ? topByDefault : undefined)
  const all = fields.data?.items ?? []
  const narrow = (c: Comparison) => set({ query: narrowed(asked.query, c) })
  const useValues = (field: string | undefined) => useOffered(field, all, asked)
  const run = (query: string) => (query === asked.query ? again() : set({ query }))
  // With `last` a new look has a new end; with a fixed time the same is asked anew.
  const refreshed: Reading<unknown> = { ...list, again: () => (asked.span.last ? again() : [list, kinds, chart].forEach((r) => r.again())) }
  return (
    <Page
      title="Records" span of={[refreshed]}
      actions={
        <Download
          op="exportRecords" formats={formatsOf(asked, chosenColumns(asked.columns, asked.kinds))} disabled={wrong !== undefined || asked.query.length > longestQuery}
          disabledReason={wrong ? 'The query makes no sense.' : `The query is longer than the ${longestQuery} characters that an export may have.`}
        />
      }
    >
      <div className="mw-records-page">
        <QueryBar query={asked.query} fields={all} kinds={asked.kinds} useValues={useValues} problem={wrong} run={run}>
          <Help run={run} />
        </QueryBar>
        {!wrong && (
          <>
            <Container>
              <Kinds of={kinds} chosen={asked.kinds} set={(k) => set({ kinds: k, columns: undefined })} />
              <Chart of={chart} asked={asked} set={set} />
            </Container>
            {!top && <div><Button iconName="view-vertical" variant="inline-link" onClick={() => set({ top: topByDefault })}>Most frequent values</Button></div>}
            <div className={top ? 'mw-records-columns' : undefined}>
              <List asked={asked} set={set} of={list} total={totalOf(kinds, asked.kinds)} fields={all} size={size} setSize={setSize} narrow={narrow} />
              {top && <Top asked={asked} field={top} fields={all} when={list.state !== 'loading'} choose={(t) => set({ top: t })} narrow={narrow} />}
            </div>
          </>
        )}
      </div>
    </Page>
  )
}

const day = 86_400_000
const mostOffered = 50

// useOffered gives the values of a field for completion: of the last day of what is looked at, so that an offer never costs more than that.
function useOffered(field: string | undefined, fields: readonly Field[], asked: Asked): readonly Offered[] {
  const name = field === undefined ? undefined : countable(fields, field)
  const { from, to } = shownOf(asked)
  const wants = name !== undefined && name !== 'kind' && typeOf(fields, name) !== 'bool'
  const top = useRead(
    ['record-top', 'offer', name, asked.kinds, from, to],
    (signal) => told(api.POST('/v1/records/top', {
      body: { from: iso(Math.max(from, to - day)), to: iso(to), kinds: asked.kinds.length > 0 ? [...asked.kinds] : undefined, fields: [name ?? ''], limit: mostOffered }, signal,
    })),
    { when: wants, patience: Infinity },
  )
  return useMemo(() => {
    if (name === 'kind') return kindsOf(fields).map((text) => ({ text, note: '' }))
    return (wants ? top.data?.items : undefined)?.map((i) => ({ text: i.values[0] ?? '', note: counted(i.count, 'record') })) ?? []
  }, [name, wants, fields, top.data])
}
