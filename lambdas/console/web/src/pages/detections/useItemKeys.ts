// The keyboard in the list. What has the focus is the current one: j and k lead from link to link, wherever in the page they are.
import { useKeys } from '../../state/keys'

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

interface Does {
  acknowledge: (id: string) => void
  choose: (id: string) => void
}

export function useItemKeys({ acknowledge, choose }: Does): void {
  const on = (f: (id: string) => void) => () => {
    const id = current()
    if (id) f(id)
    else move(1)
  }
  useKeys([
    { key: 'j', does: 'Next detection', run: () => move(1) },
    { key: 'k', does: 'Previous detection', run: () => move(-1) },
    { key: 'Enter', does: 'Open the detection', run: () => document.activeElement?.closest('article, tr')?.querySelector<HTMLElement>('[data-item] a')?.click() },
    { key: 'a', does: 'Acknowledge it', run: on(acknowledge) },
    { key: 'x', does: 'Select it', run: on(choose) },
  ])
}
