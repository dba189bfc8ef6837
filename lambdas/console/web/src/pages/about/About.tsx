import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useRead } from '../../api/read'
import { lasting } from '../../state/zone'
import { Page } from '../../ui/Page'
import { Loading, Panel } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { bytes, digits } from '../../ui/number'
import { asked, isOff } from './clock'
import { Sensors } from './Sensors'
import './about.css'

const Notices = lazy(() => import('./Notices'))

/** What runs here, how much it keeps, how its sensors fare, and what it is made of. */
export default function About(): ReactNode {
  const status = useRead(['status'], asked, { every: 30_000 })
  return (
    <Page title="About" of={[status]}>
      <SpaceBetween size="l">
        <Panel title="This system" of={status}>
          {(s) => (
            <SpaceBetween size="m">
              {isOff(s) && <Clock ahead={s.ahead} />}
              <KeyValuePairs
                columns={4}
                items={[
                  { label: 'Version', value: <Wire length={80}>{s.version}</Wire> },
                  { label: 'Its clock', value: <div><Time at={s.time} label />{!isOff(s) && <div className="mw-quiet">as this browser’s</div>}</div> },
                  { label: 'Records kept', value: s.records ? `${digits(s.records.records)}, ${bytes(s.records.bytes)} on disk` : 'Not counted here' },
                  { label: 'The oldest of them', value: s.records?.oldest ? <Time at={s.records.oldest} label /> : '–' },
                ]}
              />
            </SpaceBetween>
          )}
        </Panel>
        <Panel title="Sensors" of={status} count={(s) => digits(s.sensors.length)} empty={(s) => s.sensors.length === 0 && 'No sensor has been heard of within a day. Nothing new is seen until one runs.'}>
          {(s) => <Sensors of={s.sensors} />}
        </Panel>
        <Keyboard />
        <Licences />
      </SpaceBetween>
    </Page>
  )
}

function Clock({ ahead }: { ahead: number }): ReactNode {
  return (
    <Alert type="warning" header={`The server’s clock is ${lasting(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} this browser’s`}>
      “The last hour” is counted by this browser: what is newest may be missing from what the console shows, or seem to lie in the future. One of the two clocks wants to be set.
    </Alert>
  )
}

function Keyboard(): ReactNode {
  const keys: [string, string][] = [['?', 'every key that holds on the page that is shown'], ['/', 'search for a device, an address, a domain or a detection'], ['j  k', 'the next and the one before, in a list'], ['Enter', 'open it'], ['a', 'acknowledge it'], ['Tab', 'everything else: nothing here needs a mouse']]
  return (
    <Container header={<Header variant="h2">Keyboard</Header>}>
      <dl className="mw-about-keys">{keys.map(([key, does]) => <div key={key}><dt>{key.split('  ').map((k) => <kbd key={k}>{k}</kbd>)}</dt><dd>{does}</dd></div>)}</dl>
    </Container>
  )
}

function Licences(): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <Container header={<Header variant="h2" description="Mirrorwatch is free software under the Apache License 2.0. It comes without any warranty." actions={<Button ariaExpanded={open} onClick={() => setOpen(!open)}>{open ? 'Hide' : 'Show'} what others made</Button>}>Licence</Header>}>
      {open ? <Suspense fallback={<Loading lines={6} />}><Notices /></Suspense> : 'The console is built on packages of others, each under a licence of its own.'}
    </Container>
  )
}
