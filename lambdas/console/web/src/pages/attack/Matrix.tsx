// The matrix. One stop of the keyboard: arrows lead through it. Each cell leads to the detections of its technique.
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { parentOf, techniqueName, techniqueShort } from '../../attack/techniques'
import { useKept } from '../../state/kept'
import { Link } from 'wouter'
import { useLink } from '../../state/url'
import { bandOf, bandWord } from '../../ui/Band'
import { counted, digits } from '../../ui/number'
import { visible } from '../../ui/Wire'
import { cellText, moved, type Cell, type Column, type Place } from './matrix'

export function Matrix({ columns }: { columns: readonly Column[] }): ReactNode {
  const help = useId()
  const [stop, setStop] = useState<Place>({ column: 0, row: 0 })
  const box = useRef<HTMLDivElement>(null)
  const place = columns[stop.column]?.cells[stop.row] ? stop : { column: 0, row: 0 }
  const key = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return
    const next = moved(columns, place, e.key)
    if (!next) return
    e.preventDefault()
    setStop(next)
    box.current?.querySelector<HTMLElement>(`[data-place="${next.column} ${next.row}"]`)?.focus()
  }
  return (
    <>
      <p id={help} className="mw-hidden">Arrow keys lead through the matrix. Enter shows the detections of a technique.</p>
      <div className="mw-matrix" ref={box} onKeyDown={key} role="group" aria-label="ATT&CK matrix" aria-describedby={help}>
        {columns.map((c, column) => (
          <section key={c.id} className="mw-matrix-column" aria-labelledby={`tactic-${c.id || 'none'}`}>
            <h3 id={`tactic-${c.id || 'none'}`} className="mw-matrix-head">{c.name}<span className="mw-quiet">{c.id && `${c.id} · `}{digits(c.seen)} of {digits(c.cells.length)} seen</span></h3>
            <ul>
              {c.cells.map((cell, row) => (
                <li key={cell.id}><One cell={cell} at={`${column} ${row}`} stop={place.column === column && place.row === row} focus={() => setStop({ column, row })} /></li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  )
}

function One({ cell: c, at, stop, focus }: { cell: Cell; at: string; stop: boolean; focus: () => void }): ReactNode {
  const link = useLink()
  const kept = useKept()
  const band = c.count > 0 ? bandOf(c.score) : undefined
  const parent = parentOf(c.id)
  const query = { ...kept, last: kept.from ? undefined : kept.last ?? '7d', technique: c.id }
  return (
    <Link href={link('/detections', query)} className={`mw-cell ${band ? `mw-cell-seen mw-cell-${band}` : 'mw-cell-quiet'}`} data-place={at} tabIndex={stop ? 0 : -1} aria-label={visible(cellText(c, (n) => counted(n, 'detection')), 400)} title={visible(cellText(c, (n) => counted(n, 'detection')), 400)} onFocus={focus}>
      <span className="mw-cell-name">{visible(techniqueShort(c.id), 60)}</span>
      <span className="mw-cell-id">{visible(c.id, 20)}{parent !== c.id && ` ${visible(techniqueName(parent) === parent ? techniqueName(c.id).split(': ')[0] ?? '' : techniqueName(parent), 40)}`}</span>
      <span className="mw-cell-count">
        {band ? <><b className={`mw-cell-badge mw-band-${band}`}>{c.score} {bandWord[band]}</b> {digits(c.count)} seen{c.subs > 0 && ', with sub-techniques'}</> : c.types.length === 0 ? 'Switched off' : 'Quiet'}
      </span>
    </Link>
  )
}
