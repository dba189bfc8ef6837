// What the parts of a detection are called on its page.
import type { Schemas } from '../../api/client'
import type { Detection } from '../../api/names'

export { categoryWord, resolutionWord, statusWord, type Status } from '../../detections/names'

/** What a detection that is closed turned out to be. */
export type Resolution = Exclude<NonNullable<Detection['resolution']>, ''>

export const resolutionMeans: Record<Resolution, string> = {
  true_positive: 'It was what it says, and it was not allowed',
  benign_true_positive: 'It was what it says, and it was allowed',
  false_positive: 'It was not what it says',
  undetermined: 'It cannot be told',
}

type SourceName = Schemas['SourceState']['source']
export type SourceStatus = Schemas['SourceState']['status']

export const sourceWord: Record<SourceName, string> = {
  inventory: 'Inventory', places: 'Address ranges, autonomous systems and countries', flow_logs: 'VPC Flow Logs', cloudtrail: 'CloudTrail', cloudwatch: 'CloudWatch',
}

/** What a source gives that this page shows. */
export const sourceGives: Record<SourceName, string> = {
  inventory: 'who had an address when', places: 'where an address of the internet is', flow_logs: 'what was rejected, and what the mirror did not show',
  cloudtrail: 'calls of AWS APIs', cloudwatch: "the machines' own counters",
}

export const sourceStatus: Record<SourceStatus, { text: string; type: 'success' | 'info' | 'pending' | 'stopped' | 'warning' | 'error' }> = {
  complete: { text: 'Complete', type: 'success' },
  partial: { text: 'Partial', type: 'warning' },
  waiting: { text: 'Waiting', type: 'pending' },
  empty: { text: 'Knows nothing of them', type: 'info' },
  missing: { text: 'Not set up', type: 'stopped' },
  denied: { text: 'Refused by AWS', type: 'error' },
  failed: { text: 'Failed', type: 'error' },
}

/** Writes "external_offender" as "External offender". */
export function plain(name: string): string {
  const words = name.replace(/[_.]+/g, ' ').trim()
  return (words.charAt(0).toUpperCase() + words.slice(1)).replace(/\b(ja[34]s?|tls|dns|http|smb|ssh|uid|vni|ip)\b/gi, (w) => w.toUpperCase())
}
