// Where a query is written: with what may come next offered below, and what the API found wrong shown in its place.
import Button from '@cloudscape-design/components/button'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { Problem } from '../api/client'
import { useKeys } from '../state/keys'
import { visible } from '../ui/Wire'
import { completed, placeAt, suggestions, type Place, type Suggestion } from './complete'
import type { Field } from './fields'
import { Trouble } from './Trouble'
import './querybar.css'

export interface Offered {
  text: string
  note: string
}

interface Props {
  query: string // what the page shows
  fields: readonly Field[]
  kinds: readonly string[] // the kinds that are chosen: only their fields are offered
  useValues: (field: string | undefined) => readonly Offered[] // the values of a field, most frequent first
  problem?: Problem // what the API said of `query`
  run: (query: string) => void
  children?: ReactNode // behind the button: help
}

/** The query bar. Enter runs; arrows choose among what is offered. */
export function QueryBar({ query, fields, kinds, useValues, problem, run, children }: Props): ReactNode {
  const [text, setText] = useState(query)
  useEffect(() => setText(query), [query])
  const field = useRef<HTMLInputElement>(null)
  useKeys([{ key: 'f', does: 'To the query', run: () => field.current?.focus() }])
  const offer = useOffer(text, setText, fields, kinds, useValues, field)
  const id = useId()
  const changed = text !== query
  const press = (e: KeyboardEvent) => {
    if (offer.press(e.key)) return e.preventDefault()
    if (e.key !== 'Enter') return
    offer.close()
    run(text.trim())
  }
  return (
    <div className="mw-query" role="search" aria-label="Records">
      <div className="mw-query-row">
        <div className="mw-query-field">
          <input
            ref={field} type="text" role="combobox" aria-label="Query" aria-expanded={offer.open} aria-controls={`${id}-list`} aria-autocomplete="list"
            aria-activedescendant={offer.open && offer.at >= 0 ? `${id}-${offer.at}` : undefined} aria-describedby={problem ? `${id}-trouble` : undefined}
            aria-invalid={problem !== undefined && !changed} value={text} placeholder='All records. For example: kind = dns and query ~ ".example"' maxLength={8192}
            spellCheck={false} autoComplete="off" autoCapitalize="off"
            onChange={(e) => { setText(e.target.value); offer.moved(e.target.selectionStart) }}
            onSelect={(e) => offer.moved(e.currentTarget.selectionStart)} onFocus={(e) => offer.moved(e.currentTarget.selectionStart)}
            onClick={offer.wake} onBlur={offer.close} onKeyDown={press}
          />
          <Offer id={id} offer={offer} />
        </div>
        <Button variant={changed ? 'primary' : 'normal'} onClick={() => run(text.trim())}>Search</Button>
        {text !== '' && <Button iconName="close" ariaLabel="Clear the query" onClick={() => { setText(''); run('') }} />}
        {children}
      </div>
      <div id={`${id}-trouble`}>{problem && <Trouble query={query} problem={problem} />}</div>
    </div>
  )
}

interface OfferState {
  open: boolean
  at: number // the one that Enter takes; -1: none
  all: readonly Suggestion[]
  press: (key: string) => boolean // whether the key was for what is offered
  take: (s: Suggestion) => void
  moved: (caret: number | null) => void
  wake: () => void
  close: () => void
}

// useOffer keeps what is offered. It opens when somebody types or asks with an arrow, and never by the mere focus: who only presses Enter runs what is there.
function useOffer(
  text: string, setText: (t: string) => void, fields: readonly Field[], kinds: readonly string[], useValues: Props['useValues'], input: { current: HTMLInputElement | null },
): OfferState {
  const [caret, setCaret] = useState(text.length)
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const next = useRef<number>(undefined)
  const place: Place = placeAt(text, caret)
  const values = useValues(open && place.want === 'value' ? place.field : undefined)
  const all = open ? suggestions(place, fields, kinds, values) : []
  useEffect(() => {
    if (next.current === undefined) return
    input.current?.setSelectionRange(next.current, next.current)
    next.current = undefined
  })
  const take = (s: Suggestion) => {
    const got = completed(text, place, s)
    next.current = got.caret
    setText(got.text)
    setCaret(got.caret)
    setAt(-1)
  }
  const press = (key: string): boolean => {
    const shown = open && all.length > 0
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      if (shown) setAt((at + (key === 'ArrowDown' ? 1 : all.length + (at < 0 ? 0 : -1))) % all.length)
      setOpen(true)
      return true
    }
    const chosen = shown ? all[at] : undefined
    if (key === 'Escape' && open) setOpen(false)
    else if (key === 'Enter' && chosen) take(chosen)
    else return false
    return true
  }
  const moved = (to: number | null) => {
    const c = to ?? text.length
    if (c === caret) return
    setCaret(c)
    setAt(-1)
    if (document.activeElement === input.current) setOpen(true)
  }
  return { open: open && all.length > 0, at, all, press, take, moved, wake: () => setOpen(true), close: () => { setOpen(false); setAt(-1) } }
}

function Offer({ id, offer }: { id: string; offer: OfferState }): ReactNode {
  const chosen = useRef<HTMLLIElement>(null)
  useEffect(() => {
    chosen.current?.scrollIntoView?.({ block: 'nearest' }) // newer browsers give a promise, which is nothing to clean up with
  }, [offer.at])
  return (
    <ul id={`${id}-list`} role="listbox" aria-label="What may come next" className="mw-offer" hidden={!offer.open}>
      {offer.all.map((s, i) => (
        <li
          key={s.insert} id={`${id}-${i}`} ref={i === offer.at ? chosen : undefined} role="option" aria-selected={i === offer.at}
          onMouseDown={(e) => { e.preventDefault(); offer.take(s) }}
        >
          <span className="mw-mono">{visible(s.insert, 90)}</span> <span className="mw-dim">{visible(s.note, 90)}</span>
        </li>
      ))}
    </ul>
  )
}
