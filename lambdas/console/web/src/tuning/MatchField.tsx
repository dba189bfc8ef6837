import FormField from '@cloudscape-design/components/form-field'
import type { ReactNode } from 'react'
import type { DetectionFilter } from '../api/names'
import { FilterBar } from '../detections/FilterBar'
import { isEmpty } from '../detections/filter'
import { Match } from './Match'

interface Props {
  label: string
  description?: string
  of: DetectionFilter
  change: (f: DetectionFilter) => void
  without?: readonly string[]
  wrong?: string
  none?: string // what an empty filter means, in place of the sentence
}

/** Which detections a rule is about: the filter bar, and below it the filter as a sentence, which says what was understood. */
export function MatchField({ label, description, of, change, without, wrong, none }: Props): ReactNode {
  return (
    <FormField label={label} description={description} errorText={wrong} constraintText={isEmpty(of) && none ? none : <Match of={of} />} stretch>
      <FilterBar value={of} onChange={change} without={without} label={label} placeholder="Type, offender, victim, VPC, tag, or any text" />
    </FormField>
  )
}
