import { useEffect, type ReactNode } from 'react'

/** Names the browser's tab after the page. */
export function Titled({ title, children }: { title: string; children: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${title} · Mirrorwatch`
  }, [title])
  return children
}
