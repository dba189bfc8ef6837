import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useRead } from '../../../api/read'
import { useEditing } from '../../../state/editing'
import { useCatalogue } from '../../../detections/suggest'
import { Page } from '../../../ui/Page'
import { Read } from '../../../ui/Panel'
import { Detectors } from './Detectors'
import { EditParameter } from './EditParameter'
import { groups, type Parameter } from './names'
import { ParameterTable } from './ParameterTable'

/** What holds for the whole system: what is ours, how long things are kept, and how sensitive each detector is. */
export default function Parameters(): ReactNode {
  const parameters = useRead(['parameters'], (signal) => told(api.GET('/v1/parameters', { signal })))
  const catalogue = useCatalogue()
  const [editing, edit] = useEditing()
  const named = (name: string) => parameters.data?.items.find((p) => p.name === name)
  const open = editing && editing !== 'detector_settings' ? named(editing) : undefined
  const settings = named('detector_settings')
  return (
    <Page title="Parameters" description="What holds for the whole system. Each change is in the audit log." of={[parameters, catalogue]}>
      <SpaceBetween size="l">
        {groups.map((g) => (
          <Container key={g.title} header={<Header variant="h2" description={g.text}>{g.title}</Header>}>
            <Read of={parameters} lines={g.names.length}>
              {(d) => <ParameterTable label={g.title} items={g.names.flatMap((n) => d.items.filter((p) => p.name === n))} edit={(p: Parameter) => edit(p.name)} />}
            </Read>
          </Container>
        ))}
        <Detectors of={catalogue} settings={settings} editing={editing} edit={edit} />
        {open && <EditParameter key={open.name} of={open} close={() => edit(undefined)} />}
      </SpaceBetween>
    </Page>
  )
}
