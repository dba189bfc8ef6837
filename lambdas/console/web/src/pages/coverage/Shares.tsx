// How much is watched: by VPC, account and tag, the least first.
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Reading } from '../../api/read'
import { counted, digits } from '../../ui/number'
import { Panel } from '../../ui/Panel'
import { visible, Wire } from '../../ui/Wire'
import { percent, worstFirst, type Share } from './logic'
import { sortedStates, stateOf } from './states'

export type By = 'vpcs' | 'accounts' | 'tags'

export const bys: Record<By, { text: string; one: string; without: string }> = {
  vpcs: { text: 'VPC', one: 'VPC', without: 'In no VPC that is known' },
  accounts: { text: 'Account', one: 'account', without: 'In no account that is known' },
  tags: { text: 'Tag', one: 'tag', without: 'Without' },
}

interface Props {
  of: Reading<Schemas['CoverageSummary']>
  by: By
  choose: (by: By) => void
  chosen?: string // key of the share that the page is narrowed to
  pick: (s: Share | undefined) => void
}

const shown = 12

export function Shares({ of, by, choose, chosen, pick }: Props): ReactNode {
  return (
    <Panel
      title="How much is watched" description="Of the interfaces that should be; the least first. Choosing one narrows the page to it." of={of} lines={6}
      actions={<SegmentedControl label="Shares of" selectedId={by} onChange={(e) => choose(e.detail.selectedId as By)} options={Object.entries(bys).map(([id, b]) => ({ id, text: b.text }))} />}
      empty={(s) => (s[by].length === 0 ? (by === 'tags' ? 'No tag is counted. The parameter coverage_tags names those that are.' : `No ${bys[by].one} is known yet: the mirror loop tells of them.`) : undefined)}
    >
      {(s) => <Bars list={worstFirst(s[by])} rest={s.rest[by]} by={by} chosen={chosen} pick={pick} />}
    </Panel>
  )
}

function Bars({ list, rest, by, chosen, pick }: { list: readonly Share[]; rest: Schemas['CoverageRest'] } & Pick<Props, 'by' | 'chosen' | 'pick'>): ReactNode {
  const more = list.slice(shown)
  return (
    <>
      <ul className="mw-shares">{list.slice(0, shown).map((s) => <One key={`${s.account ?? ''} ${s.key}`} s={s} by={by} on={s.key === chosen} pick={pick} />)}</ul>
      {more.length > 0 && <details><summary>{counted(more.length, 'more')}</summary><ul className="mw-shares">{more.map((s) => <One key={`${s.account ?? ''} ${s.key}`} s={s} by={by} on={s.key === chosen} pick={pick} />)}</ul></details>}
      {rest.shares > 0 && <p className="mw-quiet">{counted(rest.shares, 'other')} with {counted(rest.interfaces, 'interface')} {rest.shares === 1 ? 'is' : 'are'} not told apart.</p>}
    </>
  )
}

function One({ s, by, on, pick }: { s: Share; by: By; on: boolean; pick: Props['pick'] }): ReactNode {
  const name = s.key || bys[by].without
  const without = by === 'tags' && s.key.endsWith('=')
  return (
    <li>
      <button type="button" className="mw-share" aria-pressed={on} onClick={() => pick(on ? undefined : s)} disabled={!s.key} title={s.key ? undefined : 'What has no name cannot be chosen'}>
        <span className="mw-share-name">{without ? <>no <Wire length={60}>{s.key.slice(0, -1)}</Wire></> : <Wire length={60}>{name}</Wire>}{s.account && <span className="mw-quiet"> <Wire length={20}>{s.account}</Wire></span>}</span>
        <span className="mw-share-number">{s.wanted === 0 ? 'none wanted' : <><b>{percent(s.percent)}</b> {digits(s.mirrored)} of {digits(s.wanted)}</>}</span>
        <Bar s={s} />
      </button>
    </li>
  )
}

/** A bar of what is watched. What it says is beside it as a number. */
export function Bar({ s }: { s: Share }): ReactNode {
  const why = sortedStates(s.states).filter(([state]) => state !== 'mirrored').map(([state, n]) => `${digits(n)} ${stateOf(state).name.toLowerCase()}`).join(', ')
  return (
    <span className="mw-bar" aria-hidden="true" title={visible(why)}>
      <span className="mw-bar-full" style={{ width: `${s.wanted === 0 ? 0 : s.percent}%` }} />
    </span>
  )
}
