import type { DetectionFilter } from '../../api/names'
import type { Export } from '../../ui/Download'

/** Gives the exports of all that a filter means. */
export function exportsOf(f: DetectionFilter): { text: string; of: () => Export }[] {
  const of = (format: 'csv' | 'jsonl') => () => ({
    path: `/v1/detections/export?${new URLSearchParams({ format, filter: JSON.stringify(f) }).toString()}`,
    name: `detections.${format}`,
  })
  return [
    { text: 'CSV, for spreadsheets', of: of('csv') },
    { text: 'JSON lines, with everything', of: of('jsonl') },
  ]
}
