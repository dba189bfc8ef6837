// What a page begins with: where it is, its heading, the time it looks at, how old what it shows is, and what can be done.
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import Button from '@cloudscape-design/components/button'
import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import { useEffect, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import type { Reading } from '../api/read'
import { useNow } from '../state/now'
import { useLink } from '../state/url'
import { lasting } from '../state/zone'
import { SpanPicker } from './SpanPicker'
import './page.css'

interface Props {
  title: ReactNode
  tab?: string // for the browser's tab, where the page's own title would say too little
  counter?: string // "57" or "57 of 412"; brackets are put around it
  description?: ReactNode
  within?: { text: string; to: string }[] // the pages above it, outermost first; this page's name comes from `tab`
  span?: true | { byDefault?: string; longest?: number } // offers the time to look at
  of?: readonly Reading<unknown>[] // what the page reads: refreshed together, and the oldest says how old the page is
  actions?: ReactNode
  children: ReactNode
}

/** A page with its heading. */
export function Page({ title, tab, counter, description, within, span, of, actions, children }: Props): ReactNode {
  useEffect(() => {
    if (tab) document.title = `${tab} · Mirrorwatch`
  }, [tab])
  return (
    <ContentLayout
      breadcrumbs={within && <Within places={within} here={tab ?? (typeof title === 'string' ? title : '')} />}
      header={
        <div className="mw-page-head">
          <div className="mw-page-title">
            <Header variant="h1" counter={counter === undefined ? undefined : `(${counter})`}>{title}</Header>
          </div>
          <div className="mw-page-actions">
            {span && <SpanPicker {...(span === true ? {} : span)} />}
            {of && of.length > 0 && <Refresh of={of} />}
            {actions}
          </div>
          {description && <div className="mw-page-description mw-quiet">{description}</div>}
        </div>
      }
    >
      {children}
    </ContentLayout>
  )
}

function Within({ places, here }: { places: { text: string; to: string }[]; here: string }): ReactNode {
  const [, navigate] = useLocation()
  const link = useLink()
  return (
    <BreadcrumbGroup
      ariaLabel="Where this page is"
      items={[...places.map((p) => ({ text: p.text, href: link(p.to) })), { text: here, href: '' }]}
      onFollow={(e) => {
        e.preventDefault()
        if (e.detail.href) navigate(e.detail.href)
      }}
    />
  )
}

/** Asks for everything anew, and says how old the oldest is. */
export function Refresh({ of }: { of: readonly Reading<unknown>[] }): ReactNode {
  const now = useNow(5_000)
  const known = of.filter((r) => r.since > 0).map((r) => r.since)
  const age = known.length > 0 ? ageText(now - Math.min(...known)) : undefined
  const busy = of.some((r) => r.refreshing)
  return (
    <span className="mw-refresh">
      {age && <span className="mw-quiet">{age}</span>}
      <Button iconName="refresh" ariaLabel={age ? `Refresh; what is shown came ${age}` : 'Refresh'} loading={busy} loadingText="Refreshing" onClick={() => of.forEach((r) => r.again())} />
    </span>
  )
}

/** Says how long ago something came; under ten seconds it is now. */
export const ageText = (ms: number): string => (ms < 10_000 ? 'just now' : `${lasting(Math.floor(ms / 5_000) * 5_000)} ago`)
