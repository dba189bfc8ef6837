// What the parts of a detection are called on its page.
import type { Schemas } from '../../api/client'
import type { Detection } from '../../api/names'

export type Status = Detection['status']
export type Resolution = Exclude<NonNullable<Detection['resolution']>, ''>

export const statusWord: Record<Status, string> = { open: 'Open', acknowledged: 'Acknowledged', in_progress: 'In progress', closed: 'Closed' }

export const resolutionWord: Record<Resolution, string> = {
  true_positive: 'True positive', benign_true_positive: 'Benign true positive', false_positive: 'False positive', undetermined: 'Undetermined',
}

export const resolutionMeans: Record<Resolution, string> = {
  true_positive: 'It was what it says, and it was not allowed',
  benign_true_positive: 'It was what it says, and it was allowed',
  false_positive: 'It was not what it says',
  undetermined: 'It cannot be told',
}

const categories: Record<string, string> = {
  recon: 'Reconnaissance', access: 'Access', lateral: 'Lateral movement', c2: 'Command and control', exfil: 'Exfiltration', impact: 'Impact', evasion: 'Evasion',
  hygiene: 'Hygiene', intel: 'Threat intelligence', behaviour: 'Behaviour',
}

export const categoryWord = (category: string): string => categories[category] ?? category

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
  return words.charAt(0).toUpperCase() + words.slice(1)
}
