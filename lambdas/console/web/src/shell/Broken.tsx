// A page that failed: what failed is said, the rest of the console goes on.
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Component, useEffect, useState, type ReactNode } from 'react'
import { visible } from '../ui/Wire'

interface Props {
  path: string
  children: ReactNode
}

/** Holds what a page throws. At another path it begins anew. */
export class Boundary extends Component<Props, { error?: Error }> {
  override state: { error?: Error } = {}

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override componentDidUpdate(before: Props): void {
    if (before.path !== this.props.path && this.state.error) this.setState({ error: undefined })
  }

  override render(): ReactNode {
    const { error } = this.state
    if (!error) return this.props.children
    return isMissingPart(error) ? <MissingPart /> : <Broken error={error} again={() => this.setState({ error: undefined })} />
  }
}

/** Whether a part of the console could not be loaded, in the words of each browser. */
export const isMissingPart = (e: Error): boolean => /dynamically imported module|importing a module script|error loading dynamically|unable to preload/i.test(e.message)

function Broken({ error, again }: { error: Error; again: () => void }): ReactNode {
  return (
    <Box padding="xxl" textAlign="center">
      <Box variant="h1">This page failed</Box>
      <Box variant="p">The fault is in the console, not in your data. The other pages work.</Box>
      <Box variant="p" color="text-body-secondary"><span className="mw-mono">{visible(error.message, 300)}</span></Box>
      <SpaceBetween direction="horizontal" size="xs" alignItems="center"><Button onClick={again}>Try again</Button><Button onClick={() => location.reload()}>Load the console anew</Button></SpaceBetween>
    </Box>
  )
}

// A page loads itself anew at most once a minute: what is missing then is missing for another reason than its age.
const once = 'mirrorwatch.renewed'

function MissingPart(): ReactNode {
  const [found, set] = useState<'asking' | 'newer' | 'missing' | 'unreachable'>('asking')
  useEffect(() => {
    let t: ReturnType<typeof setTimeout>
    const ask = () => void serves().then((script) => {
      const next = script === undefined ? 'unreachable' : script === own() ? 'missing' : 'newer'
      set(next)
      if (next === 'unreachable') t = setTimeout(ask, 5_000)
      else if (next === 'newer' && Date.now() - Number(sessionStorage.getItem(once) ?? 0) > 60_000) {
        sessionStorage.setItem(once, String(Date.now()))
        t = setTimeout(() => location.reload(), 1_500)
      }
    })
    ask()
    return () => clearTimeout(t)
  }, [])
  const says = {
    asking: 'A part of the console could not be loaded.', newer: 'There is a newer version of the console. It is being loaded.',
    missing: 'A part of the console could not be loaded, though the server is there.', unreachable: 'A part of the console could not be loaded: the server cannot be reached. It is tried again by itself.',
  }
  return (
    <Box padding="xxl" textAlign="center">
      <Box variant="h1">{found === 'newer' ? 'A newer version' : 'This page is not there yet'}</Box>
      <div role="status"><Box variant="p">{says[found]}</Box></div>
      <Button onClick={() => location.reload()}>Load the console anew</Button>
    </Box>
  )
}

// own is the script that this page began with, and serves the one that the server has now.
const own = () => document.querySelector('script[type="module"][src]')?.getAttribute('src') ?? ''

async function serves(): Promise<string | undefined> {
  try {
    const answer = await fetch('/', { cache: 'no-store' })
    if (!answer.ok) return undefined
    return /<script[^>]+type="module"[^>]*\ssrc="([^"]+)"/.exec(await answer.text())?.[1] ?? ''
  } catch {
    return undefined
  }
}
