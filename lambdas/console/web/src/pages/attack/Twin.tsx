import { useCollection } from '@cloudscape-design/collection-hooks'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useMemo, type ReactNode } from 'react'
import { tacticName } from '../../attack/tactics'
import { techniqueURL } from '../../attack/techniques'
import { csv, fileName, saveText } from '../../export/rows'
import { useKept } from '../../state/kept'
import type { Query } from '../../state/url'
import { Score } from '../../ui/Band'
import { Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { visible } from '../../ui/Wire'
import type { Cell } from './matrix'

const tacticsText = (c: Cell) => c.tactics.map(tacticName).join(', ') || 'Not known'

export const csvOf = (cells: readonly Cell[]): string =>
  csv(['technique', 'name', 'tactics', 'detections', 'open', 'highest_risk', 'types', 'types_switched_off'], cells.map((c) => [c.id, c.name, tacticsText(c), c.count, c.open, c.score, c.types.join('; '), c.off]))

const columns = (kept: Query): TableProps.ColumnDefinition<Cell>[] => [
  { id: 'id', header: 'Technique', isRowHeader: true, minWidth: 240, sortingField: 'id', cell: (c) => <span className="mw-cell-wrap"><Go to="/detections" query={{ ...kept, technique: c.id }}>{visible(c.id, 20)} {c.name !== c.id && c.name}</Go>{c.subs > 0 && <span className="mw-dim"> with its sub-techniques</span>}</span> },
  { id: 'tactics', header: 'Tactics', minWidth: 160, cell: (c) => <span className="mw-cell-wrap">{tacticsText(c)}</span> },
  { id: 'score', header: 'Highest risk', sortingField: 'score', cell: (c) => (c.count > 0 ? <Score score={c.score} /> : <span className="mw-quiet">Quiet</span>) },
  { id: 'count', header: 'Detections', sortingField: 'count', cell: (c) => digits(c.count) },
  { id: 'open', header: 'Open', sortingField: 'open', cell: (c) => digits(c.open) },
  { id: 'types', header: 'Looked for by', minWidth: 220, cell: (c) => <span className="mw-cell-wrap">{c.types.length > 0 ? visible(c.types.join(', '), 300) : c.off > 0 ? 'Switched off' : 'Nothing in the catalogue'}</span> },
  { id: 'more', header: 'ATT&CK', cell: (c) => { const url = techniqueURL(c.id); return url ? <a className="mw-link" href={url} target="_blank" rel="noreferrer noopener" aria-label={`${c.id} at attack.mitre.org, in a new tab`}>Page</a> : null } },
]

/** The matrix as a table. */
export function Twin({ cells, at }: { cells: readonly Cell[]; at: number }): ReactNode {
  const kept = useKept()
  const defined = useMemo(() => columns(kept), [kept.last, kept.from, kept.to]) // eslint-disable-line
  const { items, collectionProps } = useCollection(cells, { sorting: { defaultState: { sortingColumn: { sortingField: 'score' }, isDescending: true } } })
  return (
    <Table
      {...collectionProps} variant="embedded" items={items} trackBy="id" columnDefinitions={defined} enableKeyboardNavigation ariaLabels={{ tableLabel: 'Techniques' }}
      header={<Header variant="h3" counter={`(${digits(cells.length)})`} actions={<Button iconName="download" onClick={() => saveText(fileName('attack', at), csvOf(cells))}>CSV</Button>}>Techniques</Header>}
    />
  )
}
