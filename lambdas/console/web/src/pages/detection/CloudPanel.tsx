// What the rest of AWS knows of a detection. What is missing is said, and why.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Detection } from '../../api/names'
import { Empty } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { CloudCalls } from './CloudCalls'
import { CloudCounters, CloudFlows } from './CloudFlows'
import { CloudWho } from './CloudWho'
import { sourceGives, sourceStatus, sourceWord } from './words'

type Context = Schemas['Context']

export function CloudPanel({ d }: { d: Detection }): ReactNode {
  const c = d.context
  const description = c && <>As of <Time at={c.made} label />{c.complete ? '' : '. It is completed by itself when what is waited for has come'}</>
  return (
    <Container header={<Header variant="h2" description={description}>Cloud context</Header>}>
      {c ? <Content c={c} /> : <Empty>Correlation has not looked at this detection yet. It does some seconds after the detector.</Empty>}
    </Container>
  )
}

function Content({ c }: { c: Context }): ReactNode {
  return (
    <SpaceBetween size="l">
      <Sources of={c.sources} />
      {c.feed && <StatusIndicator type={c.feed.complete ? 'success' : 'warning'}><Wire>{c.feed.sentence}</Wire></StatusIndicator>}
      <CloudWho of={c.who ?? []} />
      <CloudCalls of={c.calls ?? []} adjustments={c.adjustments ?? []} />
      {c.flows && <CloudFlows f={c.flows} />}
      <CloudCounters of={c.counters ?? []} />
    </SpaceBetween>
  )
}

function Sources({ of }: { of: Context['sources'] }): ReactNode {
  return (
    <ul className="mw-sources" aria-label="Where this comes from">
      {of.map((s) => {
        const word = sourceStatus[s.status]
        return (
          <li key={s.source}>
            <b>{sourceWord[s.source]}</b>
            <StatusIndicator type={word.type}>{word.text}</StatusIndicator>
            <span className="mw-quiet">
              {s.why ? <Wire length={300}>{s.why}</Wire> : sourceGives[s.source]}
              {s.through && <> (until <Time at={s.through} label />)</>}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
