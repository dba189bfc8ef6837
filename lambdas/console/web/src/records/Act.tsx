import type { ReactNode } from 'react'

/** A small button with a sign on it. A record has a hundred of them: they are the browser's own, which are drawn at once. */
export function Act({ name, run, children }: { name: string; run: () => void; children: ReactNode }): ReactNode {
  return <button type="button" className="mw-act" aria-label={name} title={name} onClick={run}><span aria-hidden="true">{children}</span></button>
}
