import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { Wire } from '../../ui/Wire'
import { Parties } from './Parties'
import { Properties } from './Properties'
import { pieces } from './prose'

/** What was seen, in a sentence with its numbers; who did it to whom; and what the detector measured. */
export function Why({ d }: { d: Detection }): ReactNode {
  return (
    <Container fitHeight header={<Header variant="h2">Why this was raised</Header>}>
      <SpaceBetween size="m">
        <Box variant="p"><Prose d={d} /></Box>
        <Parties d={d} />
        <Properties d={d} />
        <span className="mw-quiet">The detector is {Math.round(d.confidence * 100)} % sure{d.guardduty_equivalent && <>. GuardDuty would call it <Wire mono length={80}>{d.guardduty_equivalent}</Wire></>}.</span>
      </SpaceBetween>
    </Container>
  )
}

// The description, with what matters in it in bold.
function Prose({ d }: { d: Pick<Detection, 'description' | 'participants'> }): ReactNode {
  return pieces(d.description, d.participants ?? []).map((p, i) => (p.bold ? <b key={i}><Wire>{p.text}</Wire></b> : <Wire key={i} length={1200} whole>{p.text}</Wire>))
}
