// A panel, and every state it can be in: loading, empty, failed, partial, stale.
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useEffect, useState, type ReactNode } from 'react'
import type { Reading } from '../api/read'
import type { Problem } from '../api/client'
import { Time } from './Time'

interface ReadProps<T> {
  of: Reading<T>
  empty?: (data: T) => ReactNode // what to show where there is nothing, or undefined where there is something
  lines?: number // of the shape that stands while it loads
  children: (data: T) => ReactNode
}

/** What a Reading says, or why it says nothing. */
export function Read<T>({ of, empty, lines = 3, children }: ReadProps<T>): ReactNode {
  if (of.state === 'loading') return <Loading lines={lines} />
  if (of.state === 'failed' || of.data === undefined) return <Failed problem={of.problem} again={of.again} />
  const nothing = empty?.(of.data)
  return (
    <>
      {of.state === 'stale' && <Stale of={of} />}
      <Partial data={of.data} />
      {nothing ? <Empty>{nothing}</Empty> : children(of.data)}
    </>
  )
}

interface PanelProps<T> extends ReadProps<T> {
  title: string
  count?: (data: T) => ReactNode
  description?: ReactNode
  actions?: ReactNode
}

/** A container with a heading, around what is read. */
export function Panel<T>({ title, count, description, actions, ...read }: PanelProps<T>): ReactNode {
  const counted = read.of.data !== undefined ? count?.(read.of.data) : undefined
  return (
    <Container header={<Header variant="h2" counter={counted === undefined ? undefined : `(${counted})`} description={description} actions={actions}>{title}</Header>}>
      <Read {...read} />
    </Container>
  )
}

/** Shapes where text will be; not before 150 ms have passed, since most answers are there by then. */
export function Loading({ lines }: { lines: number }): ReactNode {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const t = setTimeout(() => setLate(true), 150)
    return () => clearTimeout(t)
  }, [])
  return (
    <div role="status" aria-live="polite" className="mw-loading">
      <span className="mw-hidden">Loading</span>
      {late && Array.from({ length: lines }, (_, i) => <div key={i} className="mw-shape" />)}
    </div>
  )
}

/** What went wrong, in plain words, and that it is being tried again. */
export function Failed({ problem, again }: { problem?: Problem; again?: () => void }): ReactNode {
  const passing = problem?.passing ?? true
  return (
    <div role="alert" className="mw-state">
      <StatusIndicator type={passing ? 'warning' : 'error'}>{problem?.title ?? 'Nothing came'}</StatusIndicator>
      {problem?.detail && problem.detail !== problem.title && <span>{problem.detail}</span>}
      {passing && <span className="mw-quiet">It is tried again by itself.</span>}
      {again && <Button variant="inline-link" onClick={again}>Try now</Button>}
    </div>
  )
}

function Stale<T>({ of }: { of: Reading<T> }): ReactNode {
  return (
    <div role="status" className="mw-state">
      <StatusIndicator type="warning">As of <Time at={of.since} label /></StatusIndicator>
      <span className="mw-quiet">{of.problem?.title}. It is tried again by itself.</span>
      <Button variant="inline-link" onClick={of.again}>Try now</Button>
    </div>
  )
}

/** Says what is missing where an answer says that it is not complete. */
function Partial({ data }: { data: unknown }): ReactNode {
  const d = data as { complete?: unknown; why?: unknown }
  if (typeof data !== 'object' || data === null || d.complete !== false || typeof d.why !== 'string') return null
  return <div className="mw-state"><StatusIndicator type="info">Not everything: {d.why}</StatusIndicator></div>
}

export function Empty({ children }: { children: ReactNode }): ReactNode {
  return <Box textAlign="center" color="text-body-secondary" padding={{ vertical: 'm' }}>{children}</Box>
}
