// Text that came off the wire, and was written by whoever wanted to.
import { useState, type ReactNode } from 'react'
import './wire.css'

const most = 300
const mostWhole = 32 // characters that a column of a printed table has room for

// Control characters, and those that turn the direction of what follows or show as nothing.
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu

const short: Record<number, string> = { 0: '\\0', 9: '\\t', 10: '\\n', 13: '\\r', 27: '\\e' }

/** Writes a character that cannot be seen so that it can. */
export function escaped(c: string): string {
  const code = c.codePointAt(0) ?? 0
  return short[code] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
}

/** Gives the text with everything visible, for where only a string will do (titles, labels for screen readers, options of a list). */
export function visible(text: string, length = most): string {
  return cut(text, length).replace(unseen, escaped) + (text.length > length ? '…' : '')
}

// Half of a surrogate pair is not left over, nor an ellipsis of the text's own before the one that says that it goes on.
const cut = (text: string, length: number) => (text.length > length ? text.slice(0, length).replace(/[\ud800-\udbff]$|[\s…]+$/, '') : text)

interface Props {
  children: string | undefined | null
  length?: number // characters shown before the rest has to be asked for; 300 where absent
  mono?: boolean
  whole?: boolean // offer the rest in place; else it is in the title
}

/** Shows text of the wire: inert, its direction its own, what cannot be seen made visible, and never longer than fits. */
export function Wire({ children, length = most, mono, whole }: Props): ReactNode {
  const [open, setOpen] = useState(false)
  const text = children ?? ''
  const shown = open ? text : cut(text, length)
  const long = text.length > length
  return (
    <bdi className={`mw-wire${mono ? ' mw-mono' : ''}${shown.length > mostWhole ? ' mw-wire-long' : ''}`} title={long && !whole ? visible(text, 2000) : undefined}>
      {pieces(shown)}
      {long && !open && '…'}
      {long && whole && (
        <button type="button" className="mw-more" onClick={() => setOpen(!open)}>
          {open ? 'less' : `all ${text.length.toLocaleString('en')} characters`}
        </button>
      )}
    </bdi>
  )
}

function pieces(text: string): ReactNode[] {
  const out: ReactNode[] = []
  let from = 0
  for (const m of text.matchAll(unseen)) {
    if (m.index > from) out.push(text.slice(from, m.index))
    out.push(<span key={m.index} className="mw-unseen">{escaped(m[0])}</span>)
    from = m.index + m[0].length
  }
  out.push(text.slice(from))
  return out
}
