// How a query is written, with examples that run.
import Button from '@cloudscape-design/components/button'
import Popover from '@cloudscape-design/components/popover'
import { useId, useState, type ReactNode } from 'react'

export const examples: readonly (readonly [query: string, text: string])[] = [
  ['kind = dns and rcode_name != NOERROR', 'names that did not resolve'],
  ['kind = ssl and not server_name = *.example.org', 'TLS to any name but those'],
  ['addr = 10.20.0.0/16 and (port = 22 or service = ssh)', 'SSH of a network'],
  ['kind = conn and orig_bytes > 1000000', 'conversations that sent more than 1 MB'],
  ['kind = http and status_code in (401, 403)', 'refused requests'],
  ['user_agent ~ curl', 'a text that has a word in it'],
  ['exists ja4 and duration > 5m', 'a field that must be there; a duration'],
  ['"password"', 'a word in any text'],
]

const rules: readonly (readonly [string, string])[] = [
  ['= !=', 'is, is not. Of an address, a network will do: 10.0.0.0/8. Of text, * is anything. Capitals do not matter.'],
  ['~', 'has the text in it'],
  ['< <= > >=', 'numbers, times (2026-01-31T12:00:00Z) and durations (90s, 5m)'],
  ['in (a, b)', 'any of these; not in (a, b): none of them'],
  ['exists f', 'the record has the field'],
  ['and or not ( )', 'together. A record that lacks a field meets no comparison with it, != neither.'],
  ['addr port host any', 'stand for several fields: any address, either port, any name, any text'],
]

const keys: readonly (readonly [string, string])[] = [
  ['f', 'to the query'], ['↓ ↑', 'choose what is offered'], ['Enter', 'take it, or search'], ['Esc', 'close what is offered'], ['j k', 'next record, record before'], ['Enter', 'open or close the record'],
]

/** A button that shows how queries are written. */
export function Help({ run }: { run: (query: string) => void }): ReactNode {
  const [round, close] = useState(0)
  return (
    <Popover
      key={round} size="large" position="bottom" triggerType="custom" header="How to write a query" dismissAriaLabel="Close"
      content={<Rules run={(q) => { run(q); close(round + 1) }} />}
    >
      <Button iconName="status-info" ariaLabel="How to write a query" />
    </Popover>
  )
}

function Rules({ run }: { run: (query: string) => void }): ReactNode {
  const id = useId()
  return (
    <div className="mw-help">
      <h3 id={id}>Examples: choose one to run it</h3>
      <ul aria-labelledby={id}>
        {examples.map(([q, text]) => <li key={q}><button type="button" className="mw-example" onClick={() => run(q)}><code>{q}</code></button> <span className="mw-quiet">{text}</span></li>)}
      </ul>
      <Pairs title="Comparisons" of={rules} />
      <Pairs title="Keys" of={keys} />
    </div>
  )
}

function Pairs({ title, of }: { title: string; of: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <>
      <h3>{title}</h3>
      <dl>{of.map(([a, b]) => <div key={a + b}><dt><code>{a}</code></dt><dd>{b}</dd></div>)}</dl>
    </>
  )
}
