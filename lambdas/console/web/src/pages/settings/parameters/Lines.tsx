import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Textarea from '@cloudscape-design/components/textarea'
import { useCallback, useEffect, useRef, type ReactNode } from 'react'
import type { Problem } from '../../../api/client'
import { rangeOf, refused, type Refused } from './lines'

interface Props {
  text: string
  change: (text: string) => void
  problem?: Problem
  description: string
  allowed: string
}

const shown = 20

/** A list with one value a line. A line that the API refuses is named, marked, and brought into sight. */
export function Lines({ text, change, problem, description, allowed }: Props): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const wrong = refused(problem, text, allowed)
  const latest = useRef({ wrong, text })
  latest.current = { wrong, text }
  const mark = useCallback((line: number) => {
    const area = box.current?.querySelector('textarea')
    if (area) select(area, rangeOf(latest.current.text, line))
  }, [])
  useEffect(() => {
    const line = problem && latest.current.wrong.find((w) => w.line)?.line
    if (line) mark(line)
  }, [problem, mark])
  const rows = Math.min(16, Math.max(4, text.split('\n').length + 1))
  return (
    <div ref={box}>
      <FormField label="One value a line" description={description} constraintText={`Allowed is ${allowed}.`} errorText={wrong.length > 0 && <Wrong of={wrong} mark={mark} />} stretch>
        <Textarea value={text} rows={rows} spellcheck={false} onChange={(e) => change(e.detail.value)} />
      </FormField>
    </div>
  )
}

function Wrong({ of, mark }: { of: Refused[]; mark: (line: number) => void }): ReactNode {
  return (
    <>
      {of.slice(0, shown).map((w, i) => (
        <span key={i} className="mw-settings-line">
          {w.line !== undefined && <><Button variant="inline-link" formAction="none" ariaLabel={`To line ${w.line}`} onClick={() => mark(w.line ?? 1)}>{`Line ${w.line}`}</Button>: </>}
          {w.text}
        </span>
      ))}
      {of.length > shown && <span className="mw-settings-line">and {of.length - shown} more</span>}
    </>
  )
}

// select marks a part of what is typed, and has the browser scroll to it: it does where the focus comes to a caret, and so the caret is there first.
function select(area: HTMLTextAreaElement, [from, to]: [number, number]): void {
  area.blur()
  area.setSelectionRange(from, from)
  area.focus()
  area.setSelectionRange(from, to)
}
