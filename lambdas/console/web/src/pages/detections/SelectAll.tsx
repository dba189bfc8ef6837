// Selecting all that are shown, and from there all that match, where they are not more than may be changed at once.
import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import { useState, type ReactNode } from 'react'
import { api, told } from '../../api/client'
import { asProblem } from '../../api/read'
import type { Detection, DetectionFilter } from '../../api/names'
import { useTell } from '../../shell/Messages'
import { digits } from '../../ui/number'
import { mostAtOnce, type Choice } from './choice'

interface Props {
  items: readonly Detection[]
  total?: number
  filter: DetectionFilter
  choice: Choice
  box: boolean // the table has one of its own
}

export function SelectAll({ items, total = 0, filter, choice, box }: Props): ReactNode {
  const tell = useTell()
  const [busy, setBusy] = useState(false)
  const n = items.filter((d) => choice.items.has(d.id)).length
  const more = n === items.length && total > items.length && total <= mostAtOnce && choice.items.size < total
  const all = async () => {
    setBusy(true)
    try {
      choice.chooseAll((await told(api.POST('/v1/detections/search', { body: { filter, limit: mostAtOnce } }))).items, true)
    } catch (e) {
      tell({ type: 'error', text: `The others could not be selected: ${asProblem(e).message}` })
    }
    setBusy(false)
  }
  return (
    <>
      {box && (
        <Checkbox checked={n === items.length} indeterminate={n > 0 && n < items.length} onChange={(e) => choice.chooseAll(items, e.detail.checked)}>
          Select all shown
        </Checkbox>
      )}
      {more && <Button variant="inline-link" loading={busy} onClick={() => void all()}>{`Select all ${digits(total)} that match`}</Button>}
    </>
  )
}
