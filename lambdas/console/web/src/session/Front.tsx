import type { ReactNode } from 'react'
import './session.css'

/** What stands before the console: one card in the middle. */
export function Front({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <main className="mw-front">
      <div className="mw-front-card">
        <p className="mw-front-name"><img src="/favicon.svg" alt="" width="28" height="28" /> Mirrorwatch</p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}
