import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { ReactNode } from 'react'
import { api, told } from '../../api/client'
import { useRead } from '../../api/read'
import { Page } from '../../ui/Page'
import { Panel } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { bytes, digits } from '../../ui/number'

/** What runs here, how much it keeps, and how its sensors fare. */
export default function About(): ReactNode {
  const status = useRead(['status'], (signal) => told(api.GET('/v1/status', { signal })), { every: 30_000 })
  return (
    <Page title="About" of={[status]}>
      <Panel title="This system" of={status}>
        {(s) => (
          <KeyValuePairs
            columns={3}
            items={[
              { label: 'Version', value: s.version },
              { label: 'Its clock', value: <Time at={s.time} label /> },
              { label: 'Records kept', value: s.records ? `${digits(s.records.records)} (${bytes(s.records.bytes)})` : 'Not counted here' },
            ]}
          />
        )}
      </Panel>
    </Page>
  )
}
