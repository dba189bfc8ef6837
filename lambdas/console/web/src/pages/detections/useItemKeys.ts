// The keyboard in the list. What has the focus is the current one: j and k lead from link to link, wherever in the page they are.
import { useCallback } from 'react'
import type { Detection } from '../../api/names'
import { statusWord } from '../../detections/names'
import { useTell } from '../../shell/Messages'
import { useKeys } from '../../state/keys'
import { useDenied } from '../../state/me'
import { visible } from '../../ui/Wire'
import type { Choice } from './choice'
import { useFound } from './data'
import type { Triage } from './triage'

const links = () => [...document.querySelectorAll<HTMLElement>('[data-item] a')]

// current gives the detection whose card or row has the focus.
function current(): string | undefined {
  const row = document.activeElement?.closest('article, tr')
  return row?.querySelector('[data-item]')?.getAttribute('data-item') ?? undefined
}

function move(by: 1 | -1): void {
  const all = links()
  const id = current()
  const at = all.findIndex((a) => a.closest('[data-item]')?.getAttribute('data-item') === id)
  const next = all[at < 0 ? 0 : at + by]
  next?.focus({ preventScroll: true })
  next?.closest('article, tr')?.scrollIntoView({ block: 'nearest' })
}

/** Lets keys lead through whatever detections are shown, select them, and acknowledge. */
export function useItemKeys(choice: Choice, acknowledge: (d: Detection) => void): void {
  const found = useFound()
  const on = (f: (d: Detection) => void) => () => {
    const d = found(current() ?? '')
    if (d) f(d)
    else move(1)
  }
  useKeys([
    { key: 'j', does: 'Next detection', run: () => move(1) },
    { key: 'k', does: 'Previous detection', run: () => move(-1) },
    {
      key: 'Enter',
      does: 'Open the detection',
      run: () => document.activeElement?.closest('article, tr')?.querySelector<HTMLElement>('[data-item] a')?.click(),
    },
    { key: 'a', does: 'Acknowledge it', run: on(acknowledge) },
    { key: 'x', does: 'Select it', run: on((d) => choice.choose(d, !choice.items.has(d.id))) },
  ])
}

/** Gives what acknowledges one that is open, and says why not where it does not. */
export function useAcknowledge(triage: Triage): (d: Detection) => void {
  const tell = useTell()
  const denied = useDenied('updateDetection')
  const one = triage.one
  return useCallback(
    (d) => {
      if (denied) return tell({ type: 'info', id: 'denied', text: denied })
      if (d.status !== 'open')
        return tell({
          type: 'info',
          id: 'not-open',
          text: `${visible(d.title, 60)} is ${statusWord[d.status].toLowerCase()} already. Nothing was changed.`,
        })
      void one(d, { status: 'acknowledged' })
    },
    [tell, denied, one],
  )
}
